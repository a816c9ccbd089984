// SPDX-License-Identifier: MIT
// Sets the system's time of day from the machine's real-time clock, once, and ends.
#include <9p/client.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>

enum : uint64_t { SECOND = 1'000'000'000 };

// The seconds since 1970 that the file tells; 0: it does not.
static uint64_t read_seconds(const char *path)
{
    char text[32];
    struct p9_file *file;
    if (p9_open(path, OPEN_READ, 0, &file) != 0) return 0;
    int64_t size = p9_read(file, 0, text, sizeof text);
    p9_close(file);
    uint64_t seconds = 0;
    for (int64_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; i++)
        seconds = seconds * 10 + (uint64_t)(text[i] - '0');
    return seconds;
}

int main(void)
{
    uint64_t seconds = read_seconds("/dev/rtc0/time");
    if (seconds == 0) {
        fe_log("/dev/rtc0/time does not tell the time");
        return 1;
    }
    enum status status = fe_clock_adjust(fe_start_handle("resource/system"),
                                         seconds * SECOND - fe_clock_monotonic());
    if (status == OK) return 0;
    fe_log("cannot set the clock: %s", fe_status_text(status));
    return 1;
}

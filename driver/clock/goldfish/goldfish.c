// SPDX-License-Identifier: MIT
// Driver of the Goldfish real-time clock, which emulators have (rtc/google,goldfish-rtc.yaml):
// nanoseconds since 1970. Reading the lower half keeps the upper one for the next read; writing the
// upper half waits for nothing.
#include <abi/errno.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <rtc/rtc.h>

enum : uint32_t { TIME_LOW = 0x00, TIME_HIGH = 0x04, WINDOW_SIZE = 0x1000 };
enum : uint64_t { SECOND = 1'000'000'000 };

static volatile uint8_t *registers;

static int goldfish_read(uint64_t *seconds)
{
    uint64_t low = *(volatile uint32_t *)(registers + TIME_LOW);
    uint64_t high = *(volatile uint32_t *)(registers + TIME_HIGH);
    *seconds = (high << 32 | low) / SECOND;
    return 0;
}

static int goldfish_write(uint64_t seconds)
{
    if (seconds > UINT64_MAX / SECOND) return -EINVAL;
    uint64_t time = seconds * SECOND;
    *(volatile uint32_t *)(registers + TIME_HIGH) = (uint32_t)(time >> 32);
    *(volatile uint32_t *)(registers + TIME_LOW) = (uint32_t)time;
    return 0;
}

int main(void)
{
    static const struct rtc_operations operations = {.read = goldfish_read,
                                                     .write = goldfish_write};
    const struct fe_start_handle *window = fe_start_find("registers/0");
    void *at;
    if (window == nullptr ||
        fe_memory_map(window->handle, 0, WINDOW_SIZE, MAP_READ | MAP_WRITE, &at) != OK) {
        fe_log("no registers");
        return 1;
    }
    registers = (volatile uint8_t *)at + window->value;
    return rtc_serve("goldfish", &operations);
}

// SPDX-License-Identifier: MIT
// Feeds the kernel's random generator from the machine's entropy source: at the start, and again
// every INTERVAL, so that a state that leaked once is soon worthless.
#include <9p/client.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <string.h>

enum : uint64_t { INTERVAL = 300'000'000'000 }; // ns
enum : size_t { SEED_SIZE = 64 };

static int feed(fe_handle resource)
{
    uint8_t seed[SEED_SIZE];
    struct p9_file *source;
    int error = p9_open("/dev/rng0/data", OPEN_READ, 0, &source);
    if (error != 0) return error;
    int64_t size = p9_read(source, 0, seed, sizeof(seed));
    p9_close(source);
    if (size > 0 && fe_entropy_add(resource, seed, (size_t)size) != OK) size = -1;
    explicit_bzero(seed, sizeof(seed));
    return size > 0 ? 0 : -1;
}

int main(void)
{
    fe_handle resource = fe_start_handle("resource/entropy");
    for (;;) {
        int error = feed(resource);
        if (error != 0) fe_log("no seed from /dev/rng0, error %d", -error);
        fe_clock_sleep_until(fe_clock_after(INTERVAL));
    }
}

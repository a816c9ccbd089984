// SPDX-License-Identifier: MIT
// Instructions that were not spent waiting.
#include <busy/busy.h>

#include <abi/syscalls.h>
#include <ferrite/start.h>
#include <time.h>

bool busy_now(uint64_t *busy)
{
    struct timespec time;
    struct fe_cpu_info info;
    clock_gettime(CLOCK_MONOTONIC, &time);
    if (fe_cpu_inspect(fe_start_handle("resource/system"), 0, &info) != OK) return false;
    *busy = (uint64_t)time.tv_sec * 1'000'000'000 + (uint64_t)time.tv_nsec - info.idle_time;
    return true;
}

// SPDX-License-Identifier: MIT
// The time-stamp counter; the fence keeps the read from moving up.
#include <ferrite/counter.h>

const bool fe_has_counter = true;

uint64_t fe_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

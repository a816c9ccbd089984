// SPDX-License-Identifier: MIT
// The time counter in halves: read again when the upper one has changed meanwhile. The fence keeps
// the read from moving up.
#include <ferrite/counter.h>

const bool fe_has_counter = true;

uint64_t fe_counter(void)
{
    __asm__ volatile("fence" : : : "memory");
    while (true) {
        uint32_t high, low, again;
        __asm__ volatile("rdtimeh %0\n\trdtime %1\n\trdtimeh %2"
                         : "=r"(high), "=r"(low), "=r"(again)
                         :
                         : "memory");
        if (high == again) return (uint64_t)high << 32 | low;
    }
}

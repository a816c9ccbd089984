// SPDX-License-Identifier: MIT
// The time counter, which all CPUs share; the fence keeps the read from moving up.
#include <ferrite/counter.h>

const bool fe_has_counter = true;

uint64_t fe_counter(void)
{
    uint64_t value;
    __asm__ volatile("fence\n\trdtime %0" : "=r"(value) : : "memory");
    return value;
}

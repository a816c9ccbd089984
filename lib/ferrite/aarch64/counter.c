// SPDX-License-Identifier: MIT
// The generic timer's virtual counter; the barrier keeps the read from moving up.
#include <ferrite/counter.h>

const bool fe_has_counter = true;

uint64_t fe_counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

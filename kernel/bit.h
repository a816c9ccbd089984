// SPDX-License-Identifier: MIT
// Sets of numbers below 64, a bit for each.
#pragma once

#include <arch/arch.h>
#include <stdint.h>

// Half as long as what compilers count zeros by where no instruction does.
static inline uint32_t bit_highest_by_halves(uint64_t set)
{
    uint32_t highest = 0;
#pragma clang loop unroll(full)
    for (uint32_t half = 32; half > 0; half /= 2) {
        if (set >> half == 0) continue;
        set >>= half;
        highest += half;
    }
    return highest;
}

// The highest in `set`, which is not empty.
static inline uint32_t bit_highest(uint64_t set)
{
    if (ARCH_COUNTS_ZEROS == 0) return bit_highest_by_halves(set);
    return 63 - (uint32_t)__builtin_clzll(set);
}

// SPDX-License-Identifier: MIT
// Sets of numbers below 64, a bit for each.
#pragma once

#include <arch/arch.h>
#include <stdint.h>

// Half as long as what compilers count zeros by where no instruction does.
static inline uint32_t bit_highest_by_halves(uint64_t set)
{
    bool is_above = set >> 32 != 0;
    uint32_t word = (uint32_t)(is_above ? set >> 32 : set), highest = is_above ? 32 : 0;
#pragma clang loop unroll(full)
    for (uint32_t half = 16; half > 0; half /= 2) {
        if (word >> half == 0) continue;
        word >>= half;
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

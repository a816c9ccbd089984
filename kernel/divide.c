// SPDX-License-Identifier: MIT
// Division of 64-bit numbers, under the names by which the compiler calls it where a register has
// 32 bits. Elsewhere nobody calls it, and it is not linked.
#include "kernel/bit.h"
#include <stdint.h>

uint64_t __udivdi3(uint64_t number, uint64_t divisor);
uint64_t __umoddi3(uint64_t number, uint64_t divisor);

// One digit of 16 bits of a long division: *rest and `next` by a divisor whose highest bit is set
// and that *rest is below. What the divisor's upper half says is too large by two at most (Knuth,
// The Art of Computer Programming, volume 2, section 4.3.1, algorithm D).
static uint32_t digit(uint32_t *rest, uint32_t next, uint32_t divisor)
{
    constexpr uint32_t base = 1u << 16;
    uint32_t high = divisor / base, low = divisor % base;
    uint32_t guess = *rest / high, over = *rest % high;
    while (over < base && (guess >= base || guess * low > (over * base | next))) {
        guess--;
        over += high;
    }
    *rest = (*rest * base | next) - guess * divisor;
    return guess;
}

// Both of the quotient of a number whose upper half is below the divisor.
static uint32_t two_digits(uint64_t number, uint32_t divisor, uint32_t *rest)
{
    *rest = (uint32_t)(number >> 32);
    uint32_t first = digit(rest, (uint32_t)number >> 16, divisor);
    return first << 16 | digit(rest, (uint32_t)number & 0xffff, divisor);
}

static uint64_t divide_short(uint64_t number, uint32_t divisor, uint64_t *rest)
{
    uint32_t high = (uint32_t)(number >> 32), shift = 31 - bit_highest(divisor), left;
    uint64_t lower = (uint64_t)(high % divisor) << 32 | (uint32_t)number;
    uint32_t quotient = two_digits(lower << shift, divisor << shift, &left);
    *rest = left >> shift;
    return (uint64_t)(high / divisor) << 32 | quotient;
}

// By the divisor's upper 32 bits first, which say too much by one at most, and one is taken off.
static uint64_t divide_long(uint64_t number, uint64_t divisor, uint64_t *rest)
{
    uint32_t shift = 63 - bit_highest(divisor), ignored;
    uint32_t near = two_digits(number >> 1, (uint32_t)(divisor << shift >> 32), &ignored);
    uint64_t quotient = (uint64_t)near << shift >> 31;
    if (quotient > 0) quotient--;
    *rest = number - quotient * divisor;
    if (*rest < divisor) return quotient;
    *rest -= divisor;
    return quotient + 1;
}

// Dividing by 0 gives what an instruction would: all ones, and the number as the rest.
static uint64_t divide(uint64_t number, uint64_t divisor, uint64_t *rest)
{
    if (divisor >> 32 != 0) return divide_long(number, divisor, rest);
    if (divisor != 0 && number >> 32 == 0) {
        *rest = (uint32_t)number % (uint32_t)divisor;
        return (uint32_t)number / (uint32_t)divisor;
    }
    if (divisor != 0) return divide_short(number, (uint32_t)divisor, rest);
    *rest = number;
    return UINT64_MAX;
}

uint64_t __udivdi3(uint64_t number, uint64_t divisor)
{
    uint64_t rest;
    return divide(number, divisor, &rest);
}

uint64_t __umoddi3(uint64_t number, uint64_t divisor)
{
    uint64_t rest;
    divide(number, divisor, &rest);
    return rest;
}

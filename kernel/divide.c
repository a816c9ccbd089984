// SPDX-License-Identifier: MIT
// Division of 64-bit numbers, under the names by which the compiler calls it where a register has
// 32 bits. Elsewhere nobody calls it, and it is not linked.
#include <stdint.h>

uint64_t __udivdi3(uint64_t number, uint64_t divisor);
uint64_t __umoddi3(uint64_t number, uint64_t divisor);

static uint32_t zeros_of(uint64_t number)
{
    uint32_t high = (uint32_t)(number >> 32), low = (uint32_t)number;
    if (high != 0) return (uint32_t)__builtin_clz(high);
    return low == 0 ? 64 : 32 + (uint32_t)__builtin_clz(low);
}

// One bit of the quotient at a time, as many as it has. Dividing by 0 gives what an instruction
// would: all ones, and the number as the rest.
static uint64_t divide(uint64_t number, uint64_t divisor, uint64_t *rest)
{
    uint64_t quotient = 0;
    if (((number | divisor) >> 32) == 0 && divisor != 0) {
        *rest = (uint32_t)number % (uint32_t)divisor;
        return (uint32_t)number / (uint32_t)divisor;
    }
    *rest = number;
    if (divisor == 0) return UINT64_MAX;
    if (divisor > number) return 0;
    uint32_t shift = zeros_of(divisor) - zeros_of(number);
    divisor <<= shift;
    for (uint32_t i = 0; i <= shift; i++, divisor >>= 1) {
        bool fits = *rest >= divisor;
        if (fits) *rest -= divisor;
        quotient = quotient << 1 | fits;
    }
    return quotient;
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

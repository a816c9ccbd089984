// SPDX-License-Identifier: MIT
// Under names of its own, since the host's compiler has its own of theirs.
#define __udivdi3 divide_quotient
#define __umoddi3 divide_rest
#include "kernel/divide.c"
#include "test/unit.h"

TEST("division agrees with the machine's, whatever the sizes of the numbers")
{
    uint64_t random = 88172645463325252u;
    for (uint32_t round = 0; round < 200000; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t number = random >> round % 64,
                 divisor = (random * 0x9e3779b97f4a7c15) >> round / 64 % 64;
        if (divisor == 0) continue;
        if (divide_quotient(number, divisor) != number / divisor ||
            divide_rest(number, divisor) != number % divisor)
            unit_fail(__FILE__, __LINE__, "quotient or rest");
    }
}

TEST("division by nothing ends, and by one, and of one by itself")
{
    EXPECT(divide_quotient(7, 0) == UINT64_MAX && divide_rest(7, 0) == 7);
    EXPECT(divide_quotient(UINT64_MAX, 1) == UINT64_MAX && divide_rest(UINT64_MAX, 1) == 0);
    EXPECT(divide_quotient(UINT64_MAX, UINT64_MAX) == 1 &&
           divide_rest(UINT64_MAX, UINT64_MAX) == 0);
    EXPECT(divide_quotient(1ull << 63, 3) == (1ull << 63) / 3);
}

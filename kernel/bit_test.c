// SPDX-License-Identifier: MIT
#include "kernel/bit.h"

#include "test/unit.h"

TEST("the highest of a set is found with and without an instruction that counts zeros")
{
    for (uint32_t i = 0; i < 64; i++) {
        uint64_t alone = UINT64_C(1) << i, all = alone | (alone - 1);
        EXPECT(bit_highest(alone) == i && bit_highest(all) == i);
        EXPECT(bit_highest_by_halves(alone) == i && bit_highest_by_halves(all) == i);
    }
}

// SPDX-License-Identifier: MIT
// What goes through every byte, in blocks. An instruction set may have its own of this file.
#include "bulk.h"

#include <string.h>

uint64_t lwip_sum_blocks(const uint8_t *at, size_t blocks)
{
    uint64_t sum = 0;
    for (; blocks != 0; blocks--, at += BULK_BLOCK) {
        uint32_t word[BULK_BLOCK / 4];
        memcpy(word, at, BULK_BLOCK);
        for (int i = 0; i < BULK_BLOCK / 4; i++) sum += word[i];
    }
    return sum;
}

void lwip_copy_blocks(uint8_t *to, const uint8_t *from, size_t blocks)
{
    memcpy(to, from, blocks * BULK_BLOCK);
}

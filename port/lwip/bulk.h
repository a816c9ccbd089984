// SPDX-License-Identifier: MIT
// Work on many bytes at a time: bulk.c, or that of an instruction set.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BULK_BLOCK = 128 };

// The sum of words of 32 bits.
uint64_t lwip_sum_blocks(const uint8_t *at, size_t blocks);
// Places that do not overlap.
void lwip_copy_blocks(uint8_t *to, const uint8_t *from, size_t blocks);

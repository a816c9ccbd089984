// SPDX-License-Identifier: MIT
// Tables of 512 entries over pages of 4 KiB, which is what every instruction set with page tables
// has here. Levels count from the pages up: level 0 has pages, an entry of level 1 stands for 2
// MiB.
#pragma once

#include <stdint.h>

enum : uint32_t { TABLE_BITS = 9, TABLE_ENTRIES = 1u << TABLE_BITS, TABLE_SHIFT = 12 };
enum : uint64_t { BLOCK_2M = 1u << 21, BLOCK_1G = 1u << 30 };

// How many bytes an entry of this level stands for.
static inline uint64_t entry_span(uint32_t level)
{
    return 1ull << (TABLE_SHIFT + TABLE_BITS * level);
}

static inline uint32_t entry_index(uintptr_t address, uint32_t level)
{
    return (address >> (TABLE_SHIFT + TABLE_BITS * level)) % TABLE_ENTRIES;
}

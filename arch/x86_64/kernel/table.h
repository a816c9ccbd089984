// SPDX-License-Identifier: MIT
// The four levels of tables of x86_64. An entry that leads to a table counts, in bits that the
// processor ignores, the entries in use in it: a table goes with its last one.
#pragma once

#include <stdint.h>

enum : uint32_t { TABLE_TOP = 3, TABLE_TOP_ENTRIES = 512, TABLE_USER_TOPS = 256 };
enum : uint64_t {
    TABLE_TOP_LINK = TABLE_PRESENT | TABLE_WRITE, // flags of a top entry of the kernel's
    TABLE_COUNT_ONE = 1ull << 52,
    TABLE_COUNT_MASK = 0x3ffull << 52
};

static inline bool table_count(uint64_t *holder, int32_t change)
{
    *holder += (uint64_t)(int64_t)change * TABLE_COUNT_ONE;
    return (*holder & TABLE_COUNT_MASK) != 0;
}

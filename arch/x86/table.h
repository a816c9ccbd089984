// SPDX-License-Identifier: MIT
// Entries of page tables, which are the same for 32 and for 64 bits: level 0 holds pages, the top's
// level is TABLE_TOP of the port. Each port also says in <arch/kernel/table.h> where an entry that
// leads to a table counts what is in use in it. (Intel SDM volume 3, chapter 4.)
#pragma once

#include "arch/paged/kernel/level.h"

enum : uint64_t {
    TABLE_PRESENT = 1u << 0,
    TABLE_WRITE = 1u << 1,
    TABLE_USER = 1u << 2,
    TABLE_WRITE_COMBINE = 1u << 3, // by the PAT that protect.c sets
    TABLE_UNCACHED = 3u << 3,
    TABLE_ACCESSED = 1u << 5,
    TABLE_DIRTY = 1u << 6,
    TABLE_LARGE = 1u << 7,
    TABLE_GLOBAL = 1u << 8,
    TABLE_ADDRESS = 0x000f'ffff'ffff'f000,
    TABLE_NO_EXECUTE = 1ull << 63,
};

static inline uint64_t entry_physical(uint64_t entry)
{
    return entry & TABLE_ADDRESS;
}

#include <arch/kernel/table.h>

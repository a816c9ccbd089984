// SPDX-License-Identifier: MIT
// Entries of page tables as arch/paged/kernel wants them. Each port says in <arch/kernel/table.h>
// how many levels there are and where what is in a table is counted.
#pragma once

#include "arch/paged/kernel/level.h"
#include "arch/x86/table.h"
#include <arch/arch.h>

enum : uint64_t { ENTRY_KEPT = TABLE_ADDRESS | TABLE_UNCACHED | TABLE_LARGE };
enum : uint32_t { TABLE_LEVELS = TABLE_TOP + 1 };
constexpr bool TABLE_FETCH_LAGS = false;

static inline uint32_t table_top(void)
{
    return TABLE_TOP;
}

static inline uint64_t *table_root(const struct arch_space *space, uintptr_t address)
{
    return arch_physical_to_virtual(space->root & TABLE_ADDRESS);
}

static inline bool entry_is_used(uint64_t entry)
{
    return entry & TABLE_PRESENT;
}

static inline bool entry_is_table(uint64_t entry)
{
    return (entry & (TABLE_PRESENT | TABLE_LARGE)) == TABLE_PRESENT;
}

static inline uint64_t entry_of_table(uint64_t physical)
{
    return physical | TABLE_PRESENT | TABLE_WRITE | TABLE_USER;
}

static inline uint64_t entry_of_page(uint64_t physical, uint32_t level, uint64_t flags)
{
    return physical | flags | (level > 0 ? TABLE_LARGE : 0);
}

static inline uint64_t entry_access(uint32_t protection)
{
    uint64_t flags = TABLE_PRESENT | TABLE_ACCESSED | TABLE_DIRTY;
    if (protection & SPACE_WRITE) flags |= TABLE_WRITE;
    if (!(protection & SPACE_EXECUTE)) flags |= TABLE_NO_EXECUTE;
    if (protection & SPACE_DEVICE) flags |= TABLE_UNCACHED;
    if (protection & SPACE_WRITE_COMBINE) flags |= TABLE_WRITE_COMBINE;
    return flags;
}

static inline uint64_t entry_flags(uint32_t protection)
{
    return entry_access(protection) | TABLE_USER;
}

static inline uint64_t entry_kernel_flags(uint32_t protection)
{
    return entry_access(protection) | TABLE_GLOBAL;
}

static inline uint32_t entry_protection(uint64_t entry)
{
    uint32_t protection = SPACE_READ;
    if (entry & TABLE_WRITE) protection |= SPACE_WRITE;
    if (!(entry & TABLE_NO_EXECUTE)) protection |= SPACE_EXECUTE;
    if ((entry & TABLE_UNCACHED) == TABLE_UNCACHED) protection |= SPACE_DEVICE;
    if ((entry & TABLE_UNCACHED) == TABLE_WRITE_COMBINE) protection |= SPACE_WRITE_COMBINE;
    return protection;
}

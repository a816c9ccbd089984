// SPDX-License-Identifier: MIT
// Translation table entries (Arm ARM D8.3), as arch/paged/kernel wants them, and the kernel's half.
#pragma once

#include "arch/paged/kernel/half.h"
#include "arch/paged/kernel/level.h"
#include <arch/arch.h>

enum : uint64_t {
    ENTRY_VALID = 1u << 0,
    ENTRY_TABLE = 1u << 1,  // a table, or at level 3 a page
    ENTRY_NORMAL = 0u << 2, // index into MAIR_EL1, set by start.S
    ENTRY_DEVICE = 1u << 2,
    ENTRY_UNCACHED = 2u << 2,
    ENTRY_KIND = 7u << 2,
    ENTRY_USER = 1u << 6,
    ENTRY_READ_ONLY = 1u << 7,
    ENTRY_SHARED = 3u << 8,
    ENTRY_ACCESSED = 1u << 10,
    ENTRY_NOT_GLOBAL = 1u << 11,
    ENTRY_GUARDED = 1ull << 50, // indirect branches land on pads only (BTI)
    ENTRY_KERNEL_NO_EXECUTE = 1ull << 53,
    ENTRY_USER_NO_EXECUTE = 1ull << 54,
    ENTRY_ADDRESS = 0x0000'ffff'ffff'f000,
    ENTRY_KEPT = ENTRY_ADDRESS | ENTRY_TABLE | ENTRY_KIND,
};
// What is in a table is counted in bits of the entry that points to it, which hardware ignores.
enum : uint64_t { COUNT_ONE = 1u << 2, COUNT_MASK = 0x3ffu << 2 };
enum : uint32_t { TABLE_LEVELS = 4 };
constexpr bool TABLE_FETCH_LAGS = true, HALF_TOPS_ARE_COPIED = false;

static inline uint32_t table_top(void)
{
    return TABLE_LEVELS - 1;
}

static inline uint64_t *table_root(const struct arch_space *space, uintptr_t address)
{
    return arch_physical_to_virtual(space->root & ENTRY_ADDRESS);
}

static inline bool table_count(uint64_t *holder, int32_t change)
{
    *holder += (uint64_t)(int64_t)change * COUNT_ONE;
    return (*holder & COUNT_MASK) != 0;
}

static inline bool entry_is_used(uint64_t entry)
{
    return entry & ENTRY_VALID;
}

static inline bool entry_is_table(uint64_t entry)
{
    return (entry & (ENTRY_VALID | ENTRY_TABLE)) == (ENTRY_VALID | ENTRY_TABLE);
}

static inline uint64_t entry_physical(uint64_t entry)
{
    return entry & ENTRY_ADDRESS;
}

static inline uint64_t entry_of_table(uint64_t physical)
{
    return physical | ENTRY_VALID | ENTRY_TABLE;
}

static inline uint64_t entry_of_page(uint64_t physical, uint32_t level, uint64_t flags)
{
    return physical | flags | (level == 0 ? ENTRY_TABLE : 0);
}

// For a protection of arch.h, but for who may execute.
static inline uint64_t entry_access(uint32_t protection)
{
    uint64_t entry = ENTRY_VALID | ENTRY_ACCESSED | ENTRY_SHARED;
    if (protection & SPACE_DEVICE) entry |= ENTRY_DEVICE;
    if (protection & SPACE_WRITE_COMBINE) entry |= ENTRY_UNCACHED;
    if (!(protection & SPACE_WRITE)) entry |= ENTRY_READ_ONLY;
    return entry;
}

static inline uint64_t entry_flags(uint32_t protection)
{
    uint64_t entry =
        entry_access(protection) | ENTRY_USER | ENTRY_NOT_GLOBAL | ENTRY_KERNEL_NO_EXECUTE;
    return protection & SPACE_EXECUTE ? entry : entry | ENTRY_USER_NO_EXECUTE;
}

static inline uint64_t entry_kernel_flags(uint32_t protection)
{
    uint64_t entry = entry_access(protection) | ENTRY_USER_NO_EXECUTE;
    return protection & SPACE_EXECUTE ? entry : entry | ENTRY_KERNEL_NO_EXECUTE;
}

static inline uint32_t entry_protection(uint64_t entry)
{
    uint32_t protection = SPACE_READ;
    if (!(entry & ENTRY_READ_ONLY)) protection |= SPACE_WRITE;
    if (!(entry & ENTRY_USER_NO_EXECUTE)) protection |= SPACE_EXECUTE;
    if ((entry & ENTRY_KIND) == ENTRY_DEVICE) protection |= SPACE_DEVICE;
    if ((entry & ENTRY_KIND) == ENTRY_UNCACHED) protection |= SPACE_WRITE_COMBINE;
    return protection;
}

// Makes new entries of the kernel's half seen.
static inline void half_show(void)
{
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

static inline uint64_t half_room(void)
{
    return ARCH_PHYSMAP_SIZE;
}

void map_early(uint64_t dtb);
void map_kernel(struct bootinfo *info);

// Cleans to memory what was written at [address, +size) and forgets instructions that were fetched
// there.
void map_sync_instructions(const void *address, uint64_t size);

// The kernel's text at its physical address too, for CPUs that are started; until it is closed.
void map_identity_open(void);
void map_identity_close(void);

// The empty table, for when no process runs.
uint64_t map_empty_root(void);

// SPDX-License-Identifier: MIT
// Translation table entries (The RISC-V Instruction Set Manual, volume II, sections 12.3 to 12.6,
// and Svpbmt), as arch/paged/kernel wants them, and the kernel's half.
#pragma once

#include "arch/paged/kernel/count.h"
#include "arch/paged/kernel/half.h"
#include "arch/paged/kernel/level.h"
#include <arch/arch.h>

enum : uint64_t {
    ENTRY_VALID = 1u << 0,
    ENTRY_READ = 1u << 1,
    ENTRY_WRITE = 1u << 2,
    ENTRY_EXECUTE = 1u << 3,
    ENTRY_LEAF = 7u << 1, // any of these: not a table
    ENTRY_USER = 1u << 4,
    ENTRY_GLOBAL = 1u << 5,
    ENTRY_ACCESSED = 1u << 6,
    ENTRY_DIRTY = 1u << 7,
    ENTRY_DEVICE = 1u << 8, // ours: what kind of memory it is said to be
    ENTRY_WRITE_COMBINE = 1u << 9,
    ENTRY_KIND = 3u << 8,
    ENTRY_ADDRESS = ((1ull << 44) - 1) << 10,
    ENTRY_TYPE = 3ull << 61, // with Svpbmt; 0: as hardware knows by itself
    TYPE_UNCACHED = 1ull << 61,
    TYPE_DEVICE = 2ull << 61,
    ENTRY_KEPT = ENTRY_ADDRESS | ENTRY_KIND | ENTRY_TYPE,
};
enum : uint64_t { ROOT_MASK = (1ull << 44) - 1 }; // of satp
enum : uint32_t {
    TABLE_LEVELS = 5,
    USER_TOPS = TABLE_ENTRIES / 2 // entries of the top table that are not the kernel's
};
constexpr bool TABLE_FETCH_LAGS = true, HALF_TOPS_ARE_COPIED = true;

// The level of the top table: 2 to 4.
extern uint32_t map_top;

// What of ENTRY_TYPE the CPU knows: all, or nothing.
extern uint64_t map_types;

static inline uint32_t table_top(void)
{
    return map_top;
}

static inline uint64_t *table_root(const struct arch_space *space, uintptr_t address)
{
    return arch_physical_to_virtual((space->root & ROOT_MASK) << TABLE_SHIFT);
}

static inline bool entry_is_used(uint64_t entry)
{
    return entry & ENTRY_VALID;
}

static inline bool entry_is_table(uint64_t entry)
{
    return (entry & (ENTRY_VALID | ENTRY_LEAF)) == ENTRY_VALID;
}

static inline uint64_t entry_physical(uint64_t entry)
{
    return (entry & ENTRY_ADDRESS) << 2;
}

static inline uint64_t entry_of_table(uint64_t physical)
{
    return physical >> 2 | ENTRY_VALID;
}

static inline uint64_t entry_of_page(uint64_t physical, uint32_t level, uint64_t flags)
{
    return physical >> 2 | flags;
}

static inline uint64_t entry_access(uint32_t protection)
{
    uint64_t flags = ENTRY_VALID | ENTRY_READ | ENTRY_ACCESSED | ENTRY_DIRTY;
    if (protection & SPACE_WRITE) flags |= ENTRY_WRITE;
    if (protection & SPACE_EXECUTE) flags |= ENTRY_EXECUTE;
    if (protection & SPACE_DEVICE) flags |= ENTRY_DEVICE | (TYPE_DEVICE & map_types);
    if (protection & SPACE_WRITE_COMBINE)
        flags |= ENTRY_WRITE_COMBINE | (TYPE_UNCACHED & map_types);
    return flags;
}

static inline uint64_t entry_flags(uint32_t protection)
{
    return entry_access(protection) | ENTRY_USER;
}

static inline uint64_t entry_kernel_flags(uint32_t protection)
{
    return entry_access(protection) | ENTRY_GLOBAL;
}

static inline uint32_t entry_protection(uint64_t entry)
{
    uint32_t protection = SPACE_READ;
    if (entry & ENTRY_WRITE) protection |= SPACE_WRITE;
    if (entry & ENTRY_EXECUTE) protection |= SPACE_EXECUTE;
    if (entry & ENTRY_DEVICE) protection |= SPACE_DEVICE;
    if (entry & ENTRY_WRITE_COMBINE) protection |= SPACE_WRITE_COMBINE;
    return protection;
}

// Makes new entries of the kernel's half seen.
static inline void half_show(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
}

static inline uint64_t half_room(void)
{
    return entry_span(map_top) * (USER_TOPS / 2);
}

// With translation off: makes the first tables, and tells what satp is to be.
uint64_t map_early(uint64_t dtb);
void map_kernel(struct bootinfo *info);

// What satp is when no process runs.
uint64_t map_satp(void);

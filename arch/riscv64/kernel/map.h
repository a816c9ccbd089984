// SPDX-License-Identifier: MIT
// Translation table entries (The RISC-V Instruction Set Manual, volume II, sections 12.3 to 12.6),
// and the kernel's own half. Levels count from the pages up.
#pragma once

#include <abi/bootinfo.h>
#include <stdint.h>

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
    ENTRY_DEVICE = 1u << 8, // ours: what kind of memory it is said to be; hardware knows by itself
    ENTRY_WRITE_COMBINE = 1u << 9,
    ENTRY_KIND = 3u << 8,
    ENTRY_ADDRESS = ((1ull << 44) - 1) << 10,

    TABLE_ENTRIES = 512,
    USER_TOPS = TABLE_ENTRIES / 2, // entries of the top table that are not the kernel's
};

enum : uint64_t { BLOCK_2M = 1u << 21 };

// The level of the top table: 2 to 4.
extern uint32_t map_top;

static inline uint64_t entry_of(uint64_t physical)
{
    return physical >> 2;
}

static inline uint64_t entry_physical(uint64_t entry)
{
    return (entry & ENTRY_ADDRESS) << 2;
}

// How many bytes an entry of this level stands for.
static inline uint64_t entry_span(uint32_t level)
{
    return 1ull << (12 + 9 * level);
}

static inline uint32_t entry_index(uintptr_t address, uint32_t level)
{
    return (address >> (12 + 9 * level)) % TABLE_ENTRIES;
}

// The flags of an entry for a protection of arch.h, without user access.
uint64_t map_flags(uint32_t protection);

// With translation off: makes the first tables, and tells what satp is to be.
uint64_t map_early(uint64_t dtb);
void map_kernel(struct bootinfo *info);

// What satp is when no process runs.
uint64_t map_satp(void);
extern uint64_t map_root[TABLE_ENTRIES];

// The top of a new kernel stack, over as much that is not mapped; 0 when there is no memory.
uintptr_t map_stack(void);

// Where the image is in physical memory.
uint64_t map_physical(void);

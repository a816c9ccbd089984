// SPDX-License-Identifier: MIT
// Translation table entries (Arm ARM D8.3), and the kernel's own half.
#pragma once

#include <abi/bootinfo.h>
#include <stdint.h>

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
};

enum : uint64_t { BLOCK_2M = 1u << 21, BLOCK_1G = 1u << 30 };

// How far an address is shifted to become the index of its entry at `level`, 0 to 3.
static inline uint32_t entry_shift(uint32_t level)
{
    return 12 + 9 * (3 - level);
}

static inline uint32_t entry_index(uintptr_t address, uint32_t level)
{
    return (address >> entry_shift(level)) & 511;
}

// Attributes of an entry for a protection of arch.h, without user access.
uint64_t map_attributes(uint32_t protection);

void map_early(uint64_t dtb);
void map_kernel(struct bootinfo *info);

// Cleans to memory what was written at [address, +size) and forgets instructions that were fetched
// there.
void map_sync_instructions(const void *address, uint64_t size);

// The kernel's text at its physical address too, for CPUs that are started; until it is closed.
void map_identity_open(void);
void map_identity_close(void);

// The top of a new kernel stack, over as much that is not mapped; 0 when there is no memory.
uintptr_t map_stack(void);

// Where the image is in physical memory.
uint64_t map_physical(void);

// The empty table, for when no process runs.
uint64_t map_empty_root(void);

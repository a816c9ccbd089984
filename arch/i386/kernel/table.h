// SPDX-License-Identifier: MIT
// Entries of PAE's tables: a top of four, each for 1 GiB, directories, tables of pages. (Intel SDM
// volume 3, section 4.4.)
#pragma once

#include <stdint.h>

enum : uint64_t {
    TABLE_PRESENT = 1u << 0,
    TABLE_WRITE = 1u << 1,
    TABLE_USER = 1u << 2,
    TABLE_WRITE_COMBINE = 1u << 3, // by the PAT that cpu.c sets
    TABLE_UNCACHED = 3u << 3,
    TABLE_ACCESSED = 1u << 5,
    TABLE_DIRTY = 1u << 6,
    TABLE_LARGE = 1u << 7,
    TABLE_GLOBAL = 1u << 8,
    TABLE_ADDRESS = 0x000f'ffff'ffff'f000,
    TABLE_NO_EXECUTE = 1ull << 63,
};
enum : uint32_t { TABLE_ENTRIES = 512, TABLE_TOPS = 4, TABLE_USER_TOPS = 2 };
constexpr uint32_t TABLE_LARGE_SIZE = 2u << 20;

static inline uint32_t table_top(uintptr_t address)
{
    return address >> 30;
}

static inline uint32_t table_directory(uintptr_t address)
{
    return address >> 21 & (TABLE_ENTRIES - 1);
}

static inline uint32_t table_page(uintptr_t address)
{
    return address >> 12 & (TABLE_ENTRIES - 1);
}

// SPDX-License-Identifier: MIT
// The way out of Limine's environment on AArch64: what kernel and block lie in, as they are, in the
// lower half, which the loader leaves to us.
#include "arch/aarch64/kernel/map.h"
#include "boot/limine/limine.h"

const uint64_t limine_reach = UINT64_MAX;
enum : uint64_t { TABLE_SIZE = TABLE_ENTRIES * sizeof(uint64_t), WRITE_BACK = 0xff };

// Where the loader's MAIR_EL1 has ordinary memory.
static uint64_t memory_index(void)
{
    uint64_t attributes, index = 0;
    __asm__("mrs %0, mair_el1" : "=r"(attributes));
    while (index < 7 && (attributes >> (8 * index) & 0xff) != WRITE_BACK) index++;
    return index;
}

static void map_block(const struct limine_way *way, uint64_t physical, uint64_t next)
{
    uint64_t *root = (uint64_t *)(way->offset + way->table), *entry;
    entry = &root[entry_index(physical, table_top())];
    if (!(*entry & ENTRY_VALID)) *entry = entry_of_table(way->table + next);
    uint64_t *below = (uint64_t *)(way->offset + (*entry & ENTRY_ADDRESS));
    below[entry_index(physical, 2)] = (physical & ~(BLOCK_1G - 1)) | ENTRY_VALID | ENTRY_ACCESSED |
                                      ENTRY_SHARED | memory_index() << 2;
}

uint64_t limine_way_make(const struct limine_way *way)
{
    map_block(way, way->kernel, TABLE_SIZE);
    map_block(way, way->block, 2 * TABLE_SIZE);
    __asm__ volatile("dsb ish\n\tmsr ttbr0_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb ish\n\tisb"
                     :
                     : "r"(way->table)
                     : "memory");
    return 0; // MPIDR tells
}

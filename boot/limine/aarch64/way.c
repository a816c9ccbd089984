// SPDX-License-Identifier: MIT
// The way out of Limine's environment on AArch64: what kernel and block lie in, as they are, in the
// lower half, which the loader leaves to us.
#include "arch/aarch64/kernel/map.h"
#include "boot/limine/limine.h"
#include "kernel/device/aarch64/driver.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"

const uint64_t limine_reach = UINT64_MAX;
enum : size_t { DTB_MAX = 2u << 20 };
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

// --- A console in the loader's environment: a PL011's registers as they are, by tables of the
// image that nothing else uses before the copy is entered. It is as firmware set it up.

enum : uint32_t { PL011_DATA = 0x00, PL011_FLAGS = 0x18, PL011_FULL = 1u << 5 };

extern uint64_t map_identity[TABLE_ENTRIES];
static volatile uint8_t *uart;

static bool put(char character)
{
    if (mmio_read(uart, PL011_FLAGS) & PL011_FULL) return false;
    mmio_write(uart, PL011_DATA, (uint8_t)character);
    return true;
}

// Of a page that the loader has mapped.
static uint64_t physical_of(const void *page)
{
    uint64_t result;
    __asm__ volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(result) : "r"(page));
    return result & ENTRY_ADDRESS;
}

// Where MAIR_EL1 has devices; the last place becomes one where it has none.
static uint64_t device_index(void)
{
    uint64_t attributes, index = 0;
    __asm__("mrs %0, mair_el1" : "=r"(attributes));
    while (index < 7 && (attributes >> (8 * index) & 0xf0) != 0) index++;
    if (index == 7) {
        attributes &= ~0ull >> 8;
        __asm__ volatile("msr mair_el1, %0\n\tisb" : : "r"(attributes));
    }
    return index;
}

void limine_console(const void *tree)
{
    static const struct debug_console console = {.name = "pl011", .put = put};
    struct dtb dtb;
    uint64_t base, size;
    if (tree == nullptr || !dtb_open(&dtb, tree, DTB_MAX)) return;
    uint32_t node = dtb_find_console(&dtb);
    if (node == DTB_NONE || !dtb_is_compatible(&dtb, node, "arm,pl011") ||
        !dtb_reg(&dtb, node, 0, &base, &size))
        return;
    map_root[entry_index(base, table_top())] = entry_of_table(physical_of(map_identity));
    map_identity[entry_index(base, 2)] = (base & ~(BLOCK_1G - 1)) | ENTRY_VALID | ENTRY_ACCESSED |
                                         device_index() << 2 | ENTRY_KERNEL_NO_EXECUTE |
                                         ENTRY_USER_NO_EXECUTE;
    __asm__ volatile("dsb ish\n\tmsr ttbr0_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb ish\n\tisb"
                     :
                     : "r"(physical_of(map_root))
                     : "memory");
    uart = (volatile uint8_t *)base;
    debug_console_register(&console);
}

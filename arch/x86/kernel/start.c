// SPDX-License-Identifier: MIT
// The kernel's own address space, made once before anything portable runs: RAM in large pages,
// never executable; the image's text, constants and data each with its own protection, in each view
// of them; and room for device registers. Every address space shares these tables below its top
// one. What only one port does before and meanwhile is in its begin.c.
#include "arch/x86/boot.h"
#include "arch/x86/cpu.h"
#include "arch/x86/start.h"
#include "boot/boot.h"
#include <arch/arch.h>
#include <arch/kernel/map.h>
#include "kernel/string.h"

uint64_t kernel_root;

extern const uint8_t image_start[], text_end[], constants_end[], image_end[];
extern const uint8_t kernel_stack_guard[], kernel_stack[];

static bool has_page_1g;
static uint64_t pool, pool_end; // physical pages for tables, zeroed

static uint64_t table_make(void)
{
    if (pool == pool_end) arch_halt();
    uint64_t table = pool;
    pool += ARCH_PAGE_SIZE;
    return table;
}

static uint64_t *table_below(uint64_t *entry, uint32_t level)
{
    uint64_t link = level == TABLE_TOP ? TABLE_TOP_LINK : TABLE_PRESENT | TABLE_WRITE;
    if (!(*entry & TABLE_PRESENT)) *entry = table_make() | link;
    return arch_physical_to_virtual(*entry & TABLE_ADDRESS);
}

// Maps with the largest pages that fit. What is mapped already stays: ranges are mapped from the
// special to the general.
static void map(uintptr_t address, uint64_t physical, uint64_t size, uint64_t flags)
{
    uint64_t *root = arch_physical_to_virtual(kernel_root);

    for (uint64_t done = 0, step; done < size; done += step) {
        uintptr_t at = address + (uintptr_t)done;
        uint64_t *table = root;
        uint32_t level = TABLE_TOP;
        uint64_t *entry;
        for (;; level--) {
            entry = &table[entry_index(at, level)];
            step = entry_span(level);
            bool fits = ((at | (physical + done)) & (step - 1)) == 0 && size - done >= step;
            if (level == 0 || (level < TABLE_TOP && *entry & TABLE_LARGE)) break;
            bool can_be_large = level == 1 || (level == 2 && has_page_1g);
            if (fits && can_be_large && !(*entry & TABLE_PRESENT)) break;
            table = table_below(entry, level);
        }
        step -= at & (step - 1);
        if (*entry & TABLE_PRESENT || at == (uintptr_t)kernel_stack_guard) continue;
        *entry = entry_of_page(physical + done, level, flags);
    }
}

// A part of the image, at its own address and in the view of all RAM.
static void map_image(const uint8_t *begin, const uint8_t *end, uint64_t flags)
{
    uint64_t physical = arch_virtual_to_physical(begin);

    map((uintptr_t)begin, physical, (uint64_t)(end - begin), flags);
    map(PHYSMAP_BASE + (uintptr_t)physical, physical, (uint64_t)(end - begin),
        flags | TABLE_NO_EXECUTE);
}

static void map_all(const struct bootinfo *info)
{
    map_image(image_start, text_end, entry_kernel_flags(SPACE_READ | SPACE_EXECUTE));
    map_image(text_end, constants_end, entry_kernel_flags(SPACE_READ));
    map_image(constants_end, kernel_stack_guard, entry_kernel_flags(SPACE_READ | SPACE_WRITE));
    map_image(kernel_stack, image_end, entry_kernel_flags(SPACE_READ | SPACE_WRITE));
    for (uint32_t i = 0; i < info->memory_count; i++) {
        const struct boot_memory *entry = &info->memory[i];
        if (entry->kind == BOOT_MEMORY_RESERVED) continue;
        map(PHYSMAP_BASE + (uintptr_t)entry->base, entry->base, entry->size,
            entry_kernel_flags(SPACE_READ | SPACE_WRITE));
    }
}

// As many tables as the map can need, in one piece, so that the map does not change while it is
// mapped.
static void pool_make(struct bootinfo *info)
{
    constexpr uint64_t fixed = 16; // top, device and image tables
    uint64_t count = fixed;

    for (uint32_t i = 0; i < info->memory_count; i++) {
        const struct boot_memory *entry = &info->memory[i];
        if (entry->kind == BOOT_MEMORY_RESERVED) continue;
        // Two tables for its ragged ends, and those above on the way.
        count += 5 + entry->size / entry_span(2) + entry->size / entry_span(3);
    }
    pool = arch_virtual_to_physical(boot_memory_take(info, (size_t)count * ARCH_PAGE_SIZE));
    pool_end = pool + count * ARCH_PAGE_SIZE;
}

// Every table directly below the top is there from the start, since top tables are copied.
static void tops_make(void)
{
    uint64_t *root = arch_physical_to_virtual(kernel_root);
    uint32_t last = entry_index(DEVICE_END - 1, TABLE_TOP);
    for (uint32_t i = entry_index(DEVICE_BASE, TABLE_TOP); i <= last; i++)
        table_below(&root[i], TABLE_TOP);
}

// --- Instructions that only some processors have ---

extern uint8_t *const stac_begin[], *const stac_end[], *const clac_begin[], *const clac_end[];

void code_put(uint8_t *at, const uint8_t *code, size_t size)
{
    memcpy(arch_physical_to_virtual(arch_virtual_to_physical(at)), code, size);
}

static void patch_user_access(void)
{
    static const uint8_t stac[] = {0x0f, 0x01, 0xcb}, clac[] = {0x0f, 0x01, 0xca};
    for (uint8_t *const *at = stac_begin; at < stac_end; at++) code_put(*at, stac, sizeof stac);
    for (uint8_t *const *at = clac_begin; at < clac_end; at++) code_put(*at, clac, sizeof clac);
}

void start(struct bootinfo *info)
{
    has_page_1g = TABLE_TOP > 2 && cpuid_if_present(0x8000'0001, 0).edx & CPUID_81_D_PAGE_1G;
    if (cpuid_if_present(7, 0).ebx & CPUID_7_B_SMAP) patch_user_access();
    start_prepare(info);
    pool_make(info);
    kernel_root = table_make();
    tops_make();
    map_all(info);
    boot_memory_return(info, pool, pool_end - pool);
    cr3_write((uintptr_t)kernel_root);
    kernel_main(info);
}

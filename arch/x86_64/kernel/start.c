// SPDX-License-Identifier: MIT
// The kernel's own address space, made once before anything portable runs: all RAM in large pages,
// never executable; the image's text, constants and data each with its own protection, in both
// views of them; and room for device registers. Every address space shares these tables below its
// top one.
#include "arch/x86/boot.h"
#include "arch/x86_64/kernel/cpu.h"
#include "arch/x86_64/kernel/table.h"
#include "boot/boot.h"
#include <arch/arch.h>
#include "kernel/string.h"

uintptr_t kernel_offset = KERNEL_BASE;
uint64_t kernel_root;
const uint64_t boot_reach = 1ull << 32;

extern const uint8_t image_start[], text_end[], constants_end[], image_end[];
extern const uint8_t kernel_stack_guard[], kernel_stack[];

static struct cpu no_cpu; // what arch_cpu() reads before arch_cpu_init: nullptr
static bool has_page_1g;
static uint64_t pool, pool_end; // physical pages for tables, zeroed

static uint64_t table_make(void)
{
    if (pool == pool_end) arch_halt();
    uint64_t table = pool;
    pool += ARCH_PAGE_SIZE;
    return table;
}

static uint64_t *table_below(uint64_t *entry)
{
    if (!(*entry & TABLE_PRESENT)) *entry = table_make() | TABLE_PRESENT | TABLE_WRITE;
    return arch_physical_to_virtual(*entry & TABLE_ADDRESS);
}

// Maps with the largest pages that fit. What is mapped already stays: ranges are mapped from the
// special to the general.
static void map(uintptr_t address, uint64_t physical, uint64_t size, uint64_t flags)
{
    uint64_t *root = arch_physical_to_virtual(kernel_root);

    for (uint64_t done = 0, step; done < size; done += step) {
        uintptr_t at = address + done;
        uint64_t *table = root;
        unsigned level = 3;
        uint64_t *entry;
        for (;; level--) {
            entry = &table[table_index(at, level)];
            step = table_span(level);
            bool fits = ((at | (physical + done)) & (step - 1)) == 0 && size - done >= step;
            if (level == 0 || (fits && !(*entry & TABLE_PRESENT) &&
                               (level == 1 || (level == 2 && has_page_1g)))) {
                break;
            }
            table = table_below(entry);
        }
        if (*entry & TABLE_PRESENT) continue;
        *entry = (physical + done) | flags | TABLE_PRESENT | TABLE_GLOBAL | TABLE_ACCESSED |
                 TABLE_DIRTY | (level > 0 ? TABLE_LARGE : 0);
    }
}

// A part of the image, at its own address and in the view of all RAM.
static void map_image(const uint8_t *begin, const uint8_t *end, uint64_t flags)
{
    uint64_t physical = arch_virtual_to_physical(begin);

    map((uintptr_t)begin, physical, (uint64_t)(end - begin), flags);
    map(PHYSMAP_BASE + physical, physical, (uint64_t)(end - begin), flags | TABLE_NO_EXECUTE);
}

static void map_all(const struct bootinfo *info)
{
    map_image(image_start, text_end, 0);
    map_image(text_end, constants_end, TABLE_NO_EXECUTE);
    map_image(constants_end, kernel_stack_guard, TABLE_NO_EXECUTE | TABLE_WRITE);
    map_image(kernel_stack, image_end, TABLE_NO_EXECUTE | TABLE_WRITE);
    for (uint32_t i = 0; i < info->memory_count; i++) {
        const struct boot_memory *entry = &info->memory[i];
        if (entry->kind == BOOT_MEMORY_RESERVED) continue;
        map(PHYSMAP_BASE + entry->base, entry->base, entry->size, TABLE_WRITE | TABLE_NO_EXECUTE);
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
        count += 5 + entry->size / table_span(2) + entry->size / table_span(3);
    }
    pool = arch_virtual_to_physical(boot_memory_take(info, count * ARCH_PAGE_SIZE));
    pool_end = pool + count * ARCH_PAGE_SIZE;
}

// Every table directly below the top is there from the start, since top tables are copied.
static void tops_make(void)
{
    uint64_t *root = arch_physical_to_virtual(kernel_root);

    for (uintptr_t at = DEVICE_BASE; at < DEVICE_END; at += table_span(3)) {
        table_below(&root[table_index(at, 3)]);
    }
}

// --- Instructions that only some processors have ---

struct jump {
    uint8_t *from, *to;
};
extern const struct jump switch_begin[], switch_end[];
extern uint8_t *const stac_begin[], *const stac_end[], *const clac_begin[], *const clac_end[];
extern uint8_t *const base_begin[], *const base_end[];

static void put(uint8_t *at, const uint8_t *code, size_t size)
{
    memcpy(arch_physical_to_virtual(arch_virtual_to_physical(at)), code, size);
}

static void patch_user_access(void)
{
    static const uint8_t stac[] = {0x0f, 0x01, 0xcb}, clac[] = {0x0f, 0x01, 0xca};
    for (uint8_t *const *at = stac_begin; at < stac_end; at++) put(*at, stac, sizeof stac);
    for (uint8_t *const *at = clac_begin; at < clac_end; at++) put(*at, clac, sizeof clac);
}

static void patch_bases(void)
{
    // wrfsbase %rax, and a no-operation of two bytes
    static const uint8_t write[] = {0xf3, 0x48, 0x0f, 0xae, 0xd0, 0x66, 0x90};
    for (uint8_t *const *at = base_begin; at < base_end; at++) put(*at, write, sizeof write);
    for (const struct jump *jump = switch_begin; jump < switch_end; jump++) {
        uint8_t code[5] = {0xe9};
        int32_t distance = (int32_t)(jump->to - (jump->from + sizeof code));
        memcpy(code + 1, &distance, sizeof distance);
        put(jump->from, code, sizeof code);
    }
}

void start_begin(void)
{
    msr_write(MSR_GS_BASE, (uintptr_t)&no_cpu);
}

void start(struct bootinfo *info)
{
    has_page_1g = cpuid_if_present(0x8000'0001, 0).edx & CPUID_81_D_PAGE_1G;
    struct cpuid seven = cpuid_if_present(7, 0);
    if (seven.ebx & CPUID_7_B_SMAP) patch_user_access();
    if (seven.ebx & CPUID_7_B_FSGSBASE) patch_bases();
    pool_make(info);
    kernel_root = table_make();
    tops_make();
    map_all(info);
    boot_memory_return(info, pool, pool_end - pool);
    cr3_write(kernel_root);
    kernel_main(info);
}

// SPDX-License-Identifier: MIT
// The memory map of struct bootinfo while a boot protocol puts it together. The array starts with a
// few entries in the kernel image and moves to larger ones in RAM as the machine needs.
#include "arch/x86/boot.h"
#include <arch/arch.h>

enum { FIRST_CAPACITY = 32 };
enum : uint64_t { REACH = 1ull << 32, PAGE = ARCH_PAGE_SIZE };

static struct boot_memory first_map[FIRST_CAPACITY];
static uint32_t capacity;

static void map_append(struct bootinfo *info, uint64_t base, uint64_t size, uint32_t kind);

// The highest place in `ram` for `size` bytes that is mapped and keeps clear of image and initrd;
// 0: none.
static uint64_t place_find(const struct bootinfo *info, const struct boot_memory *ram, size_t size)
{
    uint64_t end = ram->base + ram->size < REACH ? ram->base + ram->size : REACH;

    while (end > ram->base && end - ram->base >= size) {
        uint64_t base = end - size;
        if (base < info->kernel_base + info->kernel_size && end > info->kernel_base) {
            end = info->kernel_base & ~(PAGE - 1);
        } else if (base < info->initrd_base + info->initrd_size && end > info->initrd_base) {
            end = info->initrd_base & ~(PAGE - 1);
        } else {
            return base;
        }
    }
    return 0;
}

// Takes [base, base + size) out of a RAM entry. Splitting may append; the array is grown
// beforehand.
static void entry_cut(struct bootinfo *info, struct boot_memory *entry, uint64_t base,
                      uint64_t size, uint32_t kind)
{
    struct boot_memory old = *entry;

    *entry = (struct boot_memory){.base = base, .size = size, .kind = kind};
    if (base > old.base) map_append(info, old.base, base - old.base, old.kind);
    uint64_t end = base + size, old_end = old.base + old.size;
    if (old_end > end) map_append(info, end, old_end - end, old.kind);
}

static void map_append(struct bootinfo *info, uint64_t base, uint64_t size, uint32_t kind)
{
    info->memory[info->memory_count++] =
        (struct boot_memory){.base = base, .size = size, .kind = kind};
}

static void *take(struct bootinfo *info, size_t size)
{
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct boot_memory *entry = &info->memory[i];
        if (entry->kind != BOOT_MEMORY_RAM) continue;
        uint64_t base = place_find(info, entry, size);
        if (base == 0) continue;
        entry_cut(info, entry, base, size, BOOT_MEMORY_KERNEL);
        uint64_t *words = arch_physical_to_virtual(base);
        for (size_t w = 0; w < size / sizeof(uint64_t); w++) words[w] = 0;
        return words;
    }
    arch_halt();
}

// Makes sure that a few entries more can be appended: enough for one cut, and one to grow.
static void map_reserve(struct bootinfo *info)
{
    constexpr uint32_t slack = 6;

    if (info->memory == nullptr) {
        info->memory = first_map;
        capacity = FIRST_CAPACITY;
    }
    if (info->memory_count + slack <= capacity) return;

    uint32_t larger = capacity * 2;
    struct boot_memory *map = take(info, (larger * sizeof(*map) + PAGE - 1) & ~(PAGE - 1));
    for (uint32_t i = 0; i < info->memory_count; i++) map[i] = info->memory[i];
    info->memory = map;
    capacity = larger;
}

void boot_memory_add(struct bootinfo *info, uint64_t base, uint64_t size,
                     enum boot_memory_kind kind)
{
    uint64_t end = base + size;

    if (end < base) return;
    if (kind == BOOT_MEMORY_RAM) {
        base = (base + PAGE - 1) & ~(PAGE - 1);
        end &= ~(PAGE - 1);
    } else {
        base &= ~(PAGE - 1);
        end = (end + PAGE - 1) & ~(PAGE - 1);
    }
    if (end <= base) return;
    map_reserve(info);
    map_append(info, base, end - base, kind);
}

void boot_memory_claim(struct bootinfo *info, uint64_t base, uint64_t size,
                       enum boot_memory_kind kind)
{
    uint64_t end = (base + size + PAGE - 1) & ~(PAGE - 1);

    base &= ~(PAGE - 1);
    for (uint32_t i = 0; size != 0 && i < info->memory_count; i++) {
        map_reserve(info);
        struct boot_memory *entry = &info->memory[i];
        uint64_t low = base > entry->base ? base : entry->base;
        uint64_t high = entry->base + entry->size < end ? entry->base + entry->size : end;
        if (entry->kind != BOOT_MEMORY_RAM || low >= high) continue;
        entry_cut(info, entry, low, high - low, kind);
    }
}

void *boot_memory_take(struct bootinfo *info, size_t size)
{
    map_reserve(info);
    return take(info, (size + PAGE - 1) & ~(PAGE - 1));
}

void boot_memory_return(struct bootinfo *info, uint64_t base, uint64_t size)
{
    for (uint32_t i = 0; size != 0 && i < info->memory_count; i++) {
        struct boot_memory *entry = &info->memory[i];
        if (entry->kind != BOOT_MEMORY_KERNEL) continue;
        if (base < entry->base || base + size > entry->base + entry->size) continue;
        map_reserve(info);
        entry_cut(info, &info->memory[i], base, size, BOOT_MEMORY_RAM);
        return;
    }
}

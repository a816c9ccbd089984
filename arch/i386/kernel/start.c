// SPDX-License-Identifier: MIT
// The kernel's own address space, made once before anything portable runs: two directories, which
// every space shares; RAM in large pages, never executable, as far as it has room; the image's
// text, constants and data each with its own protection; and tables for device registers.
#include "arch/i386/kernel/cpu.h"
#include "arch/i386/kernel/table.h"
#include "arch/x86/boot.h"
#include "boot/boot.h"
#include <arch/arch.h>
#include "kernel/log.h"

constexpr uint64_t RAM_LIMIT = DEVICE_BASE - KERNEL_BASE;
const uint64_t boot_reach = RAM_LIMIT;

extern const uint8_t image_start[], text_end[], constants_end[], image_end[];
extern const uint8_t kernel_stack_guard[], kernel_stack[];

alignas(32) uint64_t kernel_top[TABLE_TOPS];
alignas(4096) static uint64_t directory[TABLE_TOPS - TABLE_USER_TOPS][TABLE_ENTRIES];

static struct cpu no_cpu; // what arch_cpu() reads before arch_cpu_init: nullptr
static uint64_t early_gdt[6];

static uint64_t pool, pool_end; // physical pages for tables, zeroed

static uint64_t *directory_entry(uintptr_t at)
{
    return &directory[table_top(at) - TABLE_USER_TOPS][table_directory(at)];
}

static void map_page(uintptr_t at, uint64_t flags)
{
    uint64_t *table = arch_physical_to_virtual(*directory_entry(at) & TABLE_ADDRESS);
    uint64_t *entry = &table[table_page(at)];
    if (*entry != 0 || at == (uintptr_t)kernel_stack_guard) return;
    *entry = arch_virtual_to_physical((const void *)at) | flags | TABLE_PRESENT | TABLE_GLOBAL |
             TABLE_ACCESSED | TABLE_DIRTY;
}

static void map_part(const uint8_t *begin, const uint8_t *end, uint64_t flags)
{
    for (uintptr_t at = (uintptr_t)begin; at < (uintptr_t)end; at += ARCH_PAGE_SIZE)
        map_page(at, flags);
}

static void table_need(uintptr_t at)
{
    uint64_t *entry = directory_entry(at);
    if (*entry != 0) return;
    ASSERT(pool < pool_end);
    *entry = pool | TABLE_PRESENT | TABLE_WRITE;
    pool += ARCH_PAGE_SIZE;
}

static bool is_mapped(const struct boot_memory *entry)
{
    return entry->kind != BOOT_MEMORY_RESERVED && entry->size > 0;
}

// As many tables as the map can need, in one piece, so that the map does not change meanwhile.
static void pool_make(struct bootinfo *info)
{
    uint64_t count = (uintptr_t)(image_end - image_start) / TABLE_LARGE_SIZE + 2;
    count += -DEVICE_BASE / TABLE_LARGE_SIZE + 2 * (info->memory_count + 2);
    pool = arch_virtual_to_physical(boot_memory_take(info, (size_t)count * ARCH_PAGE_SIZE));
    pool_end = pool + count * ARCH_PAGE_SIZE;
}

// Tables of pages where no large page fits: the image's place, and ragged ends of RAM.
static void tables_make(struct bootinfo *info)
{
    uintptr_t mask = ~(uintptr_t)(TABLE_LARGE_SIZE - 1);
    for (uintptr_t at = (uintptr_t)image_start & mask; at < (uintptr_t)image_end;
         at += TABLE_LARGE_SIZE)
        table_need(at);
    for (uintptr_t at = DEVICE_BASE; at != 0; at += TABLE_LARGE_SIZE) table_need(at);
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct boot_memory entry = info->memory[i];
        if (!is_mapped(&entry)) continue;
        uint64_t end = entry.base + entry.size;
        if (entry.base % TABLE_LARGE_SIZE != 0) table_need(KERNEL_BASE + entry.base);
        if (end % TABLE_LARGE_SIZE != 0) table_need(KERNEL_BASE + end - 1);
    }
}

static void map_ram(const struct boot_memory *entry)
{
    uintptr_t at = KERNEL_BASE + (uintptr_t)entry->base;
    uintptr_t end = at + (uintptr_t)entry->size;
    uint64_t flags = TABLE_WRITE | TABLE_NO_EXECUTE;
    while (at < end) {
        uint64_t *place = directory_entry(at);
        if (*place != 0) {
            map_page(at, flags);
            at += ARCH_PAGE_SIZE;
            continue;
        }
        *place = arch_virtual_to_physical((const void *)at) | flags | TABLE_PRESENT | TABLE_GLOBAL |
                 TABLE_ACCESSED | TABLE_DIRTY | TABLE_LARGE;
        at += TABLE_LARGE_SIZE;
    }
}

// RAM that has no place in the kernel's half is left out.
static void ram_limit(struct bootinfo *info)
{
    uint64_t lost = 0;
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct boot_memory *entry = &info->memory[i];
        if (!is_mapped(entry) || entry->base + entry->size <= RAM_LIMIT) continue;
        uint64_t kept = entry->base < RAM_LIMIT ? RAM_LIMIT - entry->base : 0;
        lost += entry->size - kept;
        entry->size = kept;
        if (kept == 0) entry->kind = BOOT_MEMORY_RESERVED;
    }
    if (lost > 0)
        log_print("memory: %lu MiB are beyond what 32 bits can address here, and left out\n",
                  (unsigned long)(lost >> 20));
}

// FS for arch_cpu(), by a table of segments that is the boot's with one more.
void start_begin(void)
{
    struct [[gnu::packed]] {
        uint16_t limit;
        uint32_t base;
    } gdt = {sizeof early_gdt - 1, (uintptr_t)early_gdt};
    uintptr_t at = (uintptr_t)&no_cpu;

    early_gdt[1] = 0x00cf'9b00'0000'ffff;
    early_gdt[2] = 0x00cf'9300'0000'ffff;
    early_gdt[5] =
        0x0040'9300'0000'ffff | (uint64_t)(at & 0xff'ffff) << 16 | (uint64_t)(at >> 24) << 56;
    __asm__ volatile("lgdt %0; mov %1, %%fs" : : "m"(gdt), "r"(0x28) : "memory");
}

void start(struct bootinfo *info)
{
    if (!(cpuid_if_present(0x8000'0001, 0).edx & CPUID_81_D_NX))
        boot_refuse("this processor cannot forbid to execute");
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
    ram_limit(info);
    pool_make(info);
    tables_make(info);
    map_part(image_start, text_end, 0);
    map_part(text_end, constants_end, TABLE_NO_EXECUTE);
    map_part(constants_end, kernel_stack_guard, TABLE_NO_EXECUTE | TABLE_WRITE);
    map_part(kernel_stack, image_end, TABLE_NO_EXECUTE | TABLE_WRITE);
    for (uint32_t i = 0; i < info->memory_count; i++) {
        if (is_mapped(&info->memory[i])) map_ram(&info->memory[i]);
    }
    boot_memory_return(info, pool, pool_end - pool);
    for (uint32_t i = 0; i < TABLE_TOPS - TABLE_USER_TOPS; i++)
        kernel_top[TABLE_USER_TOPS + i] = arch_virtual_to_physical(directory[i]) | TABLE_PRESENT;
    cr3_write((uintptr_t)arch_virtual_to_physical(kernel_top));
    kernel_main(info);
}

// SPDX-License-Identifier: MIT
// Further processors: which there are, from the MADT, and their start by INIT and start-up messages
// (Intel SDM volume 3, section 9.4). They begin on a page below 1 MiB that the boot protocol left
// in the memory map as the kernel's.
#include "arch/x86/cpu.h"
#include "arch/x86/table.h"
#include "kernel/device/device.h"
#include "kernel/device/x86/firmware.h"
#include "kernel/device/x86/lapic.h"
#include "kernel/memory/page.h"
#include "kernel/string.h"
#include "kernel/time/timer.h"
#include <arch/arch.h>

enum : uint64_t { LOW_MEMORY = 0x10'0000, INIT_TIME = 10'000'000, START_TIME = 200'000 }; // ns
enum : uint32_t { ENTRY_USABLE = 1 };

struct [[gnu::packed]] trampoline_words {
    uint64_t stack, cpu, entry;
    uint32_t root, far_offset;
    uint16_t far_selector, zero;
    uint16_t gdt_limit;
    uint32_t gdt_base;
};
extern const uint8_t trampoline_begin[], trampoline_end[], trampoline_words[], trampoline_upper[];

static uint64_t trampoline; // the page; 0: there is none
static uint32_t root;       // top table that maps it as it is

static uint64_t page_find(const struct bootinfo *info)
{
    for (uint32_t i = 0; i < info->memory_count; i++) {
        const struct boot_memory *entry = &info->memory[i];
        if (entry->kind == BOOT_MEMORY_KERNEL && entry->base != 0 && entry->size > 0 &&
            entry->base + ARCH_PAGE_SIZE <= LOW_MEMORY) {
            return entry->base;
        }
    }
    return 0;
}

// The kernel's half, and the first 2 MiB in their own place, in tables from the top down to
// level 1. They have 32-bit addresses: the processor is told of them where it has no more.
static bool root_make(void)
{
    struct page *page[TABLE_TOP];
    for (uint32_t i = 0; i < TABLE_TOP; i++) {
        page[i] = page_allocate(0, PAGE_ZERO | PAGE_BELOW_4G);
        if (page[i] != nullptr) continue;
        while (i > 0) page_free(page[--i], 0);
        return false;
    }
    uint64_t *table = page_address(page[0]);
    memcpy(table, arch_physical_to_virtual(kernel_root), ARCH_PAGE_SIZE);
    for (uint32_t i = 1; i < TABLE_TOP; i++) {
        *table = page_physical(page[i]) | (i == 1 ? TABLE_TOP_LINK : TABLE_PRESENT | TABLE_WRITE);
        table = page_address(page[i]);
    }
    *table = TABLE_PRESENT | TABLE_WRITE | TABLE_LARGE;
    root = (uint32_t)page_physical(page[0]);
    return true;
}

static void root_free(void)
{
    uint64_t at = root;
    for (uint32_t i = 0; i < TABLE_TOP; i++) {
        uint64_t below = *(uint64_t *)arch_physical_to_virtual(at) & TABLE_ADDRESS;
        page_free(page_of(at), 0);
        at = below;
    }
}

void arch_cpus_find(const struct bootinfo *info)
{
    struct acpi_table madt;
    struct acpi_controller_entry entry;

    trampoline = page_find(info);
    if (trampoline == 0 || !root_make()) return;
    for (uint32_t i = 0; i < info->cpu_count; i++) cpu_found(info->cpus[i]);
    if (info->cpu_count == 0 && acpi_find(&firmware_acpi, "APIC", 0, &madt)) {
        for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);) {
            bool is_cpu = (entry.type == ACPI_LAPIC && entry.id < 255) || entry.type == ACPI_X2APIC;
            if (is_cpu && (entry.flags & ENTRY_USABLE)) cpu_found(entry.id);
        }
    }
    root_free();
}

static void wait(uint64_t ns)
{
    uint64_t end = clock_now() + ns;
    while (clock_now() < end) arch_relax();
}

// On its own stack, by the trampoline's tables.
static void cpu_started(struct cpu *cpu)
{
    cr3_write((uintptr_t)kernel_root);
    arch_cpu_init(cpu);
    interrupt_controller->init_cpu();
    arch_timer_set(UINT64_MAX);
    cpu_join(cpu);
}

static void trampoline_fill(struct cpu *cpu)
{
    uint8_t *at = arch_physical_to_virtual(trampoline);
    memcpy(at, trampoline_begin, (size_t)(trampoline_end - trampoline_begin));
    struct trampoline_words *words =
        (struct trampoline_words *)(at + (trampoline_words - trampoline_begin));
    words->stack = cpu->kernel_stack;
    words->cpu = (uintptr_t)cpu;
    words->entry = (uintptr_t)cpu_started;
    words->root = root;
    words->far_offset = (uint32_t)(trampoline + (uint64_t)(trampoline_upper - trampoline_begin));
    words->gdt_base += (uint32_t)trampoline;
}

enum status arch_cpu_start(struct cpu *cpu)
{
    struct page *stack = page_allocate(KERNEL_STACK_ORDER, PAGE_ZERO);
    if (stack == nullptr || !cpu_tables_make(cpu)) return ERR_NO_MEMORY;
    // What lies below what is mapped in this way is not mapped.
    uint8_t *base =
        arch_map_device(page_physical(stack), KERNEL_STACK_SIZE, SPACE_READ | SPACE_WRITE);
    if (base == nullptr) return ERR_NO_MEMORY;
    cpu->kernel_stack = (uintptr_t)base + KERNEL_STACK_SIZE;
    trampoline_fill(cpu);
    lapic_send((uint32_t)cpu->hardware_id, LAPIC_INIT);
    wait(INIT_TIME);
    for (uint32_t i = 0; i < 2; i++) {
        lapic_send((uint32_t)cpu->hardware_id, LAPIC_START | (uint32_t)(trampoline >> 12));
        wait(START_TIME);
    }
    return OK;
}

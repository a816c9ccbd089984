// SPDX-License-Identifier: MIT
// The kernel's half of the address space as this port has it (arch/paged/kernel/half.c has what is
// common): landing pads, keys for signed addresses, and the text at its physical address as long as
// CPUs are started there.
#include "map.h"
#include "feature.h"
#include <arch/arch.h>

extern char image_start[], image_text_end[];

// Assembly installs it.
extern uint64_t map_identity[TABLE_ENTRIES];
EARLY alignas(4096) uint64_t map_identity[TABLE_ENTRIES];

static uint64_t identity; // its entry

// Landing pads are asked for where the processor knows them.
static uint64_t guard(void)
{
    uint64_t features;
    __asm__("mrs %0, id_aa64pfr1_el1" : "=r"(features));
    return (features & 15) != 0 ? (uint64_t)ENTRY_GUARDED : 0;
}

// Where the processor signs addresses, what switches spaces loads keys too: each of these places
// becomes a branch. Caches are off, but may hold what was there.
struct switch_row {
    int32_t place, target; // relative to themselves
};
extern const struct switch_row kernel_switch[], kernel_switch_end[];

static uintptr_t relative(const int32_t *word)
{
    return (uintptr_t)word + (uintptr_t)(intptr_t)*word;
}

static void patch_switches(void)
{
    enum : uint32_t { BRANCH = 0x1400'0000, BRANCH_WORDS = 0x3ff'ffff };
    for (const struct switch_row *row = kernel_switch; row < kernel_switch_end; row++) {
        uint32_t *place = (uint32_t *)relative(&row->place);
        uintptr_t distance = relative(&row->target) - (uintptr_t)place;
        *place = BRANCH | ((uint32_t)(distance >> 2) & BRANCH_WORDS);
        __asm__ volatile("dmb sy\n\tdc ivac, %0" : : "r"(place) : "memory");
    }
}

void map_early(uint64_t dtb)
{
    half_begin();
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) map_identity[i] = 0;
    if (feature_has_signing()) patch_switches();
    uint64_t text = entry_kernel_flags(SPACE_READ | SPACE_EXECUTE), at = half_physical();
    (void)half_map(map_identity, at, at, (uint64_t)(image_text_end - image_start), text);
    half_map_image(text | guard(), dtb);
}

void map_kernel(struct bootinfo *info)
{
    half_map_ram(info);
    identity = map_identity[entry_index(half_physical(), table_top())];
    __asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(map_empty_root()) : "memory");
    map_identity_close(); // it has done its work
}

void map_identity_open(void)
{
    map_identity[entry_index(half_physical(), table_top())] = identity;
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

void map_identity_close(void)
{
    map_identity[entry_index(half_physical(), table_top())] = 0;
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
}

uint64_t map_empty_root(void)
{
    return (uint64_t)map_identity - ARCH_KERNEL + half_physical();
}

void map_sync_instructions(const void *address, uint64_t size)
{
    uint64_t types;
    __asm__("mrs %0, ctr_el0" : "=r"(types));
    uintptr_t line = 4ul << ((types >> 16) & 15), end = (uintptr_t)address + size;
    if (!(types & 1u << 28)) { // IDC
        for (uintptr_t at = (uintptr_t)address; at < end; at += line)
            __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish" : : : "memory");
    if (!(types & 1u << 29)) // DIC
        __asm__ volatile("ic ialluis\n\tdsb ish" : : : "memory");
    __asm__ volatile("isb" : : : "memory");
}

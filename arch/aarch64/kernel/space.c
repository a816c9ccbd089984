// SPDX-License-Identifier: MIT
// User address spaces under TTBR0, in the tables of arch/paged/kernel/table.c. Translations are
// tagged with an address-space identifier; when those run out all are forgotten at once and given
// out anew, but for those that CPUs have loaded then, which stay.
#include "kernel/memory/space.h"
#include "arch/paged/kernel/table.h"
#include "kernel/memory/page.h"
#include "kernel/random.h"
#include "kernel/schedule/cpu.h"
#include "feature.h"
#include "map.h"
#include <arch/arch.h>

enum : uint64_t { TCR_AS = 1ull << 36 }; // identifiers have 16 bits: feature.c
enum : uint64_t { ASID_SHIFT = 48, FLUSH_ALL_ABOVE = 64 * ARCH_PAGE_SIZE };

// In struct cpu's `arch` words: the identifier that this CPU's space kept when they ran out; 0:
// none.
enum { KEPT_IDENTIFIER = 0 };

static uint64_t asid_last, asid_count; // guarded by the kernel lock
uint64_t asid_generation = 1;

// Forgets translations of the range, on every CPU. What the space's identifier was in an earlier
// generation is forgotten already.
void space_forget(struct arch_space *space, uintptr_t address, size_t size)
{
    space->version++;
    __asm__ volatile("dsb ishst" : : : "memory");
    if (space->generation == asid_generation) {
        uint64_t tag = space->root >> ASID_SHIFT << ASID_SHIFT;
        if (size > FLUSH_ALL_ABOVE) {
            __asm__ volatile("tlbi aside1is, %0" : : "r"(tag));
        } else {
            for (uintptr_t at = address; at < address + size; at += ARCH_PAGE_SIZE)
                __asm__ volatile("tlbi vae1is, %0" : : "r"(tag | (at >> 12)));
        }
    }
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

void space_show(const struct arch_space *space, uintptr_t address, size_t size)
{
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

void space_refetch(uint64_t physical, size_t size)
{
    map_sync_instructions(arch_physical_to_virtual(physical), size);
}

enum status arch_space_init(struct arch_space *space)
{
    *space = (struct arch_space){};
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return ERR_NO_MEMORY;
    space->root = page_physical(page);
    if (arch_cpu()->features_used & 1ull << FEATURE_PAUTH)
        random_fill(space->key, sizeof space->key);
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return;
    space_table_free(space, page_of(space->root & ENTRY_ADDRESS));
    space->root = 0;
}

// What other CPUs have loaded keeps its identifier in the new generation.
static void keep_loaded(void)
{
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        cpu->arch[KEPT_IDENTIFIER] = 0;
        if (cpu == arch_cpu() || cpu->space == nullptr) continue;
        struct arch_space *space = &cpu->space->arch;
        space->generation = asid_generation;
        cpu->arch[KEPT_IDENTIFIER] = space->root >> ASID_SHIFT;
    }
}

static bool is_kept(uint64_t identifier)
{
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu->arch[KEPT_IDENTIFIER] == identifier) return true;
    }
    return false;
}

// A fresh identifier for `space`. Those of all other spaces become invalid when they run out.
static void asid_assign(struct arch_space *space)
{
    if (asid_count == 0) {
        uint64_t control;
        __asm__("mrs %0, tcr_el1" : "=r"(control));
        asid_count = control & TCR_AS ? 1u << 16 : 1u << 8;
    }
    do {
        if (++asid_last < asid_count) continue;
        asid_generation++;
        asid_last = 1; // 0 is the kernel's
        keep_loaded();
        __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
    } while (is_kept(asid_last));
    space->root = (space->root & ENTRY_ADDRESS) | asid_last << ASID_SHIFT;
    space->generation = asid_generation;
}

static inline void use(struct arch_space *space)
{
    arch_space_use(space);
    __asm__ volatile("isb" : : : "memory");
}

[[gnu::noinline]] static void switch_rarely(struct arch_space *space)
{
    if (space != nullptr) {
        asid_assign(space);
        use(space);
    } else {
        __asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(map_empty_root()) : "memory");
    }
}

void arch_space_switch(struct arch_space *space)
{
    if (space != nullptr && space->generation == asid_generation) [[clang::likely]] {
        use(space);
        return;
    }
    switch_rarely(space);
}

// SPDX-License-Identifier: MIT
// User address spaces: four levels of tables with 4 KiB pages under TTBR0, one 2 MiB block where a
// call maps exactly that. Tables are charged to the space. Blocks are never split: unmapping or
// protecting a part removes the whole, and what was not meant comes back by a fault. Translations
// are tagged with an address-space identifier; when those run out all are forgotten at once and
// given out anew.
#include "kernel/memory/space.h"
#include "kernel/memory/page.h"
#include "map.h"
#include <arch/arch.h>

enum : uint64_t { ASID_SHIFT = 48, FLUSH_ALL_ABOVE = 64 * ARCH_PAGE_SIZE };
enum : uint32_t { TRIM_STEP = 16 }; // tables looked at in one call

static uint64_t asid_last, asid_count, asid_generation = 1; // guarded by the kernel lock

static uint64_t *table_of(uint64_t entry)
{
    return arch_physical_to_virtual(entry & ENTRY_ADDRESS);
}

static uint64_t user_attributes(uint32_t protection)
{
    uint64_t entry =
        map_attributes(protection) | ENTRY_USER | ENTRY_NOT_GLOBAL | ENTRY_KERNEL_NO_EXECUTE;
    return protection & SPACE_EXECUTE ? entry : entry | ENTRY_USER_NO_EXECUTE;
}

static bool is_leaf(uint64_t entry, uint32_t level)
{
    return (entry & ENTRY_VALID) && (level == 3 || !(entry & ENTRY_TABLE));
}

// The entry for `address` at `level`, or higher up where the walk ends early; tells the level.
static uint64_t *find(struct arch_space *space, uintptr_t address, uint32_t *level)
{
    uint64_t *entry = &table_of(space->root)[entry_index(address, 0)];
    for (*level = 0; *level < 3; ++*level) {
        if (!(*entry & ENTRY_VALID) || !(*entry & ENTRY_TABLE)) break;
        entry = &table_of(*entry)[entry_index(address, *level + 1)];
    }
    return entry;
}

// As find, making the tables down to `level`. nullptr when one cannot be had.
static uint64_t *make(struct arch_space *space, uintptr_t address, uint32_t level)
{
    uint64_t *entry = &table_of(space->root)[entry_index(address, 0)];
    for (uint32_t at = 0; at < level; at++) {
        if (!(*entry & ENTRY_VALID)) {
            struct page *page = space_table_allocate(space);
            if (page == nullptr) return nullptr;
            *entry = page_physical(page) | ENTRY_VALID | ENTRY_TABLE;
        }
        entry = &table_of(*entry)[entry_index(address, at + 1)];
    }
    return entry;
}

// Forgets translations of the range, on every CPU. What the space's identifier was in an earlier
// generation is forgotten already.
static void forget(struct arch_space *space, uintptr_t address, size_t size)
{
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

enum status arch_space_init(struct arch_space *space)
{
    *space = (struct arch_space){};
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return ERR_NO_MEMORY;
    space->root = page_physical(page);
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return;
    while (!arch_space_trim(space)) {
    }
    space_table_free(space, page_of(space->root & ENTRY_ADDRESS));
    space->root = 0;
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t attributes = user_attributes(protection);
    bool is_block = size == BLOCK_2M && (address | physical) % BLOCK_2M == 0;
    if (protection & SPACE_EXECUTE) map_sync_instructions(arch_physical_to_virtual(physical), size);
    if (is_block) {
        uint64_t *entry = make(space, address, 2);
        if (entry == nullptr) return ERR_NO_MEMORY;
        if (!(*entry & ENTRY_VALID)) { // not an empty table left from before
            *entry = physical | attributes;
            __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
            return OK;
        }
    }
    // At most two tables are entered: both exist before anything changes.
    uint64_t *entry = make(space, address, 3);
    if (entry == nullptr || make(space, address + size - ARCH_PAGE_SIZE, 3) == nullptr)
        return ERR_NO_MEMORY;
    for (size_t at = 0; at < size; at += ARCH_PAGE_SIZE, entry++) {
        if (at > 0 && entry_index(address + at, 3) == 0) entry = make(space, address + at, 3);
        *entry = (physical + at) | attributes | ENTRY_TABLE;
    }
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
    return OK;
}

// Changes each entry in the range: to nothing, or to other attributes. Blocks that are touched go.
static void change(struct arch_space *space, uintptr_t address, size_t size, uint64_t attributes)
{
    uintptr_t end = address + size;
    bool is_changed = false;
    for (uintptr_t at = address; at < end;) {
        uint32_t level;
        uint64_t *entry = find(space, at, &level);
        uint64_t span = 1ull << entry_shift(level);
        bool is_whole = at % span == 0 && end - at >= span;
        if (is_leaf(*entry, level)) {
            uint64_t kept = *entry & (ENTRY_ADDRESS | ENTRY_TABLE | ENTRY_KIND);
            *entry = attributes != 0 && is_whole ? kept | attributes : 0;
            is_changed = true;
        }
        at = (at & ~(span - 1)) + span;
        if (at == 0) break;
    }
    if (is_changed) forget(space, address, size);
}

void arch_space_unmap(struct arch_space *space, uintptr_t address, size_t size)
{
    change(space, address, size, 0);
}

void arch_space_protect(struct arch_space *space, uintptr_t address, size_t size,
                        uint32_t protection)
{
    // The kind of memory stays: it belongs to what is mapped.
    uint64_t attributes = user_attributes(protection & ~(SPACE_DEVICE | SPACE_WRITE_COMBINE));
    // Comes back by a fault, with what it holds made visible to instruction fetches; or never.
    if (protection & SPACE_EXECUTE || !(protection & SPACE_READ)) attributes = 0;
    change(space, address, size, attributes);
}

bool arch_space_query(struct arch_space *space, uintptr_t address, uint64_t *physical,
                      uint32_t *protection)
{
    uint32_t level;
    uint64_t entry = *find(space, address, &level);
    if (!is_leaf(entry, level)) return false;
    uint64_t mask = (1ull << entry_shift(level)) - 1;
    *physical = (entry & ENTRY_ADDRESS & ~mask) | (address & mask);
    *protection = SPACE_READ;
    if (!(entry & ENTRY_READ_ONLY)) *protection |= SPACE_WRITE;
    if (!(entry & ENTRY_USER_NO_EXECUTE)) *protection |= SPACE_EXECUTE;
    if ((entry & ENTRY_KIND) == ENTRY_DEVICE) *protection |= SPACE_DEVICE;
    if ((entry & ENTRY_KIND) == ENTRY_UNCACHED) *protection |= SPACE_WRITE_COMBINE;
    return true;
}

static bool is_empty(const uint64_t *table)
{
    for (const uint64_t *at = table; at < table + 512; at += 8)
        if ((at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) != 0) return false;
    return true;
}

// The deepest table on the way to `address`, and the level of its entries; `holder` is the entry
// that points to it, nullptr for the root.
static uint64_t *deepest(struct arch_space *space, uintptr_t address, uint32_t *level,
                         uint64_t **holder)
{
    uint64_t *table = table_of(space->root), *entry = &table[entry_index(address, 0)];
    *holder = nullptr;
    for (*level = 0; *level < 3 && (*entry & ENTRY_VALID) && (*entry & ENTRY_TABLE); ++*level) {
        *holder = entry;
        table = table_of(*entry);
        entry = &table[entry_index(address, *level + 1)];
    }
    return table;
}

// Where the next table below this one starts, or this one's end: where to look after `address`.
static uintptr_t next_table(const uint64_t *table, uint32_t level, uintptr_t address)
{
    uint64_t span = 1ull << entry_shift(level);
    uint32_t index = level == 3 ? 512 : entry_index(address, level) + 1;
    while (index < 512 && !((table[index] & ENTRY_VALID) && (table[index] & ENTRY_TABLE))) index++;
    return (address & ~(span * 512 - 1)) + span * index;
}

bool arch_space_trim(struct arch_space *space)
{
    for (uint32_t step = 0; step < TRIM_STEP && space->trim < ARCH_USER_END; step++) {
        uint32_t level;
        uint64_t *holder, *table = deepest(space, space->trim, &level, &holder);
        if (holder == nullptr || !is_empty(table)) {
            space->trim = next_table(table, level, space->trim);
            continue;
        }
        *holder = 0; // the table that this was in is looked at next
        forget(space, 0, ARCH_USER_END);
        space_table_free(space, page_of(arch_virtual_to_physical(table)));
    }
    if (space->trim < ARCH_USER_END) return false;
    space->trim = 0;
    return true;
}

// A fresh identifier for `space`. Those of all other spaces become invalid when they run out.
static void asid_assign(struct arch_space *space)
{
    if (asid_count == 0) {
        uint64_t features;
        __asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(features));
        asid_count = ((features >> 4) & 15) != 0 ? 1u << 16 : 1u << 8;
    }
    if (++asid_last == asid_count) {
        asid_generation++;
        asid_last = 1; // 0 is the kernel's
        __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
    }
    space->root = (space->root & ENTRY_ADDRESS) | asid_last << ASID_SHIFT;
    space->generation = asid_generation;
}

static inline void use_table(uint64_t table)
{
    __asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(table) : "memory");
}

[[gnu::noinline]] static void switch_rarely(struct arch_space *space)
{
    if (space != nullptr) asid_assign(space);
    use_table(space == nullptr ? map_empty_root() : space->root);
}

void arch_space_switch(struct arch_space *space)
{
    if (space != nullptr && space->generation == asid_generation) [[clang::likely]] {
        use_table(space->root);
        return;
    }
    switch_rarely(space);
}

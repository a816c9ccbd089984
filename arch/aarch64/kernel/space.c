// SPDX-License-Identifier: MIT
// User address spaces: four levels of tables with 4 KiB pages under TTBR0, one 2 MiB block where a
// call maps exactly that. Tables are charged to the space and freed with their last entry; how many
// a table has is kept in bits of the entry that points to it, which the hardware ignores. Blocks
// are never split: unmapping or protecting a part removes the whole, and what was not meant comes
// back by a fault. Translations are tagged with an address-space identifier; when those run out all
// are forgotten at once and given out anew, but for those that CPUs have loaded then, which stay.
#include "kernel/memory/space.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/random.h"
#include "kernel/schedule/cpu.h"
#include "feature.h"
#include "map.h"
#include <arch/arch.h>

enum : uint64_t { TCR_AS = 1ull << 36 }; // identifiers have 16 bits: feature.c
enum : uint64_t { ASID_SHIFT = 48, FLUSH_ALL_ABOVE = 64 * ARCH_PAGE_SIZE };
enum : uint64_t { COUNT_ONE = 1u << 2, COUNT_MASK = 0x3ffu << 2 }; // in an entry that is a table

// In struct cpu's `arch` words: the identifier that this CPU's space kept when they ran out; 0:
// none.
enum { KEPT_IDENTIFIER = 0 };

static uint64_t asid_last, asid_count; // guarded by the kernel lock
uint64_t asid_generation = 1;

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

// Forgets translations of the range, on every CPU. What the space's identifier was in an earlier
// generation is forgotten already.
static void forget(struct arch_space *space, uintptr_t address, size_t size)
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

// The entries on the way to an address, the last at `level`.
struct path {
    uint64_t *entry[4];
    uint32_t level;
};

// The way to `address`, as far as it goes.
static void walk(struct arch_space *space, uintptr_t address, struct path *path)
{
    uint64_t *entry = &table_of(space->root)[entry_index(address, 0)];
    path->entry[0] = entry;
    for (path->level = 0; path->level < 3; path->entry[path->level] = entry) {
        if (!(*entry & ENTRY_VALID) || !(*entry & ENTRY_TABLE)) break;
        entry = &table_of(*entry)[entry_index(address, ++path->level)];
    }
}

// Fills the invalid last entry of the path.
static void set(const struct path *path, uint64_t value)
{
    *path->entry[path->level] = value;
    if (path->level > 0) *path->entry[path->level - 1] += COUNT_ONE;
}

// Clears the last entry of the path, and with it each table that is empty then. Those are chained
// by their first words behind `empty`, to be freed when translations are forgotten.
static void clear(const struct path *path, uint64_t *empty)
{
    *path->entry[path->level] = 0;
    for (uint32_t level = path->level; level > 0; level--) {
        uint64_t *holder = path->entry[level - 1];
        *holder -= COUNT_ONE;
        if (*holder & COUNT_MASK) return;
        uint64_t table = *holder & ENTRY_ADDRESS;
        *holder = 0;
        *table_of(table) = *empty; // not a valid entry, should one still look
        *empty = table;
    }
}

static void free_tables(struct arch_space *space, uint64_t empty)
{
    while (empty != 0) {
        uint64_t next = *table_of(empty);
        space_table_free(space, page_of(empty));
        empty = next;
    }
}

// Forgets, then frees.
static void settle(struct arch_space *space, uintptr_t address, size_t size, uint64_t empty)
{
    forget(space, address, size);
    free_tables(space, empty);
}

// Frees the deepest table of the path, and those that are empty without it, if it has no entry.
static void drop_unused(struct arch_space *space, uintptr_t address, const struct path *path)
{
    uint64_t empty = 0;
    if (path->level == 0 || (*path->entry[path->level - 1] & COUNT_MASK) != 0) return;
    *path->entry[path->level - 1] += COUNT_ONE; // which clear() takes back
    clear(path, &empty);
    settle(space, address, ARCH_PAGE_SIZE, empty);
}

// Extends the path to `level` by tables of its own. False, with nothing left of them, when one
// cannot be had.
static bool extend(struct arch_space *space, uintptr_t address, uint32_t level, struct path *path)
{
    walk(space, address, path);
    while (path->level < level) {
        ASSERT(!(*path->entry[path->level] & ENTRY_VALID)); // no block is in the way
        struct page *page = space_table_allocate(space);
        if (page == nullptr) {
            drop_unused(space, address, path);
            return false;
        }
        uint64_t table = page_physical(page);
        set(path, table | ENTRY_VALID | ENTRY_TABLE);
        path->level++;
        path->entry[path->level] = &table_of(table)[entry_index(address, path->level)];
    }
    return true;
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

// Pages whose instructions were fetched before are so still: who may write to one says so.
static void make_fetchable(uint64_t physical, size_t size)
{
    for (uint64_t at = physical; at < physical + size; at += ARCH_PAGE_SIZE) {
        struct page *page = page_of(at);
        if (page != nullptr && page->is_fetchable) continue;
        map_sync_instructions(arch_physical_to_virtual(at), ARCH_PAGE_SIZE);
        if (page != nullptr) page->is_fetchable = true;
    }
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t attributes = user_attributes(protection);
    bool is_block = size == BLOCK_2M && (address | physical) % BLOCK_2M == 0;
    if (protection & SPACE_EXECUTE) make_fetchable(physical, size);
    struct path path, last;
    if (!extend(space, address, is_block ? 2 : 3, &path)) return ERR_NO_MEMORY;
    if (path.level == 2) {
        ASSERT(!(*path.entry[2] & ENTRY_VALID));
        set(&path, physical | attributes);
        __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
        return OK;
    }
    // At most two tables are entered: both exist before anything changes.
    uintptr_t end = address + size;
    if (entry_index(address, 3) + size / ARCH_PAGE_SIZE > 512 &&
        !extend(space, end - ARCH_PAGE_SIZE, 3, &last)) {
        drop_unused(space, address, &path);
        return ERR_NO_MEMORY;
    }
    for (; address < end; address += ARCH_PAGE_SIZE, physical += ARCH_PAGE_SIZE) {
        if (entry_index(address, 3) == 0) walk(space, address, &path);
        uint64_t *entry = path.entry[3]++;
        if (!(*entry & ENTRY_VALID)) *path.entry[2] += COUNT_ONE;
        *entry = physical | attributes | ENTRY_TABLE;
    }
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
    return OK;
}

// Changes the entries of one table of pages from the path's last on, as far as they stand for
// addresses below `end`. Tells whether any was in use.
static bool change_pages(const struct path *path, size_t count, uint64_t attributes,
                         uint64_t *empty)
{
    uint64_t *entry = path->entry[3], used = 0;
    for (uint64_t *stop = entry + count; entry < stop; entry++) {
        if (!(*entry & ENTRY_VALID)) continue;
        used++;
        *entry = attributes == 0
                     ? 0
                     : (*entry & (ENTRY_ADDRESS | ENTRY_TABLE | ENTRY_KIND)) | attributes;
    }
    if (used == 0 || attributes != 0) return used != 0;
    *path->entry[2] -= (used - 1) * COUNT_ONE; // clear() takes the last one
    clear(path, empty);
    return true;
}

// Changes each entry in the range: to nothing, or to other attributes. Blocks that are touched go.
static void change(struct arch_space *space, uintptr_t address, size_t size, uint64_t attributes)
{
    uintptr_t end = address + size;
    uint64_t empty = 0;
    bool is_changed = false;
    for (uintptr_t at = address; at < end;) {
        struct path path;
        walk(space, at, &path);
        uint64_t *entry = path.entry[path.level];
        uint64_t span = 1ull << entry_shift(path.level);
        if (path.level == 3) {
            uintptr_t next = (at & ~(BLOCK_2M - 1)) + BLOCK_2M, stop = next < end ? next : end;
            is_changed |= change_pages(&path, (stop - at + span - 1) / span, attributes, &empty);
            at = stop;
            continue;
        }
        bool is_whole = at % span == 0 && end - at >= span;
        if (is_leaf(*entry, path.level)) { // a block
            is_changed = true;
            if (attributes != 0 && is_whole)
                *entry = (*entry & (ENTRY_ADDRESS | ENTRY_TABLE | ENTRY_KIND)) | attributes;
            else
                clear(&path, &empty);
        }
        at = (at & ~(span - 1)) + span;
        if (at == 0) break;
    }
    if (is_changed) settle(space, address, size, empty);
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

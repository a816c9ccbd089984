// SPDX-License-Identifier: MIT
// Address spaces: four levels of tables, of which the upper half of the top one is the kernel's,
// the same in all. Process-context identifiers, where the processor has them, keep translations
// across switches: a space gets one at its first switch, and a new one when the numbers were used
// up since. Guarded by the kernel lock.
#include "kernel/memory/space.h"
#include "arch/x86_64/kernel/cpu.h"
#include "arch/x86_64/kernel/table.h"
#include "kernel/memory/page.h"

enum : uint64_t { IDENTIFIER_COUNT = 4096, KEEP_TRANSLATIONS = 1ull << 63 };
enum { TRIM_STEP = 16, TOP = 3, USER_TOPS = TABLE_ENTRIES / 2 };
constexpr size_t LARGE_SIZE = 2u << 20;

static uint64_t identifier_generation = 1;
static uint16_t identifier_last;
static uint64_t current_root;
static uintptr_t device_next = DEVICE_BASE;

static uint64_t *table_at(uint64_t entry)
{
    return arch_physical_to_virtual(entry & TABLE_ADDRESS);
}

static uint64_t protection_flags(uint32_t protection)
{
    uint64_t flags = TABLE_PRESENT | TABLE_ACCESSED | TABLE_DIRTY;

    if (protection & SPACE_WRITE) flags |= TABLE_WRITE;
    if (!(protection & SPACE_EXECUTE)) flags |= TABLE_NO_EXECUTE;
    if (protection & SPACE_DEVICE) flags |= TABLE_UNCACHED;
    if (protection & SPACE_WRITE_COMBINE) flags |= TABLE_WRITE_COMBINE;
    return flags;
}

enum status arch_space_init(struct arch_space *space)
{
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return ERR_NO_MEMORY;

    uint64_t *root = page_address(page);
    const uint64_t *kernel = arch_physical_to_virtual(kernel_root);
    for (unsigned i = USER_TOPS; i < TABLE_ENTRIES; i++) root[i] = kernel[i];
    *space = (struct arch_space){.root = page_physical(page)};
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return; // arch_space_init had no page for it
    while (!arch_space_trim(space)) {
    }
    if (current_root == space->root) arch_space_switch(nullptr);
    space_table_free(space, page_of(space->root));
    space->root = 0;
}

// The entry for `address` at `level`, or the large page above it; nullptr when tables are missing.
static uint64_t *entry_find(const struct arch_space *space, uintptr_t address, unsigned *level)
{
    uint64_t *table = arch_physical_to_virtual(space->root);

    for (unsigned at = TOP;; at--) {
        uint64_t *entry = &table[table_index(address, at)];
        if (at == *level || (at < TOP && *entry & TABLE_LARGE)) {
            *level = at;
            return entry;
        }
        if (!(*entry & TABLE_PRESENT)) {
            *level = at;
            return nullptr;
        }
        table = table_at(*entry);
    }
}

// As entry_find, making tables on the way. They stay when a later one fails: empty ones are
// trimmed.
static uint64_t *entry_make(struct arch_space *space, uintptr_t address, unsigned level)
{
    uint64_t *table = arch_physical_to_virtual(space->root);

    for (unsigned at = TOP; at > level; at--) {
        uint64_t *entry = &table[table_index(address, at)];
        if (!(*entry & TABLE_PRESENT)) {
            struct page *page = space_table_allocate(space);
            if (page == nullptr) return nullptr;
            *entry = page_physical(page) | TABLE_PRESENT | TABLE_WRITE | TABLE_USER;
        }
        table = table_at(*entry);
    }
    return &table[table_index(address, level)];
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t flags = protection_flags(protection) | TABLE_USER;

    if (size == LARGE_SIZE && ((address | physical) & (LARGE_SIZE - 1)) == 0) {
        uint64_t *entry = entry_make(space, address, 1);
        if (entry == nullptr) return ERR_NO_MEMORY;
        if (!(*entry & TABLE_PRESENT)) {
            *entry = physical | flags | TABLE_LARGE;
            return OK;
        }
    }
    if (entry_make(space, address, 0) == nullptr) return ERR_NO_MEMORY;
    if (entry_make(space, address + size - 1, 0) == nullptr) return ERR_NO_MEMORY;

    uint64_t *entry = nullptr;
    for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE) {
        bool is_new_table = entry == nullptr || table_index(address + done, 0) == 0;
        entry = is_new_table ? entry_make(space, address + done, 0) : entry + 1;
        *entry = (physical + done) | flags;
    }
    return OK;
}

static void invalidate(struct arch_space *space, uintptr_t address, size_t size)
{
    constexpr size_t single_limit = 32 * ARCH_PAGE_SIZE;

    if (current_root != space->root) {
        space->is_stale = true;
    } else if (size > single_limit) {
        cr3_write(cr3_read());
    } else {
        for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE) {
            __asm__ volatile("invlpg (%0)" ::"r"(address + done) : "memory");
        }
    }
}

// Removes, or with `flags` re-protects, what is mapped in the range. A large page that the range
// covers in part goes as a whole: what is still wanted of it comes back by a fault.
static void range_change(struct arch_space *space, uintptr_t address, size_t size, uint64_t flags)
{
    bool changed = false;

    for (uintptr_t at = address, next; at < address + size; at = next) {
        unsigned level = 0;
        uint64_t *entry = entry_find(space, at, &level);
        next = (at & ~(table_span(level) - 1)) + table_span(level);
        if (entry == nullptr || !(*entry & TABLE_PRESENT)) continue;
        bool is_whole = (at & (table_span(level) - 1)) == 0 && next <= address + size;
        uint64_t kept = *entry & (TABLE_ADDRESS | TABLE_UNCACHED | TABLE_LARGE);
        *entry = flags != 0 && is_whole ? kept | flags : 0;
        changed = true;
    }
    if (changed) invalidate(space, address, size);
}

void arch_space_unmap(struct arch_space *space, uintptr_t address, size_t size)
{
    range_change(space, address, size, 0);
}

void arch_space_protect(struct arch_space *space, uintptr_t address, size_t size,
                        uint32_t protection)
{
    uint32_t access = protection & (SPACE_READ | SPACE_WRITE | SPACE_EXECUTE);
    range_change(space, address, size, access != 0 ? protection_flags(access) | TABLE_USER : 0);
}

bool arch_space_query(struct arch_space *space, uintptr_t address, uint64_t *physical,
                      uint32_t *protection)
{
    unsigned level = 0;
    uint64_t *entry = entry_find(space, address, &level);
    if (entry == nullptr || !(*entry & TABLE_PRESENT)) return false;

    uint64_t offset = address & (table_span(level) - 1);
    *physical = (*entry & TABLE_ADDRESS & ~(table_span(level) - 1)) + offset;
    *protection = SPACE_READ;
    if (*entry & TABLE_WRITE) *protection |= SPACE_WRITE;
    if (!(*entry & TABLE_NO_EXECUTE)) *protection |= SPACE_EXECUTE;
    if ((*entry & TABLE_UNCACHED) == TABLE_UNCACHED) *protection |= SPACE_DEVICE;
    if ((*entry & TABLE_UNCACHED) == TABLE_WRITE_COMBINE) *protection |= SPACE_WRITE_COMBINE;
    return true;
}

// Frees empty tables below `table`, whose entries are at `level`; true when `table` itself is empty
// then.
static bool tables_trim(struct arch_space *space, uint64_t *table, unsigned level, unsigned *budget)
{
    unsigned count = level == TOP ? USER_TOPS : TABLE_ENTRIES;
    bool is_empty = true;

    for (unsigned i = 0; i < count; i++) {
        if (!(table[i] & TABLE_PRESENT)) continue;
        bool is_table = level > 0 && !(level < TOP && table[i] & TABLE_LARGE);
        if (!is_table || *budget == 0 ||
            !tables_trim(space, table_at(table[i]), level - 1, budget) || *budget == 0) {
            is_empty = false;
            if (level == 0) return false;
            continue;
        }
        struct page *page = page_of(table[i] & TABLE_ADDRESS);
        table[i] = 0;
        space_table_free(space, page);
        (*budget)--;
    }
    return is_empty;
}

bool arch_space_trim(struct arch_space *space)
{
    unsigned budget = TRIM_STEP;

    if (space->root == 0) return true;
    tables_trim(space, arch_physical_to_virtual(space->root), TOP, &budget);
    if (budget < TRIM_STEP) invalidate(space, 0, SIZE_MAX);
    return budget > 0;
}

// The number for `space`, a new one if it has none that is valid; and whether old translations are
// kept.
static uint64_t identify(struct arch_space *space)
{
    bool is_kept = space->generation == identifier_generation && !space->is_stale;

    if (space->generation != identifier_generation) {
        if (++identifier_last == IDENTIFIER_COUNT) {
            identifier_last = 1;
            identifier_generation++;
        }
        space->generation = identifier_generation;
        space->identifier = identifier_last;
    }
    space->is_stale = false;
    return space->identifier | (is_kept ? KEEP_TRANSLATIONS : 0);
}

void arch_space_switch(struct arch_space *space)
{
    if (space == nullptr) {
        current_root = kernel_root;
        cr3_write(kernel_root);
        return;
    }
    current_root = space->root;
    cr3_write(space->root | (cpu_features.pcid ? identify(space) : 0));
}

void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    uint64_t first = physical & ~(ARCH_PAGE_SIZE - 1);
    uint64_t pages = (physical + size - first + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
    uintptr_t address = device_next;

    if (pages > (DEVICE_END - device_next) / ARCH_PAGE_SIZE) return nullptr;
    uint64_t flags = protection_flags(protection & ~(uint32_t)SPACE_EXECUTE) | TABLE_GLOBAL;
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t *table = arch_physical_to_virtual(kernel_root);
        uintptr_t at = address + i * ARCH_PAGE_SIZE;
        for (unsigned level = TOP; level > 0; level--) {
            uint64_t *entry = &table[table_index(at, level)];
            if (!(*entry & TABLE_PRESENT)) {
                struct page *page = page_allocate(0, PAGE_ZERO);
                if (page == nullptr) return nullptr;
                *entry = page_physical(page) | TABLE_PRESENT | TABLE_WRITE;
            }
            table = table_at(*entry);
        }
        table[table_index(at, 0)] = (first + i * ARCH_PAGE_SIZE) | flags;
    }
    device_next += (pages + 1) * ARCH_PAGE_SIZE; // and a guard page
    return (void *)(address + (physical - first));
}

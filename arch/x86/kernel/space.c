// SPDX-License-Identifier: MIT
// What address spaces map, in tables of as many levels as the port has. The upper entries of the
// top are the kernel's, the same in all. A table goes with the last entry in use in it. CPUs that
// have the space loaded are asked to forget what has changed at once. What is at the top of a
// space, and loading it, is the port's: root.c. Guarded by the kernel lock.
#include "arch/x86/cpu.h"
#include "arch/x86/space.h"
#include "arch/x86/table.h"
#include "kernel/memory/page.h"
#include "kernel/memory/space.h"
#include "kernel/schedule/lock.h"

constexpr size_t LARGE_SIZE = 2u << 20;

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

// The entries on the way to an address, by level, down to the last one there is.
struct path {
    uint64_t *entry[TABLE_TOP + 1];
    unsigned level;
};

// The way to `address`, as far as it goes: to a page, a large page, or an entry that is not used.
static void walk(const struct arch_space *space, uintptr_t address, struct path *path)
{
    uint64_t *table = table_at(space->root);

    for (path->level = TABLE_TOP;; path->level--) {
        uint64_t *entry = &table[table_index(address, path->level)];
        path->entry[path->level] = entry;
        if (path->level == 0 || !(*entry & TABLE_PRESENT)) return;
        if (path->level < TABLE_TOP && *entry & TABLE_LARGE) return;
        table = table_at(*entry);
    }
}

// Fills the last entry of the path.
static void set(const struct path *path, uint64_t value)
{
    uint64_t *entry = path->entry[path->level];
    if (!(*entry & TABLE_PRESENT) && path->level < TABLE_TOP)
        table_count(path->entry[path->level + 1], 1);
    *entry = value;
}

// Clears the last entry of the path, and each table that is empty then. Those are chained by their
// first words behind `empty`, to be freed when translations are forgotten.
static void clear(const struct path *path, uint64_t *empty)
{
    *path->entry[path->level] = 0;
    for (unsigned level = path->level + 1; level <= TABLE_TOP; level++) {
        uint64_t *holder = path->entry[level];
        table_uncount(holder, 1);
        if (table_is_used(holder)) return;
        uint64_t table = *holder & TABLE_ADDRESS;
        *holder = 0;
        *table_at(table) = *empty; // a page's address: not present, should one still look
        *empty = table;
    }
}

static void free_tables(struct arch_space *space, uint64_t empty)
{
    while (empty != 0) {
        uint64_t next = *table_at(empty);
        space_table_free(space, page_of(empty));
        empty = next;
    }
}

struct range {
    uintptr_t address;
    size_t size;
};

// This CPU's translations of the range in the space that it has loaded.
static void forget(struct cpu *cpu, void *context)
{
    constexpr size_t single_limit = 32 * ARCH_PAGE_SIZE;
    const struct range *range = context;
    struct arch_space *space = &cpu->space->arch;

    space_note(cpu, space);
    if (range->size > single_limit) {
        cr3_write(cr3_read());
        return;
    }
    for (size_t done = 0; done < range->size; done += ARCH_PAGE_SIZE) {
        __asm__ volatile("invlpg (%0)" ::"r"(range->address + done) : "memory");
    }
}

static void invalidate(struct arch_space *space, uintptr_t address, size_t size)
{
    struct range range = {address, size};
    struct cpu *self = arch_cpu();
    struct space *whole = CONTAINER(space, struct space, arch);

    space_change(space);
    if (self->space == whole) forget(self, &range);
    lock_ask_users(whole, forget, &range);
}

// Frees the deepest table of the path, and those that are empty without it, if nothing is in it.
static void drop_unused(struct arch_space *space, uintptr_t address, const struct path *path)
{
    uint64_t empty = 0;
    if (path->level == TABLE_TOP || table_is_used(path->entry[path->level + 1])) return;
    table_count(path->entry[path->level + 1], 1); // which clear() takes back
    clear(path, &empty);
    invalidate(space, address, ARCH_PAGE_SIZE);
    free_tables(space, empty);
}

// Extends the path to `level` by tables of its own. False, with nothing left of them, when one
// cannot be had.
static bool extend(struct arch_space *space, uintptr_t address, unsigned level, struct path *path)
{
    walk(space, address, path);
    while (path->level > level) {
        struct page *page = space_table_allocate(space);
        if (page == nullptr) {
            drop_unused(space, address, path);
            return false;
        }
        uint64_t table = page_physical(page);
        set(path, table | TABLE_PRESENT | TABLE_WRITE | TABLE_USER);
        path->level--;
        path->entry[path->level] = &table_at(table)[table_index(address, path->level)];
    }
    return true;
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t flags = protection_flags(protection) | TABLE_USER;
    struct path path, last;

    if (size == LARGE_SIZE && ((address | physical) & (LARGE_SIZE - 1)) == 0) {
        if (!extend(space, address, 1, &path)) return ERR_NO_MEMORY;
        if (path.level == 1 && !(*path.entry[1] & TABLE_PRESENT)) {
            set(&path, physical | flags | TABLE_LARGE);
            return OK;
        }
    }
    if (!extend(space, address, 0, &path)) return ERR_NO_MEMORY;
    if (!extend(space, address + size - 1, 0, &last)) {
        walk(space, address, &path);
        drop_unused(space, address, &path);
        return ERR_NO_MEMORY;
    }
    for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE, path.entry[0]++) {
        if (done > 0 && table_index(address + done, 0) == 0) walk(space, address + done, &path);
        set(&path, (physical + done) | flags);
    }
    return OK;
}

// Changes `count` entries of one table of pages from the path's last on. Tells whether any was in
// use.
static bool change_pages(const struct path *path, size_t count, uint64_t flags, uint64_t *empty)
{
    uint64_t *entry = path->entry[0], used = 0;

    for (uint64_t *stop = entry + count; entry < stop; entry++) {
        if (!(*entry & TABLE_PRESENT)) continue;
        used++;
        *entry = flags == 0 ? 0 : (*entry & (TABLE_ADDRESS | TABLE_UNCACHED)) | flags;
    }
    if (used == 0 || flags != 0) return used != 0;
    table_uncount(path->entry[1], used - 1); // clear() takes the last one
    clear(path, empty);
    return true;
}

// Removes, or with `flags` re-protects, what is mapped in the range. A large page that the range
// covers in part goes as a whole: what is still wanted of it comes back by a fault.
static void range_change(struct arch_space *space, uintptr_t address, size_t size, uint64_t flags)
{
    bool changed = false;
    uint64_t empty = 0;

    for (uintptr_t at = address, next; at < address + size; at = next) {
        struct path path;
        walk(space, at, &path);
        uint64_t span = table_span(path.level), *entry = path.entry[path.level];
        next = (at & ~(span - 1)) + span;
        if (path.level == 0) {
            next = (at & ~(LARGE_SIZE - 1)) + LARGE_SIZE;
            if (next > address + size) next = address + size;
            size_t count = (next - at + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
            changed |= change_pages(&path, count, flags, &empty);
            continue;
        }
        if (!(*entry & TABLE_PRESENT)) continue;
        bool is_whole = (at & (span - 1)) == 0 && next <= address + size;
        uint64_t kept = *entry & (TABLE_ADDRESS | TABLE_UNCACHED | TABLE_LARGE);
        if (flags != 0 && is_whole)
            *entry = kept | flags;
        else
            clear(&path, &empty);
        changed = true;
    }
    if (changed) invalidate(space, address, size);
    free_tables(space, empty);
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
    struct path path;
    walk(space, address, &path);
    unsigned level = path.level;
    const uint64_t *entry = path.entry[level];
    if (!(*entry & TABLE_PRESENT)) return false;

    uint64_t offset = address & (table_span(level) - 1);
    *physical = (*entry & TABLE_ADDRESS & ~(table_span(level) - 1)) + offset;
    *protection = SPACE_READ;
    if (*entry & TABLE_WRITE) *protection |= SPACE_WRITE;
    if (!(*entry & TABLE_NO_EXECUTE)) *protection |= SPACE_EXECUTE;
    if ((*entry & TABLE_UNCACHED) == TABLE_UNCACHED) *protection |= SPACE_DEVICE;
    if ((*entry & TABLE_UNCACHED) == TABLE_WRITE_COMBINE) *protection |= SPACE_WRITE_COMBINE;
    return true;
}

void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    uint64_t first = physical & ~(uint64_t)(ARCH_PAGE_SIZE - 1);
    uint64_t pages = (physical + size - first + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
    uintptr_t address = device_next;

    if (pages > (DEVICE_END - device_next) / ARCH_PAGE_SIZE) return nullptr;
    uint64_t flags = protection_flags(protection & ~(uint32_t)SPACE_EXECUTE) | TABLE_GLOBAL;
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t *table = arch_physical_to_virtual(kernel_root);
        uintptr_t at = address + i * ARCH_PAGE_SIZE;
        for (unsigned level = TABLE_TOP; level > 0; level--) {
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
    return (void *)(address + (uintptr_t)(physical - first));
}

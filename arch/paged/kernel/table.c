// SPDX-License-Identifier: MIT
// User memory in page tables, for every instruction set that has them: 4 KiB pages, and one block
// of 2 MiB where a call maps exactly that. Tables are charged to the space and go with their last
// entry. Blocks are never split: unmapping or protecting a part removes the whole, and what was not
// meant comes back by a fault. What entries look like, how what is in a table is counted, and how
// translations are forgotten is the port's: table.h. Guarded by the kernel lock.
#include "arch/paged/kernel/table.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/space.h"
#include <arch/arch.h>
#include <arch/kernel/map.h>

static uint64_t *table_of(uint64_t entry)
{
    return arch_physical_to_virtual(entry_physical(entry));
}

// The entries on the way to an address, by level, down to the last one there is.
struct path {
    uint64_t *entry[TABLE_LEVELS];
    uint32_t level;
};

// The way to `address`, as far as it goes: to a page, a block, or an entry that is not used.
static void walk(const struct arch_space *space, uintptr_t address, struct path *path)
{
    uint64_t *table = table_root(space, address);
    for (path->level = table_top();; path->level--) {
        uint64_t *entry = &table[entry_index(address, path->level)];
        path->entry[path->level] = entry;
        if (path->level == 0 || !entry_is_table(*entry)) return;
        table = table_of(*entry);
    }
}

// Its end alone.
static const uint64_t *find(const struct arch_space *space, uintptr_t address, uint32_t *level)
{
    const uint64_t *table = table_root(space, address);
    for (*level = table_top();; --*level) {
        const uint64_t *entry = &table[entry_index(address, *level)];
        if (*level == 0 || !entry_is_table(*entry)) return entry;
        table = table_of(*entry);
    }
}

// Fills the last entry of the path, which is not used yet.
static void set(const struct path *path, uint64_t value)
{
    *path->entry[path->level] = value;
    if (path->level < table_top()) (void)table_count(path->entry[path->level + 1], 1);
}

// Clears the last entry of the path, and with it each table that is empty then. Those are chained
// by their first words behind `empty`, to be freed when translations are forgotten.
static void clear(const struct path *path, uint64_t *empty)
{
    *path->entry[path->level] = 0;
    for (uint32_t level = path->level + 1; level <= table_top(); level++) {
        uint64_t *holder = path->entry[level];
        if (table_count(holder, -1)) return;
        uint64_t table = entry_physical(*holder);
        *holder = 0;
        // A page's address: no entry in use, should one still look.
        *(uint64_t *)arch_physical_to_virtual(table) = *empty;
        *empty = table;
    }
}

// Forgets, then frees.
static void settle(struct arch_space *space, uintptr_t address, size_t size, uint64_t empty)
{
    space_forget(space, address, size);
    while (empty != 0) {
        uint64_t next = *(uint64_t *)arch_physical_to_virtual(empty);
        space_table_free(space, page_of(empty));
        empty = next;
    }
}

// Frees the deepest table of the path, and those that are empty without it, if it has no entry.
static void drop_unused(struct arch_space *space, uintptr_t address, const struct path *path)
{
    uint64_t empty = 0;
    if (path->level == table_top() || table_count(path->entry[path->level + 1], 0)) return;
    (void)table_count(path->entry[path->level + 1], 1); // which clear() takes back
    clear(path, &empty);
    settle(space, address, ARCH_PAGE_SIZE, empty);
}

// Extends the path to `level` by tables of its own. False, with nothing left of them, when one
// cannot be had.
static bool extend(struct arch_space *space, uintptr_t address, uint32_t level, struct path *path)
{
    walk(space, address, path);
    while (path->level > level) {
        ASSERT(!entry_is_used(*path->entry[path->level])); // no block is in the way
        struct page *page = space_table_allocate(space);
        if (page == nullptr) {
            drop_unused(space, address, path);
            return false;
        }
        uint64_t table = page_physical(page);
        set(path, entry_of_table(table));
        path->level--;
        uint64_t *entries = arch_physical_to_virtual(table);
        path->entry[path->level] = &entries[entry_index(address, path->level)];
    }
    return true;
}

// Pages whose instructions were fetched before are so still: who may write to one says so.
static void make_fetchable(uint64_t physical, size_t size)
{
    uint64_t first = 0, end = 0;
    for (uint64_t at = physical; at < physical + size; at += ARCH_PAGE_SIZE) {
        struct page *page = page_of(at);
        if (page != nullptr && page->is_fetchable) continue;
        if (page != nullptr) page->is_fetchable = true;
        if (end == 0) first = at;
        end = at + ARCH_PAGE_SIZE;
    }
    if (end != 0) space_refetch(first, (size_t)(end - first));
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t flags = entry_flags(protection);
    bool is_block = size == BLOCK_2M && (address | physical) % BLOCK_2M == 0;
    struct path path, last;
    if (TABLE_FETCH_LAGS && protection & SPACE_EXECUTE) make_fetchable(physical, size);
    if (!extend(space, address, is_block ? 1 : 0, &path)) return ERR_NO_MEMORY;
    if (path.level == 1) {
        ASSERT(!entry_is_used(*path.entry[1]));
        set(&path, entry_of_page(physical, 1, flags));
        space_show(space, address, size);
        return OK;
    }
    // At most two tables are entered: both exist before anything changes.
    if (entry_index(address, 0) + size / ARCH_PAGE_SIZE > TABLE_ENTRIES &&
        !extend(space, address + (size - ARCH_PAGE_SIZE), 0, &last)) {
        drop_unused(space, address, &path);
        return ERR_NO_MEMORY;
    }
    for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE, path.entry[0]++) {
        if (done > 0 && entry_index(address + done, 0) == 0) walk(space, address + done, &path);
        if (!entry_is_used(*path.entry[0])) (void)table_count(path.entry[1], 1);
        *path.entry[0] = entry_of_page(physical + done, 0, flags);
    }
    space_show(space, address, size);
    return OK;
}

// Changes `count` entries of one table of pages from the path's last on: to nothing, or to other
// flags. Tells whether any was in use.
static bool change_pages(const struct path *path, size_t count, uint64_t flags, uint64_t *empty)
{
    uint64_t *entry = path->entry[0];
    int32_t used = 0;
    for (uint64_t *stop = entry + count; entry < stop; entry++) {
        if (!entry_is_used(*entry)) continue;
        used++;
        *entry = flags == 0 ? 0 : (*entry & ENTRY_KEPT) | flags;
    }
    if (used == 0 || flags != 0) return used != 0;
    (void)table_count(path->entry[1], 1 - used); // clear() takes the last one
    clear(path, empty);
    return true;
}

// Removes, or with `flags` re-protects, what is mapped in the range. Blocks that are touched in
// part go.
static void change(struct arch_space *space, uintptr_t address, size_t size, uint64_t flags)
{
    bool is_changed = false;
    uint64_t empty = 0;
    for (uintptr_t at = address, next; at < address + size; at = next) {
        struct path path;
        walk(space, at, &path);
        uint64_t *entry = path.entry[path.level];
        if (path.level == 0) {
            next = (at & ~(uintptr_t)(BLOCK_2M - 1)) + BLOCK_2M;
            if (next > address + size) next = address + size;
            size_t count = (next - at + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
            is_changed |= change_pages(&path, count, flags, &empty);
            continue;
        }
        uintptr_t span = (uintptr_t)entry_span(path.level);
        next = (at & ~(span - 1)) + span;
        if (!entry_is_used(*entry)) continue;
        bool is_whole = at % span == 0 && next <= address + size;
        if (flags != 0 && is_whole)
            *entry = (*entry & ENTRY_KEPT) | flags;
        else
            clear(&path, &empty);
        is_changed = true;
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
    uint32_t access = protection & (SPACE_READ | SPACE_WRITE | SPACE_EXECUTE);
    // Comes back by a fault, with what it holds made visible to instruction fetches; or never.
    bool goes = !(access & SPACE_READ) || (TABLE_FETCH_LAGS && access & SPACE_EXECUTE);
    change(space, address, size, goes ? 0 : entry_flags(access));
}

// The size of a page and of those behind it in the same table that go on where it ends.
static size_t neighbours(const uint64_t *entry, uint32_t index, size_t most)
{
    const uint64_t page = entry_of_page(ARCH_PAGE_SIZE, 0, 0) - entry_of_page(0, 0, 0);
    size_t size = ARCH_PAGE_SIZE;
    for (uint64_t next = *entry + page; size < most && ++index < TABLE_ENTRIES; next += page) {
        if (*++entry != next) break;
        size += ARCH_PAGE_SIZE;
    }
    return size;
}

size_t arch_space_query(struct arch_space *space, uintptr_t address, size_t most,
                        uint64_t *physical, uint32_t *protection)
{
    uint32_t level;
    const uint64_t *entry = find(space, address, &level);
    if (!entry_is_used(*entry)) return 0;
    uint64_t mask = entry_span(level) - 1;
    *physical = (entry_physical(*entry) & ~mask) | (address & mask);
    *protection = entry_protection(*entry);
    if (level == 0) return neighbours(entry, entry_index(address, 0), most);
    uint64_t rest = mask + 1 - (address & mask);
    return rest < most ? (size_t)rest : most;
}

// SPDX-License-Identifier: MIT
// Address spaces: three to five levels of tables, of which the upper half of the top one is the
// kernel's, the same in all. Address-space identifiers, where the CPU has them, keep translations
// across switches. A space has one for life, shared with others when there are many. Whenever its
// translations change it gets a new stamp, which no other space ever had; each CPU notes for each
// identifier the stamp whose translations it keeps. CPUs that have the space loaded are asked to
// forget at once. A table goes with its last entry: how many it has is counted in the references of
// its page, above the one that every used page has. Blocks of 2 MiB are never split: unmapping or
// protecting a part removes the whole, and what was not meant comes back by a fault. Guarded by the
// kernel lock.
#include "kernel/memory/space.h"
#include "kernel/memory/page.h"
#include "kernel/schedule/lock.h"
#include "kernel/string.h"
#include "map.h"
#include "sbi.h"
#include "space.h"
#include <arch/arch.h>

enum : uint64_t { IDENTIFIERS_MAX = 512, IDENTIFIER_SHIFT = 44, IDENTIFIER_MASK = 0xffff };
enum { LEVELS_MAX = 5 };

static uint64_t identifier_last, identifiers; // 0: the CPU has none; number 0 is the kernel's
static uint64_t stamp_last;

static uint64_t identifier_of(const struct arch_space *space)
{
    return space->root >> IDENTIFIER_SHIFT & IDENTIFIER_MASK;
}

static uint64_t *table_of(uint64_t entry)
{
    return arch_physical_to_virtual(entry_physical(entry));
}

static bool is_table(uint64_t entry)
{
    return (entry & (ENTRY_VALID | ENTRY_LEAF)) == ENTRY_VALID;
}

static uint64_t root_physical(const struct arch_space *space)
{
    return space->root << 12 & ((1ull << 56) - 1);
}

enum status arch_space_init(struct arch_space *space)
{
    *space = (struct arch_space){};
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return ERR_NO_MEMORY;
    uint64_t *root = page_address(page);
    memcpy(root + USER_TOPS, map_root + USER_TOPS, (TABLE_ENTRIES - USER_TOPS) * sizeof *root);
    if (identifiers != 0) identifier_last = identifier_last % (identifiers - 1) + 1;
    uint64_t mode = map_satp() >> 60 << 60;
    space->root = mode | identifier_last << IDENTIFIER_SHIFT | page_physical(page) >> 12;
    space->slot = identifier_last * sizeof(uint64_t);
    space->stamp = ++stamp_last;
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return; // arch_space_init had no page for it
    space_table_free(space, page_of(root_physical(space)));
    space->root = 0;
}

// The entries on the way to an address, by level, down to the last one there is.
struct path {
    uint64_t *entry[LEVELS_MAX];
    uint32_t level;
};

// The way to `address`, as far as it goes: to a page, a block, or an entry that is not used.
static void walk(const struct arch_space *space, uintptr_t address, struct path *path)
{
    uint64_t *table = arch_physical_to_virtual(root_physical(space));
    for (path->level = map_top;; path->level--) {
        uint64_t *entry = &table[entry_index(address, path->level)];
        path->entry[path->level] = entry;
        if (path->level == 0 || !is_table(*entry)) return;
        table = table_of(*entry);
    }
}

// The page of the table that the path's entry at `level` points to.
static struct page *table_page(const struct path *path, uint32_t level)
{
    return page_of(entry_physical(*path->entry[level]));
}

// Fills the invalid last entry of the path.
static void set(const struct path *path, uint64_t value)
{
    *path->entry[path->level] = value;
    if (path->level < map_top) table_page(path, path->level + 1)->references++;
}

// Clears the last entry of the path, and each table that is empty then. Those are chained by their
// first words behind `empty`, to be freed when translations are forgotten.
static void clear(const struct path *path, uint64_t *empty)
{
    *path->entry[path->level] = 0;
    for (uint32_t level = path->level + 1; level <= map_top; level++) {
        struct page *page = table_page(path, level);
        if (--page->references > 1) return;
        *path->entry[level] = 0;
        *(uint64_t *)page_address(page) =
            *empty; // an even number: not valid, should one still look
        *empty = page_physical(page);
    }
}

static void free_tables(struct arch_space *space, uint64_t empty)
{
    while (empty != 0) {
        uint64_t next = *(uint64_t *)arch_physical_to_virtual(empty);
        space_table_free(space, page_of(empty));
        empty = next;
    }
}

struct range {
    uintptr_t address;
    size_t size;
};

static void note(struct cpu *cpu, const struct arch_space *space)
{
    if (identifiers != 0) *(uint64_t *)((char *)cpu->arch[CPU_STAMPS] + space->slot) = space->stamp;
}

// This CPU's translations of the range in the space that it has loaded.
static void forget(struct cpu *cpu, void *context)
{
    constexpr size_t single_limit = 32 * ARCH_PAGE_SIZE;
    const struct range *range = context;
    struct arch_space *space = &cpu->space->arch;
    uint64_t identifier = identifier_of(space);
    note(cpu, space);
    if (range->size > single_limit) {
        __asm__ volatile("sfence.vma zero, %0" : : "r"(identifier) : "memory");
        return;
    }
    for (size_t done = 0; done < range->size; done += ARCH_PAGE_SIZE) {
        __asm__ volatile("sfence.vma %0, %1"
                         :
                         : "r"(range->address + done), "r"(identifier)
                         : "memory");
    }
}

static void invalidate(struct arch_space *space, uintptr_t address, size_t size)
{
    struct range range = {address, size};
    struct cpu *self = arch_cpu();
    struct space *whole = CONTAINER(space, struct space, arch);
    space->stamp = ++stamp_last;
    if (self->space == whole) forget(self, &range);
    lock_ask_users(whole, forget, &range);
}

// Frees the deepest table of the path, and those that are empty without it, if nothing is in it.
static void drop_unused(struct arch_space *space, uintptr_t address, const struct path *path)
{
    uint64_t empty = 0;
    if (path->level == map_top) return;
    struct page *page = table_page(path, path->level + 1);
    if (page->references > 1) return;
    page->references++; // which clear() takes back
    clear(path, &empty);
    invalidate(space, address, ARCH_PAGE_SIZE);
    free_tables(space, empty);
}

// Extends the path to `level` by tables of its own. False, with nothing left of them, when one
// cannot be had.
static bool extend(struct arch_space *space, uintptr_t address, uint32_t level, struct path *path)
{
    walk(space, address, path);
    while (path->level > level) {
        struct page *page = space_table_allocate(space);
        if (page == nullptr) {
            drop_unused(space, address, path);
            return false;
        }
        set(path, entry_of(page_physical(page)) | ENTRY_VALID);
        path->level--;
        uint64_t *table = page_address(page);
        path->entry[path->level] = &table[entry_index(address, path->level)];
    }
    return true;
}

// Pages whose instructions were fetched before are so still: who may write to one says so. Other
// CPUs cannot be told but by firmware.
static void make_fetchable(uint64_t physical, size_t size)
{
    bool is_stale = false;
    for (uint64_t at = physical; at < physical + size; at += ARCH_PAGE_SIZE) {
        struct page *page = page_of(at);
        is_stale |= page == nullptr || !page->is_fetchable;
        if (page != nullptr) page->is_fetchable = true;
    }
    if (!is_stale) return;
    __asm__ volatile("fence.i" : : : "memory");
    if (arch_cpu()->shared) sbi_call(SBI_FENCE, SBI_FENCE_INSTRUCTIONS, 0, UINTPTR_MAX, 0);
}

// The CPU may remember that nothing was there.
static void make_seen(const struct arch_space *space, uintptr_t address, size_t size)
{
    if (size == ARCH_PAGE_SIZE)
        __asm__ volatile("sfence.vma %0, %1"
                         :
                         : "r"(address), "r"(identifier_of(space))
                         : "memory");
    else
        __asm__ volatile("sfence.vma zero, %0" : : "r"(identifier_of(space)) : "memory");
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t flags = map_flags(protection) | ENTRY_USER;
    bool is_block = size == BLOCK_2M && (address | physical) % BLOCK_2M == 0;
    struct path path, last;
    if (protection & SPACE_EXECUTE) make_fetchable(physical, size);
    if (!extend(space, address, is_block ? 1 : 0, &path)) return ERR_NO_MEMORY;
    if (path.level == 1) {
        set(&path, entry_of(physical) | flags);
        make_seen(space, address, size);
        return OK;
    }
    // At most two tables are entered: both exist before anything changes.
    if (size > ARCH_PAGE_SIZE && !extend(space, address + size - 1, 0, &last)) {
        walk(space, address, &path);
        drop_unused(space, address, &path);
        return ERR_NO_MEMORY;
    }
    for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE, path.entry[0]++) {
        if (done > 0 && entry_index(address + done, 0) == 0) walk(space, address + done, &path);
        if (*path.entry[0] & ENTRY_VALID)
            *path.entry[0] = entry_of(physical + done) | flags;
        else
            set(&path, entry_of(physical + done) | flags);
    }
    make_seen(space, address, size);
    return OK;
}

// Changes `count` entries of one table of pages from the path's last on. Tells whether any was in
// use.
static bool change_pages(const struct path *path, size_t count, uint64_t flags, uint64_t *empty)
{
    uint64_t *entry = path->entry[0];
    uint32_t used = 0;
    for (uint64_t *stop = entry + count; entry < stop; entry++) {
        if (!(*entry & ENTRY_VALID)) continue;
        used++;
        *entry = flags == 0 ? 0 : (*entry & (ENTRY_ADDRESS | ENTRY_KIND)) | flags;
    }
    if (used == 0 || flags != 0) return used != 0;
    table_page(path, 1)->references -= used - 1; // clear() takes the last one
    clear(path, empty);
    return true;
}

// Removes, or with `flags` re-protects, what is mapped in the range. A block that the range covers
// in part goes as a whole: what is still wanted of it comes back by a fault.
static void change(struct arch_space *space, uintptr_t address, size_t size, uint64_t flags)
{
    bool is_changed = false;
    uint64_t empty = 0;
    for (uintptr_t at = address, next; at < address + size; at = next) {
        struct path path;
        walk(space, at, &path);
        uint64_t span = entry_span(path.level), *entry = path.entry[path.level];
        next = (at & ~(span - 1)) + span;
        if (path.level == 0) {
            next = (at & ~(BLOCK_2M - 1)) + BLOCK_2M;
            if (next > address + size) next = address + size;
            size_t count = (next - at + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
            is_changed |= change_pages(&path, count, flags, &empty);
            continue;
        }
        if (!(*entry & ENTRY_VALID)) continue;
        bool is_whole = at % span == 0 && next <= address + size;
        if (flags != 0 && is_whole)
            *entry = (*entry & (ENTRY_ADDRESS | ENTRY_KIND)) | flags;
        else
            clear(&path, &empty);
        is_changed = true;
    }
    if (is_changed) invalidate(space, address, size);
    free_tables(space, empty);
}

void arch_space_unmap(struct arch_space *space, uintptr_t address, size_t size)
{
    change(space, address, size, 0);
}

void arch_space_protect(struct arch_space *space, uintptr_t address, size_t size,
                        uint32_t protection)
{
    // The kind of memory stays: it belongs to what is mapped.
    uint64_t flags = map_flags(protection & (SPACE_READ | SPACE_WRITE)) | ENTRY_USER;
    // Comes back by a fault, with what it holds made visible to instruction fetches; or never.
    if (protection & SPACE_EXECUTE || !(protection & SPACE_READ)) flags = 0;
    change(space, address, size, flags);
}

bool arch_space_query(struct arch_space *space, uintptr_t address, uint64_t *physical,
                      uint32_t *protection)
{
    struct path path;
    walk(space, address, &path);
    uint64_t entry = *path.entry[path.level], mask = entry_span(path.level) - 1;
    if (!(entry & ENTRY_VALID)) return false;
    *physical = (entry_physical(entry) & ~mask) + (address & mask);
    *protection = SPACE_READ;
    if (entry & ENTRY_WRITE) *protection |= SPACE_WRITE;
    if (entry & ENTRY_EXECUTE) *protection |= SPACE_EXECUTE;
    if (entry & ENTRY_DEVICE) *protection |= SPACE_DEVICE;
    if (entry & ENTRY_WRITE_COMBINE) *protection |= SPACE_WRITE_COMBINE;
    return true;
}

void arch_space_switch(struct arch_space *space)
{
    if (space == nullptr) {
        CSR_WRITE(satp, map_satp());
        return;
    }
    if (arch_space_is_ready(space)) [[clang::likely]] {
        arch_space_use(space);
        return;
    }
    note(arch_cpu(), space);
    arch_space_use(space);
    __asm__ volatile("sfence.vma zero, %0" : : "r"(identifier_of(space)) : "memory");
}

bool space_make_cpu(struct cpu *cpu)
{
    struct page *page = page_allocate(0, PAGE_ZERO);
    if (page == nullptr) return false;
    cpu->arch[CPU_STAMPS] = (uintptr_t)page_address(page);
    return true;
}

// Identifiers are as wide as the field of satp keeps what is written to it; all CPUs' alike.
static void count_identifiers(void)
{
    uint64_t satp = CSR_READ(satp);
    CSR_WRITE(satp, satp | IDENTIFIER_MASK << IDENTIFIER_SHIFT);
    uint64_t most = CSR_READ(satp) >> IDENTIFIER_SHIFT & IDENTIFIER_MASK;
    CSR_WRITE(satp, satp);
    __asm__ volatile("sfence.vma" : : : "memory");
    identifiers = most < IDENTIFIERS_MAX ? most + 1 : IDENTIFIERS_MAX;
    if (most == 0) identifiers = 0;
}

void space_init_cpu(struct cpu *cpu)
{
    static uint64_t first[IDENTIFIERS_MAX];
    static_assert(sizeof first <= ARCH_PAGE_SIZE);
    if (cpu->arch[CPU_STAMPS] != 0) return;
    cpu->arch[CPU_STAMPS] = (uintptr_t)first; // the boot CPU
    count_identifiers();
}

// SPDX-License-Identifier: MIT
// Address spaces: a top table of four entries, of which the upper two are the kernel's, the same in
// all. The two user directories are there from the start, because the processor reads the top
// table only when it is loaded. An entry has no room to count what is in the table behind it: one
// from which something was taken is looked through, and goes when nothing is left. Guarded by the
// kernel lock.
#include "kernel/memory/space.h"
#include "arch/i386/kernel/cpu.h"
#include "arch/i386/kernel/table.h"
#include "kernel/memory/page.h"
#include "kernel/string.h"

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
    struct page *page[1 + TABLE_USER_TOPS];

    *space = (struct arch_space){};
    for (uint32_t i = 0; i < 1 + TABLE_USER_TOPS; i++) {
        page[i] = space_table_allocate(space);
        if (page[i] != nullptr) continue;
        while (i > 0) space_table_free(space, page[--i]);
        return ERR_NO_MEMORY;
    }
    uint64_t *top = page_address(page[0]);
    memcpy(top, kernel_top, TABLE_TOPS * sizeof *top);
    for (uint32_t i = 0; i < TABLE_USER_TOPS; i++)
        top[i] = page_physical(page[1 + i]) | TABLE_PRESENT;
    space->root = (uint32_t)page_physical(page[0]);
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return; // arch_space_init had no page for it
    const uint64_t *top = table_at(space->root);
    for (uint32_t i = 0; i < TABLE_USER_TOPS; i++)
        space_table_free(space, page_of(top[i] & TABLE_ADDRESS));
    space_table_free(space, page_of(space->root));
    space->root = 0;
}

static uint64_t *directory_entry(const struct arch_space *space, uintptr_t address)
{
    const uint64_t *top = table_at(space->root);
    return &table_at(top[table_top(address)])[table_directory(address)];
}

static void invalidate(struct arch_space *space, uintptr_t address, size_t size)
{
    constexpr size_t single_limit = 32 * ARCH_PAGE_SIZE;
    space->version++;
    if (arch_cpu()->space != CONTAINER(space, struct space, arch)) return;
    if (size > single_limit) {
        cr3_write(cr3_read());
        return;
    }
    for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE)
        __asm__ volatile("invlpg (%0)" ::"r"(address + done) : "memory");
}

// A table of pages behind the entry; false when there is no memory for one.
static bool table_need(struct arch_space *space, uint64_t *entry)
{
    if (*entry & TABLE_PRESENT) return true;
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return false;
    *entry = page_physical(page) | TABLE_PRESENT | TABLE_WRITE | TABLE_USER;
    return true;
}

static bool is_empty(const uint64_t *table)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if (table[i] & TABLE_PRESENT) return false;
    }
    return true;
}

static void table_drop(struct arch_space *space, uint64_t *entry, uintptr_t address)
{
    if (!(*entry & TABLE_PRESENT) || *entry & TABLE_LARGE || !is_empty(table_at(*entry))) return;
    struct page *page = page_of(*entry & TABLE_ADDRESS);
    *entry = 0;
    invalidate(space, address, ARCH_PAGE_SIZE);
    space_table_free(space, page);
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    uint64_t flags = protection_flags(protection) | TABLE_USER;
    uint64_t *first = directory_entry(space, address);
    uint64_t *last = directory_entry(space, address + (size - 1));

    bool is_aligned = ((address | physical) & (TABLE_LARGE_SIZE - 1)) == 0;
    if (size == TABLE_LARGE_SIZE && is_aligned && !(*first & TABLE_PRESENT)) {
        *first = physical | flags | TABLE_LARGE;
        return OK;
    }
    if (!table_need(space, first)) return ERR_NO_MEMORY;
    if (!table_need(space, last)) {
        table_drop(space, first, address);
        return ERR_NO_MEMORY;
    }
    for (size_t done = 0; done < size; done += ARCH_PAGE_SIZE) {
        const uint64_t *entry = directory_entry(space, address + done);
        table_at(*entry)[table_page(address + done)] = (physical + done) | flags;
    }
    return OK;
}

// Changes what of one table lies in the range; `flags` 0 removes. Tells whether there was any.
static bool pages_change(const uint64_t *entry, uintptr_t at, uintptr_t end, uint64_t flags)
{
    bool is_changed = false;
    uint64_t *table = table_at(*entry);
    for (; at < end; at += ARCH_PAGE_SIZE) {
        uint64_t *page = &table[table_page(at)];
        if (!(*page & TABLE_PRESENT)) continue;
        is_changed = true;
        *page = flags == 0 ? 0 : (*page & (TABLE_ADDRESS | TABLE_UNCACHED)) | flags;
    }
    return is_changed;
}

// Removes, or with `flags` re-protects, what is mapped in the range. A large page that the range
// covers in part goes as a whole: what is still wanted of it comes back by a fault.
static void range_change(struct arch_space *space, uintptr_t address, size_t size, uint64_t flags)
{
    bool is_changed = false;
    uintptr_t end = address + size;

    for (uintptr_t at = address, next; at < end; at = next) {
        uint64_t *entry = directory_entry(space, at);
        uintptr_t base = at & ~(uintptr_t)(TABLE_LARGE_SIZE - 1);
        next = end - base < TABLE_LARGE_SIZE ? end : base + TABLE_LARGE_SIZE;
        if (!(*entry & TABLE_PRESENT)) continue;
        if (!(*entry & TABLE_LARGE)) {
            is_changed |= pages_change(entry, at, next, flags);
            continue;
        }
        bool is_whole = at == base && next - base == TABLE_LARGE_SIZE;
        uint64_t kept = *entry & (TABLE_ADDRESS | TABLE_UNCACHED | TABLE_LARGE);
        *entry = flags != 0 && is_whole ? kept | flags : 0;
        is_changed = true;
    }
    if (is_changed) invalidate(space, address, size);
    if (flags != 0) return;
    table_drop(space, directory_entry(space, address), address);
    table_drop(space, directory_entry(space, end - 1), end - 1);
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
    uint64_t entry = *directory_entry(space, address);
    uint32_t span = TABLE_LARGE_SIZE;
    if (!(entry & TABLE_PRESENT)) return false;
    if (!(entry & TABLE_LARGE)) {
        entry = table_at(entry)[table_page(address)];
        span = ARCH_PAGE_SIZE;
        if (!(entry & TABLE_PRESENT)) return false;
    }
    *physical = (entry & TABLE_ADDRESS & ~(uint64_t)(span - 1)) + (address & (span - 1));
    *protection = SPACE_READ;
    if (entry & TABLE_WRITE) *protection |= SPACE_WRITE;
    if (!(entry & TABLE_NO_EXECUTE)) *protection |= SPACE_EXECUTE;
    if ((entry & TABLE_UNCACHED) == TABLE_UNCACHED) *protection |= SPACE_DEVICE;
    if ((entry & TABLE_UNCACHED) == TABLE_WRITE_COMBINE) *protection |= SPACE_WRITE_COMBINE;
    return true;
}

void arch_space_switch(struct arch_space *space)
{
    cr3_write(space != nullptr ? space->root : (uintptr_t)arch_virtual_to_physical(kernel_top));
}

// Tables for all device addresses are there from the start (start.c).
void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    uint64_t first = physical & ~(uint64_t)(ARCH_PAGE_SIZE - 1);
    uint64_t pages = (physical + size - first + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
    uintptr_t address = device_next;

    if (pages >= (DEVICE_END - device_next) / ARCH_PAGE_SIZE) return nullptr;
    uint64_t flags = protection_flags(protection & ~(uint32_t)SPACE_EXECUTE) | TABLE_GLOBAL;
    for (uint32_t i = 0; i < pages; i++) {
        uintptr_t at = address + i * ARCH_PAGE_SIZE;
        const uint64_t *directory = table_at(kernel_top[table_top(at)]);
        table_at(directory[table_directory(at)])[table_page(at)] =
            (first + (uint64_t)i * ARCH_PAGE_SIZE) | flags;
    }
    device_next += ((uint32_t)pages + 1) * ARCH_PAGE_SIZE; // and a guard page
    return (void *)(address + (uintptr_t)(physical - first));
}

// SPDX-License-Identifier: MIT
// The empty port's address spaces: a list of pages, walked by hand. User memory is reached through
// it page by page, with the same recovery from faults as on a real machine.
#include <arch/arch.h>
#include "kernel/schedule/cpu.h"
#include "kernel/trap.h"
#include <string.h>

struct none_translation {
    uintptr_t address;
    uint64_t physical;
    uint32_t protection;
    struct none_translation *next;
};

// Translations come from a pool that starts anew with the machine.
enum : uint32_t { POOL_SIZE = 1u << 16 };
static struct none_translation pool[POOL_SIZE], *unused;
static uint32_t pool_used;

void none_space_reset(void)
{
    pool_used = 0;
    unused = nullptr;
}

static struct none_translation *take(void)
{
    struct none_translation *page = unused;
    if (page != nullptr)
        unused = page->next;
    else if (pool_used < POOL_SIZE)
        page = &pool[pool_used++];
    return page;
}

enum status arch_space_init(struct arch_space *space)
{
    *space = (struct arch_space){};
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    arch_space_unmap(space, 0, UINTPTR_MAX);
    if (none_machine.space == space) none_machine.space = nullptr;
}

enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    for (size_t at = 0; at < size; at += ARCH_PAGE_SIZE) {
        struct none_translation *page = take();
        if (page == nullptr) return ERR_NO_MEMORY;
        *page = (struct none_translation){address + at, physical + at, protection, space->first};
        space->first = page;
    }
    return OK;
}

void arch_space_unmap(struct arch_space *space, uintptr_t address, size_t size)
{
    space->version++;
    for (struct none_translation **place = &space->first; *place != nullptr;) {
        struct none_translation *page = *place;
        if (page->address - address < size) {
            *place = page->next;
            page->next = unused;
            unused = page;
        } else {
            place = &page->next;
        }
    }
}

void arch_space_protect(struct arch_space *space, uintptr_t address, size_t size,
                        uint32_t protection)
{
    space->version++;
    for (struct none_translation *page = space->first; page != nullptr; page = page->next) {
        if (page->address - address < size) page->protection = protection;
    }
}

static const struct none_translation *find(const struct arch_space *space, uintptr_t address)
{
    const struct none_translation *page = space->first;
    while (page != nullptr && page->address != address) page = page->next;
    return page;
}

size_t arch_space_query(struct arch_space *space, uintptr_t address, size_t most,
                        uint64_t *physical, uint32_t *protection)
{
    uintptr_t base = address & ~(ARCH_PAGE_SIZE - 1);
    const struct none_translation *page = find(space, base), *next;
    if (page == nullptr) return 0;
    *physical = page->physical + (address - base);
    *protection = page->protection;
    size_t size = ARCH_PAGE_SIZE;
    while (size < most && (next = find(space, base + size)) != nullptr &&
           next->physical == page->physical + size && next->protection == page->protection)
        size += ARCH_PAGE_SIZE;
    return size;
}

void arch_space_switch(struct arch_space *space)
{
    none_machine.space = space;
}

// The byte's place in RAM when the current space allows `access` to it, asking the pager once.
static void *reach(uintptr_t address, uint32_t access)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        uint64_t physical;
        uint32_t protection;
        if (none_machine.space != nullptr &&
            arch_space_query(none_machine.space, address, 1, &physical, &protection) != 0 &&
            (protection & access) != 0) {
            return arch_physical_to_virtual(physical);
        }
        if (!trap_user_copy_fault(address, access == SPACE_WRITE)) return nullptr;
    }
    return nullptr;
}

static size_t within_page(uintptr_t address, size_t size)
{
    size_t rest = ARCH_PAGE_SIZE - address % ARCH_PAGE_SIZE;
    return size < rest ? size : rest;
}

bool arch_user_read(void *to, uintptr_t from, size_t size)
{
    for (size_t step; size > 0; size -= step, from += step, to = (uint8_t *)to + step) {
        step = within_page(from, size);
        void *at = reach(from, SPACE_READ);
        if (at == nullptr) return false;
        memcpy(to, at, step);
    }
    return true;
}

bool arch_user_write(uintptr_t to, const void *from, size_t size)
{
    for (size_t step; size > 0; size -= step, to += step, from = (const uint8_t *)from + step) {
        step = within_page(to, size);
        void *at = reach(to, SPACE_WRITE);
        if (at == nullptr) return false;
        memcpy(at, from, step);
    }
    return true;
}

// SPDX-License-Identifier: MIT
// Address spaces: where regions go, how faults are answered, and how ranges change in bounded
// steps. A step handles at most STEP bytes of one region, and what it has done shows in the regions
// themselves.
#include "kernel/memory/space.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/region.h"
#include "kernel/object/memory.h"
#include "kernel/object/quota.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"

enum : uint64_t { STEP = 32 * PAGE_SIZE, BLOCK = 2ull << 20 };
enum : uint32_t { ACCESS = MAP_READ | MAP_WRITE | MAP_EXECUTE, CLEAR_STEPS = 8 };

static uintptr_t step_end(uintptr_t at, uintptr_t end)
{
    uintptr_t next = (at | (STEP - 1)) + 1;
    return next < end ? next : end;
}

enum status space_init(struct space *space, struct process *process)
{
    *space = (struct space){.process = process};
    return arch_space_init(&space->arch);
}

static bool access_is_sane(uint32_t access)
{
    if ((access & (MAP_WRITE | MAP_EXECUTE)) == (MAP_WRITE | MAP_EXECUTE)) return false;
    return access == 0 || access & MAP_READ;
}

enum status space_view_check(const struct space_view *view)
{
    const struct memory *memory = view->memory;
    uint32_t access = view->flags & ACCESS;
    if (view->size == 0 || view->size % PAGE_SIZE != 0 || view->offset % PAGE_SIZE != 0)
        return ERR_BAD_ARGUMENT;
    if (view->offset > memory->size || view->size > memory->size - view->offset)
        return ERR_BAD_ARGUMENT;
    if (view->size >= ARCH_USER_END - ARCH_USER_BASE || !access_is_sane(access))
        return ERR_BAD_ARGUMENT;
    if (access & ~view->allowed) return ERR_NO_RIGHT;
    if (access & MAP_WRITE && memory->sealed) return ERR_BAD_STATE;
    return OK;
}

static enum status region_add(struct space *space, const struct space_view *view, uintptr_t at,
                              uint32_t guard)
{
    struct region *region;
    TRY(region_make(space, &region));
    region->memory = view->memory;
    region->start = at;
    region->offset = view->offset;
    region->protection = view->flags & ACCESS;
    region->allowed = view->allowed;
    region->guard = guard;
    region->is_used = false;
    region_link(region, at + view->size - 1);
    region_join(region);
    return OK;
}

// Where addresses are physical ones, a view is where its memory is. What keeps free what is below
// it is the lowest part of it.
static enum status find_place(const struct space_view *view, uintptr_t wish, uint64_t *place)
{
    if (!memory_place(view->memory, view->flags & MAP_WRITE, place)) {
        TRY(memory_gather(view->memory));
        if (!memory_place(view->memory, true, place)) return ERR_NOT_SUPPORTED;
    }
    *place += view->offset;
    if (*place < ARCH_USER_BASE || *place >= ARCH_USER_END || view->size > ARCH_USER_END - *place)
        return ERR_NOT_SUPPORTED;
    return view->flags & MAP_FIXED && wish != *place ? ERR_NOT_SUPPORTED : OK;
}

static bool fits(const struct space_view *view, uintptr_t address)
{
    return address < ARCH_SPACE_END && view->size <= ARCH_SPACE_END - address;
}

enum status space_fixed_check(const struct space_view *view, uintptr_t address)
{
    uint64_t place;
    TRY(space_view_check(view));
    if (ARCH_SPACE_IDENTITY) return find_place(view, address, &place);
    return fits(view, address) ? OK : ERR_BAD_ARGUMENT;
}

static enum status map_in_place(struct space *space, const struct space_view *view,
                                uintptr_t *address)
{
    enum : uint32_t { GUARD = 256 };
    uint64_t place;
    TRY(find_place(view, *address, &place));
    if (!space_is_free(space, (uintptr_t)place, (uintptr_t)place + view->size)) return ERR_EXISTS;
    struct space_view rest = *view;
    uint32_t guard = view->flags & MAP_GUARD ? GUARD : 0;
    rest.offset += guard;
    rest.size -= guard;
    TRY(region_add(space, &rest, (uintptr_t)place + guard, 0));
    *address = (uintptr_t)place;
    return OK;
}

enum status space_map(struct space *space, const struct space_view *view, uintptr_t *address)
{
    TRY(space_view_check(view));
    if (ARCH_SPACE_IDENTITY) return map_in_place(space, view, address);
    uintptr_t guard = view->flags & MAP_GUARD ? PAGE_SIZE : 0, at = *address;
    bool is_good = at % PAGE_SIZE == 0 && at >= ARCH_USER_BASE + guard && fits(view, at);
    if (view->flags & MAP_FIXED) {
        if (!is_good) return ERR_BAD_ARGUMENT;
        if (!space_is_free(space, at - guard, at + view->size)) return ERR_EXISTS;
    } else if (at == 0 || !is_good || !space_is_free(space, at - guard, at + view->size)) {
        TRY(space_place(space, view->size + guard, &at));
        at += guard;
    }
    TRY(region_add(space, view, at, (uint32_t)guard));
    *address = at;
    return OK;
}

// The first address at or above `at` in the region where something may be mapped: pages that were
// never committed are passed over.
static uintptr_t region_skip(const struct region *region, uintptr_t at)
{
    const struct memory *memory = region->memory;
    if (!region->is_used) return region_end(region);
    if (ARCH_SPACE_IDENTITY) return at; // it came in at once
    if (memory->kind != MEMORY_RAM || memory->backing != nullptr) return at;
    uint64_t offset = region->offset + (at - region->start), number = offset >> PAGE_SHIFT;
    uintptr_t left = region_end(region) - at;
    if (page_tree_next(&memory->pages, &number) == nullptr) return at + left;
    uint64_t skipped = (number << PAGE_SHIFT) - offset;
    return at + (skipped < left ? (uintptr_t)skipped : left);
}

enum status space_unmap(struct space *space, uintptr_t *address, uintptr_t end)
{
    struct region *region = region_find(space, *address);
    if (region == nullptr || region->start >= end) {
        *address = end;
        return OK;
    }
    if (region->start < *address) TRY(region_split(region, *address));
    uintptr_t stop = region_end(region) < end ? region_end(region) : end;
    uintptr_t from = region_skip(region, region->start);
    uintptr_t done = from >= stop ? stop : step_end(from, stop);
    if (from < done) arch_space_unmap(&space->arch, from, done - from);
    if (region->start < space->hole) space->hole = region->start;
    *address = done;
    if (done == region_end(region)) {
        region_drop(region);
        return OK;
    }
    region->offset += done - region->start;
    region->start = done;
    region->guard = 0;
    return OK;
}

enum status space_protect(struct space *space, uintptr_t *address, uintptr_t end, uint32_t flags)
{
    struct region *region = region_find(space, *address);
    if (flags & ~ACCESS || !access_is_sane(flags)) return ERR_BAD_ARGUMENT;
    if (region == nullptr || region->start > *address) return ERR_BAD_ADDRESS;
    if (flags & ~region->allowed) return ERR_NO_RIGHT;
    if (flags & MAP_WRITE && region->memory->sealed) return ERR_BAD_STATE;
    uint64_t place;
    if (ARCH_SPACE_IDENTITY && !memory_place(region->memory, flags & MAP_WRITE, &place))
        return ERR_NOT_SUPPORTED;
    if (region->protection != flags) {
        if (region->start < *address) TRY(region_split(region, *address));
        if (region_end(region) > end) {
            TRY(region_split(region, end));
            region = region_find(space, *address);
        }
        region_set_protection(region, flags);
    }
    uintptr_t stop = region_end(region) < end ? region_end(region) : end;
    uintptr_t done = step_end(*address, stop);
    // Whether a page may be written to at once depends on who shares it: the next fault finds out.
    if (!region->is_used)
        done = stop;
    else if (flags == 0)
        arch_space_unmap(&space->arch, *address, done - *address);
    else
        arch_space_protect(&space->arch, *address, done - *address, flags & ~MAP_WRITE);
    *address = done;
    if (done == stop) {
        region_join(region);
        struct region *right = region_find(space, done);
        if (right != nullptr && right->start == done) region_join(right);
    }
    return OK;
}

// --- Faults ---------------------------------------------------------------

static uint32_t memory_attributes(const struct memory *memory)
{
    if (memory->cache == MEMORY_DEVICE) return SPACE_DEVICE;
    return memory->cache == MEMORY_WRITE_COMBINE ? SPACE_WRITE_COMBINE : 0;
}

// CALL_RESTART: an interrupt waits, and tables are at hand that were not before.
static enum status translate(struct space *space, uintptr_t address, uint64_t physical, size_t size,
                             uint32_t protection)
{
    ASSERT((protection & (MAP_WRITE | MAP_EXECUTE)) != (MAP_WRITE | MAP_EXECUTE));
    space->tables_made = 0;
    space->may_stop = true;
    enum status status = arch_space_map(&space->arch, address, physical, size, protection);
    bool is_stopped = !space->may_stop;
    space->may_stop = false;
    return status != OK && is_stopped ? CALL_RESTART : status;
}

// A window is brought in by blocks where addresses allow that, else by steps.
static enum status window_fault(struct space *space, const struct region *region, uintptr_t address)
{
    uint64_t first = region->memory->physical + region->offset;
    uintptr_t start = address & ~(uintptr_t)(BLOCK - 1), end = start + BLOCK;
    if (start < region->start || end > region_end(region) ||
        (first + (start - region->start)) % BLOCK != 0) {
        start = address & ~(uintptr_t)(STEP - 1);
        if (start < region->start) start = region->start;
        end = step_end(address, region_end(region));
    }
    ASSERT(start >= region->start && start <= address && address < end);
    uint64_t physical = first + (start - region->start);
    arch_space_unmap(&space->arch, start, end - start);
    return translate(space, start, physical, end - start,
                     region->protection | memory_attributes(region->memory));
}

// Maps what is at hand around a page that cannot change, such as a program's text that was executed
// before: contiguous runs at once. Nobody is owed these pages, so failures do not count, nor does
// anybody wait for them.
static void fault_around(struct space *space, const struct region *region, uintptr_t address)
{
    enum : uintptr_t { AROUND = 8 * PAGE_SIZE };
    uintptr_t at = address & ~(AROUND - 1), end = at + AROUND;
    if (at < region->start) at = region->start;
    if (end > region_end(region)) end = region_end(region);
    uint32_t protection = region->protection & ~MAP_WRITE, ignored;
    uint64_t run = 0, run_size = 0, there;
    for (; at <= end; at += PAGE_SIZE) {
        struct page *page = nullptr;
        if (at < end && arch_space_query(&space->arch, at, PAGE_SIZE, &there, &ignored) == 0)
            page = memory_peek(region->memory, region->offset + (at - region->start));
        if (page != nullptr && protection & MAP_EXECUTE && !page->is_fetchable) page = nullptr;
        uint64_t physical = page == nullptr ? 0 : page_physical(page);
        if (page != nullptr && run_size > 0 && physical == run + run_size) {
            run_size += PAGE_SIZE;
            continue;
        }
        if (run_size > 0 &&
            arch_space_map(&space->arch, at - run_size, run, run_size, protection) != OK)
            return;
        run = physical;
        run_size = page == nullptr ? 0 : PAGE_SIZE;
    }
}

// Where addresses are physical ones all of a region comes in at once, as far as its memory goes.
static enum status fault_in_place(struct space *space, struct region *region, uintptr_t address)
{
    uintptr_t start;
    size_t size;
    if (!region_part(region, 0, region->memory->size, &start, &size) || address - start >= size)
        return ERR_BAD_ADDRESS;
    region->is_used = true;
    return arch_space_map(&space->arch, start, start, size, region->protection);
}

enum status space_fault(struct space *space, uintptr_t address, uint32_t access)
{
    struct region *region = region_find(space, address);
    if (region == nullptr || region->start > address) return ERR_BAD_ADDRESS;
    if (!(region->protection & access)) return ERR_BAD_ADDRESS;
    if (ARCH_SPACE_IDENTITY) return fault_in_place(space, region, address);
    address &= ~(uintptr_t)(PAGE_SIZE - 1);
    struct memory *memory = region->memory;
    uint64_t offset = region->offset + (address - region->start), physical, there;
    struct page *page;
    uint64_t before = memory_page_count;
    TRY(memory_page(memory, offset, access == MAP_WRITE, &page, &physical));
    region->is_used = true;
    if (page == nullptr) return window_fault(space, region, address);
    if (memory_page_count != before && lock_should_pass()) return CALL_RESTART;
    uint32_t protection = region->protection, present;
    if (!memory_owns(memory, offset, page)) protection &= ~MAP_WRITE;
    if (protection & MAP_WRITE) page->is_fetchable = false;
    protection |= memory_attributes(memory);
    if (arch_space_query(&space->arch, address, PAGE_SIZE, &there, &present) != 0) {
        if (there == physical && !(protection & ~present)) return OK;
        arch_space_unmap(&space->arch, address, PAGE_SIZE);
    }
    TRY(translate(space, address, physical, PAGE_SIZE, protection));
    bool is_constant = memory->sealed || (memory->backing != nullptr && !(protection & MAP_WRITE));
    if (is_constant && !lock_should_pass()) fault_around(space, region, address);
    return OK;
}

uint32_t space_protection(const struct space *space, uintptr_t address)
{
    const struct region *region = region_find(space, address);
    return region == nullptr || region->start > address ? 0 : region->protection;
}

// What translations allow to the space's own threads needs no look at regions and objects. Only of
// RAM has the kernel a view. Gives how many bytes there are, 0 if it cannot be made.
static size_t view_make(struct space *space, uintptr_t address, size_t most, struct page_view *view)
{
    uint64_t physical;
    uint32_t present;
    uintptr_t page = address & ~(uintptr_t)(PAGE_SIZE - 1);
    size_t size = arch_space_query(&space->arch, page, most, &physical, &present);
    if (size == 0 || present & (SPACE_DEVICE | SPACE_WRITE_COMBINE)) return 0;
    const struct page *first = page_of(physical);
    if (first == nullptr) return 0;
    if (size > PAGE_SIZE && page_of(physical + size - PAGE_SIZE) != first + size / PAGE_SIZE - 1)
        size = PAGE_SIZE; // what follows is not of the same RAM
    view->page = page | present;
    view->version = arch_space_version(&space->arch);
    view->at = arch_physical_to_virtual(physical);
    return size;
}

enum status space_reach(struct space *space, uintptr_t address, uint32_t access, void **at)
{
    struct region *region = region_find(space, address);
    if (region == nullptr || region->start > address) return ERR_BAD_ADDRESS;
    if (!(region->protection & access)) return ERR_BAD_ADDRESS;
    uint64_t offset = region->offset + (address - region->start), physical;
    struct page *page;
    TRY(memory_page(region->memory, offset, access == MAP_WRITE, &page, &physical));
    if (page == nullptr) return ERR_BAD_ADDRESS;
    *at = (uint8_t *)page_address(page) + address % PAGE_SIZE;
    return OK;
}

// Where regions and objects say that a page is: true for this time only.
[[gnu::noinline]] static enum status look_behind(struct space *space, uintptr_t address,
                                                 uint32_t access, struct page_run *run)
{
    uintptr_t page = address & ~(uintptr_t)(PAGE_SIZE - 1);
    uint64_t before = memory_page_count;
    void *at;
    TRY(space_reach(space, page, access, &at));
    if (memory_page_count != before && lock_should_pass()) return CALL_RESTART;
    run->view = (struct page_view){.page = page, .version = UINT64_MAX, .at = at};
    run->size = PAGE_SIZE;
    return OK;
}

// What is not there comes in as by a fault, for whoever is sent something looks at it next; an
// interrupt that waits comes before what is done with it. Without room for a translation it is
// reached nevertheless.
[[gnu::always_inline]] static inline enum status
look(struct space *space, uintptr_t address, uint32_t access, size_t most, struct page_run *run)
{
    run->size = view_make(space, address, most, &run->view);
    if (run->size != 0 && run->view.page & access) return OK;
    if (!ARCH_SPACE_IDENTITY) {
        enum status status = space_fault(space, address, access);
        if (status == CALL_RESTART || (status == OK && lock_should_pass())) return CALL_RESTART;
        if (status == OK) run->size = view_make(space, address, most, &run->view);
        if (status == OK && run->size != 0 && run->view.page & access) return OK;
    }
    return look_behind(space, address, access, run);
}

enum status space_look(struct space *space, uintptr_t address, uint32_t access,
                       struct page_view *view, void **at)
{
    struct page_run run;
    TRY(look(space, address, access, PAGE_SIZE, &run));
    *view = run.view;
    *at = view->at + address % PAGE_SIZE;
    return OK;
}

enum status space_look_far(struct space *space, uintptr_t address, uint32_t access,
                           struct page_run *run)
{
    enum : size_t { FAR = 16 * PAGE_SIZE };
    return look(space, address, access, FAR, run);
}

// --- The end, and tables ---------------------------------------------------------------

static void tables_clear(struct space *space)
{
    uint32_t count = space->spare_count;
    while (space->spare != nullptr) {
        struct page *page = space->spare;
        space->spare = (struct page *)page->node.next;
        page_put(page);
    }
    space->spare_count = 0;
    process_uncharge_memory(space->process, count);
}

bool space_clear(struct space *space)
{
    for (uint32_t i = 0; i < CLEAR_STEPS; i++) {
        struct region *region = region_find(space, 0);
        if (region == nullptr) {
            arch_space_fini(&space->arch);
            tables_clear(space);
            return true;
        }
        uintptr_t at = region->start;
        // From a region's start nothing is split, so nothing can fail.
        ASSERT(space_unmap(space, &at, region_end(region)) == OK);
        if (lock_should_pass()) break;
    }
    return false;
}

struct page *space_table_allocate(struct arch_space *arch)
{
    struct space *space = CONTAINER(arch, struct space, arch);
    struct page *page = space->spare;
    if (page != nullptr) {
        space->spare = (struct page *)page->node.next;
        space->spare_count--;
        list_node_init(&page->node);
        return page;
    }
    if (space->may_stop && space->tables_made > 0 && lock_should_pass()) {
        space->may_stop = false;
        return nullptr;
    }
    if (process_charge_memory(space->process, 1) != OK) return nullptr;
    page = page_allocate(0, PAGE_ZERO);
    if (page == nullptr) process_uncharge_memory(space->process, 1);
    space->tables_made++;
    return page;
}

void space_table_free(struct arch_space *arch, struct page *page)
{
    struct space *space = CONTAINER(arch, struct space, arch);
    if (space->spare_count == SPACE_SPARES) {
        page_put(page);
        process_uncharge_memory(space->process, 1);
        return;
    }
    *(uint64_t *)page_address(page) = 0;
    page->node.next = (struct list_node *)space->spare;
    space->spare = page;
    space->spare_count++;
}

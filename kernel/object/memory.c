// SPDX-License-Identifier: MIT
// Memory objects: making, committing, sharing and freeing pages. Where a page of an object changes
// for another, every view of the object forgets the old one before the new one is given to anybody,
// so that all of them see the same (memory_view.c). System calls are in memory_call.c.
#include "kernel/object/memory.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/region.h"
#include "kernel/memory/space.h"
#include "kernel/object/quota.h"
#include "kernel/object/resource.h"
#include "kernel/schedule/lock.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/trace.h"

enum : uint32_t { STEP_PAGES = 6, CLONE_PAGES = 4 };

uint64_t memory_page_count; // guarded by the kernel lock

void memory_init(void)
{
    page_tree_init_slab();
    region_init_slab();
}

static uint64_t round_up(uint64_t size)
{
    return (size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// Frees up to STEP_PAGES pages from the one at *number on; true when there are no more.
static bool pages_drop(struct memory *memory, uint64_t *number)
{
    struct page *pages[STEP_PAGES];
    uint32_t count = page_tree_take(&memory->pages, number, pages, STEP_PAGES);
    for (uint32_t i = 0; i < count; i++) page_put(pages[i]);
    if (count > 0) process_uncharge_memory(memory->object.owner, count);
    return memory->pages.count == 0 || page_tree_next(&memory->pages, number) == nullptr;
}

static struct page *contiguous_page(const struct memory *memory, uint64_t offset)
{
    return page_of(memory->physical) + (offset >> PAGE_SHIFT);
}

static bool memory_reap(struct reap *reap)
{
    struct memory *memory = CONTAINER(reap, struct memory, reap);
    uint64_t number = 0;
    if (!pages_drop(memory, &number)) return false;
    ASSERT(memory->pages.count == 0 && list_is_empty(&memory->regions));
    if (memory->loose > 0) {
        page_run_free(contiguous_page(memory, memory->size - memory->loose),
                      memory->loose >> PAGE_SHIFT);
    }
    if (memory->backing != nullptr) object_put(&memory->backing->object);
    object_free(&memory->object);
    return true;
}

// A small object goes at once unless an interrupt waits, a large one in steps; what a device may
// still write to stays.
static void memory_destroy(struct object *object)
{
    struct memory *memory = (struct memory *)object;
    ASSERT(memory->region_count == 0 && memory->writable_count == 0);
    ASSERT(memory_settle(memory) == OK); // there is nobody to tell
    struct resource *dma = memory->dma;
    bool is_kept = dma != nullptr && resource_keep(dma, object->owner, &memory->reap);
    if (dma != nullptr) object_put(&dma->object);
    if (is_kept) return;
    bool is_small = memory->pages.count < STEP_PAGES;
    if (!is_small || lock_should_pass() || !memory_reap(&memory->reap)) reap_add(&memory->reap);
}

static void memory_handles_gone(struct object *object)
{
    struct memory *memory = (struct memory *)object;
    if (memory->ring != nullptr) trace_forget(memory);
}

const struct object_operations memory_operations = {.name = "memory",
                                                    .size = sizeof(struct memory),
                                                    .handles_gone = memory_handles_gone,
                                                    .destroy = memory_destroy};

static enum status memory_new(struct process *owner, enum memory_kind kind, uint64_t size,
                              struct memory **memory)
{
    if (size == 0 || size > MEMORY_SIZE_MAX) return ERR_BAD_ARGUMENT;
    TRY(object_create(OBJECT_MEMORY, owner, memory));
    (*memory)->kind = kind;
    (*memory)->size = round_up(size);
    (*memory)->cache = MEMORY_CACHED;
    page_tree_init(&(*memory)->pages, owner);
    list_init(&(*memory)->regions);
    reap_init(&(*memory)->reap, memory_reap);
    return OK;
}

// Finds the piece that all of it is to lie in.
static enum status run_take(struct memory *memory, uint32_t flags)
{
    struct page *page = page_run_allocate(memory->size >> PAGE_SHIFT, flags);
    if (page == nullptr) return ERR_NO_MEMORY;
    memory->physical = page_physical(page);
    memory->loose = memory->size;
    memory->has_run = true;
    return OK;
}

enum status memory_make(struct process *owner, uint64_t size, struct memory **memory)
{
    TRY(memory_new(owner, MEMORY_RAM, size, memory));
    if (!ARCH_SPACE_IDENTITY) return OK;
    enum status status = run_take(*memory, 0);
    if (status != OK) object_put(&(*memory)->object);
    return status;
}

// Charges for a page and puts it into the tree; the reference becomes the tree's.
static enum status page_add(struct memory *memory, uint64_t number, struct page *page)
{
    TRY(process_charge_memory(memory->object.owner, 1));
    enum status status = page_tree_insert(&memory->pages, number, page);
    if (status != OK) process_uncharge_memory(memory->object.owner, 1);
    return status;
}

enum status memory_adopt(struct process *owner, uint64_t physical, uint64_t size,
                         struct memory **memory)
{
    ASSERT(physical % PAGE_SIZE == 0);
    struct memory *made;
    TRY(memory_new(owner, MEMORY_RAM, size, &made));
    enum status status = OK;
    for (uint64_t at = 0; at < made->size && status == OK; at += PAGE_SIZE) {
        struct page *page = page_of(physical + at);
        ASSERT(page != nullptr && page->state == PAGE_USED && page->references == 1);
        status = page_add(made, at >> PAGE_SHIFT, page);
    }
    made->physical = physical;
    made->has_run = true;
    if (status != OK)
        object_put(&made->object);
    else
        *memory = made;
    return status;
}

enum status memory_window_make(struct process *owner, uint64_t physical, uint64_t size,
                               uint32_t cache, struct memory **memory)
{
    if (physical % PAGE_SIZE != 0 || cache > MEMORY_CACHED) return ERR_BAD_ARGUMENT;
    TRY(memory_new(owner, MEMORY_PHYSICAL, size, memory));
    (*memory)->physical = physical;
    (*memory)->cache = cache;
    return OK;
}

enum status memory_contiguous_make(struct process *owner, uint64_t size, uint32_t cache,
                                   bool below_4g, struct memory **memory)
{
    struct memory *made;
    TRY(memory_new(owner, MEMORY_CONTIGUOUS, size, &made));
    made->cache = cache;
    enum status status = run_take(made, below_4g ? PAGE_BELOW_4G : 0);
    if (status == OK)
        *memory = made;
    else
        object_put(&made->object);
    return status;
}

enum status memory_fill_step(struct memory *memory, const void *from)
{
    ASSERT(memory->has_run && memory->loose >= PAGE_SIZE);
    uint64_t at = memory->size - memory->loose;
    struct page *page = contiguous_page(memory, at);
    TRY(page_add(memory, at >> PAGE_SHIFT, page));
    page_claim(page);
    if (from != nullptr)
        memcpy(page_address(page), from, PAGE_SIZE);
    else
        memset(page_address(page), 0, PAGE_SIZE);
    memory->loose -= PAGE_SIZE;
    return OK;
}

enum status memory_contiguous_step(struct memory *memory, uint64_t *done)
{
    TRY(memory_fill_step(memory, nullptr));
    *done = memory->size - memory->loose;
    return OK;
}

// --- Pages ---------------------------------------------------------------

static struct page *backing_page(struct memory *memory, uint64_t offset)
{
    if (memory->backing == nullptr || offset >= memory->backing_size) return nullptr;
    return page_tree_find(&memory->backing->pages, (memory->backing_offset + offset) >> PAGE_SHIFT);
}

struct page *memory_peek(struct memory *memory, uint64_t offset)
{
    if (offset >= memory->size) return nullptr;
    struct page *page = page_tree_find(&memory->pages, offset >> PAGE_SHIFT);
    return page != nullptr ? page : backing_page(memory, offset);
}

enum status memory_gather(struct memory *memory)
{
    if (!ARCH_SPACE_IDENTITY || memory->kind != MEMORY_RAM) return OK;
    if (!memory->has_run) {
        if (memory->region_count > 0) return ERR_BUSY;
        TRY(run_take(memory, 0));
    }
    while (memory->loose > 0) {
        const struct page *page = backing_page(memory, memory->size - memory->loose);
        TRY(memory_fill_step(memory, page == nullptr ? nullptr : page_address(page)));
        memory_page_count++;
        if (memory->loose > 0 && lock_should_pass()) return CALL_RESTART;
    }
    memory_leave_backing(memory);
    return OK;
}

bool memory_place(const struct memory *memory, bool write, uint64_t *physical)
{
    const struct memory *backing = memory->backing;
    *physical = memory->physical;
    if (memory->kind != MEMORY_RAM || (memory->has_run && memory->loose == 0)) return true;
    if (write || memory->has_run || backing == nullptr) return false;
    *physical = backing->physical + memory->backing_offset;
    return backing->has_run && memory->backing_size >= memory->size;
}

bool memory_owns(const struct memory *memory, uint64_t offset, const struct page *page)
{
    return page->references == 1 && page_tree_find(&memory->pages, offset >> PAGE_SHIFT) == page;
}

// Puts a page of the object's own where there was none, or one that others share: `from`, or zeros.
static enum status page_own(struct memory *memory, uint64_t offset, struct page *shared,
                            struct page **page)
{
    uint64_t number = offset >> PAGE_SHIFT;
    struct page *old = shared == nullptr ? nullptr : page_tree_find(&memory->pages, number);
    if (old == nullptr) TRY(process_charge_memory(memory->object.owner, 1));
    struct page *own = page_allocate(0, shared == nullptr ? PAGE_ZERO : 0);
    enum status status = own == nullptr ? ERR_NO_MEMORY : OK;
    if (status == OK) status = page_tree_insert(&memory->pages, number, own);
    memory_page_count++;
    if (status != OK) {
        if (own != nullptr) page_put(own);
        if (old == nullptr) process_uncharge_memory(memory->object.owner, 1);
        return status;
    }
    *page = own;
    if (shared == nullptr) return OK;
    memcpy(page_address(own), page_address(shared), PAGE_SIZE);
    if (old == nullptr) page_get(shared); // the backing's, which may give it up
    memory_change_begin(
        memory, &(struct memory_change){.from = offset, .to = offset + PAGE_SIZE, .old = shared});
    return memory_settle(memory);
}

enum status memory_page(struct memory *memory, uint64_t offset, bool write, struct page **page,
                        uint64_t *physical)
{
    offset &= ~(uint64_t)(PAGE_SIZE - 1);
    if (offset >= memory->size) return ERR_BAD_ADDRESS;
    *page = nullptr;
    *physical = memory->physical + offset;
    if (memory->kind == MEMORY_PHYSICAL) return OK;
    ASSERT(!(write && memory->sealed));
    if (memory_is_changing(memory)) TRY(memory_settle(memory));
    struct page *present = memory_peek(memory, offset);
    if (ARCH_SPACE_IDENTITY && (present == nullptr || (write && memory->backing != nullptr))) {
        TRY(memory_gather(memory));
        present = memory_peek(memory, offset);
    }
    if (present != nullptr && (!write || memory_owns(memory, offset, present)))
        *page = present;
    else
        TRY(page_own(memory, offset, present, page));
    if (write) (*page)->is_fetchable = false;
    *physical = page_physical(*page);
    return OK;
}

// --- Clones ---------------------------------------------------------------

enum status memory_clone_make(struct process *owner, struct memory *source, uint64_t offset,
                              uint64_t size, struct memory **memory)
{
    if (source->kind != MEMORY_RAM) return ERR_NOT_SUPPORTED;
    if (offset % PAGE_SIZE != 0 || offset >= source->size) return ERR_BAD_ARGUMENT;
    if (size == 0 || size > source->size - offset) return ERR_BAD_ARGUMENT;
    TRY(memory_new(owner, MEMORY_RAM, size, memory));
    struct memory *clone = *memory;
    if (source->sealed && source->backing == nullptr) {
        clone->backing = source;
        clone->backing_offset = offset;
        clone->backing_size = clone->size;
    } else if (source->backing != nullptr && offset < source->backing_size) {
        clone->backing = source->backing;
        clone->backing_offset = source->backing_offset + offset;
        clone->backing_size = least(clone->size, source->backing_size - offset);
    }
    if (clone->backing != nullptr) object_get(&clone->backing->object);
    if (!ARCH_SPACE_IDENTITY || clone->backing != nullptr) return OK;
    enum status status = run_take(clone, 0);
    if (status != OK) object_put(&clone->object);
    return status;
}

// Takes away the right to write from translations, so that the next write faults.
static void freeze(struct memory *memory, uint64_t first, uint64_t end)
{
    if (memory->writable_count == 0 || first == end) return;
    memory_change_begin(memory, &(struct memory_change){.from = first << PAGE_SHIFT,
                                                        .to = end << PAGE_SHIFT,
                                                        .only_writing = true});
}

// Pages [*number, stop) of `source` become the clone's too; it shows what is at `first` at its
// beginning. *number is where that ended.
static enum status share(struct memory *clone, struct memory *source, uint64_t first,
                         uint64_t *number, uint64_t stop)
{
    struct page *page;
    while (*number < stop && (page = page_tree_next(&source->pages, number)) != nullptr) {
        if (*number >= stop) break;
        TRY(page_add(clone, *number - first, page));
        page_get(page);
        ++*number;
    }
    *number = stop;
    return OK;
}

// Where addresses are physical: a page is copied. What is written meanwhile is in it, or not.
static enum status copy_step(struct memory *clone, struct memory *source, uint64_t offset,
                             uint64_t *done)
{
    TRY(memory_gather(source));
    const struct page *page = memory_peek(source, offset + (clone->size - clone->loose));
    TRY(memory_fill_step(clone, page == nullptr ? nullptr : page_address(page)));
    *done = clone->size - clone->loose;
    return OK;
}

// Who writes to a page while the clone is made writes to both, until views are frozen; nobody has
// the clone before that.
enum status memory_clone_step(struct memory *clone, struct memory *source, uint64_t offset,
                              uint64_t *done)
{
    uint64_t first = offset >> PAGE_SHIFT, number = first + (*done >> PAGE_SHIFT);
    uint64_t end = first + (clone->size >> PAGE_SHIFT);
    if (ARCH_SPACE_IDENTITY && clone->has_run) return copy_step(clone, source, offset, done);
    bool is_backed = clone->backing == source;
    if (!is_backed) TRY(memory_settle(source));
    if (is_backed || page_tree_next(&source->pages, &number) == nullptr || number >= end) {
        *done = clone->size;
        return OK;
    }
    uint64_t from = number, stop = least(end, (number | (CLONE_PAGES - 1)) + 1);
    // Not if an earlier try has shared them already and then stopped for an interrupt.
    if (page_tree_find(&clone->pages, number - first) == nullptr) {
        enum status status = share(clone, source, first, &number, stop);
        freeze(source, from, number);
        if (status != OK) *done = (number - first) << PAGE_SHIFT;
        TRY(status);
        TRY(memory_settle(source));
    }
    *done = (stop - first) << PAGE_SHIFT;
    return OK;
}

enum status memory_take_page(struct memory *memory, uint64_t offset)
{
    uint64_t number = offset >> PAGE_SHIFT;
    struct page *page = backing_page(memory, offset);
    if (page == nullptr || page_tree_find(&memory->pages, number) != nullptr) return OK;
    TRY(page_add(memory, number, page));
    page_get(page);
    return OK;
}

void memory_leave_backing(struct memory *memory)
{
    struct memory *backing = memory->backing;
    memory->backing = nullptr;
    memory->backing_size = 0;
    if (backing != nullptr) object_put(&backing->object);
}

enum status memory_seal(struct memory *memory)
{
    if (memory->kind != MEMORY_RAM) return ERR_NOT_SUPPORTED;
    if (memory->writable_count > 0) return ERR_BUSY;
    ASSERT(memory->ring == nullptr); // the kernel writes those
    memory->sealed = true;
    return OK;
}

// Views forget what is cut off, then its pages go. Nobody brings them in again meanwhile, for they
// are beyond the size.
bool memory_shrink_step(struct memory *memory, uint64_t size)
{
    enum : uint64_t { CHUNK = 32 * PAGE_SIZE };
    if (memory_settle(memory) != OK) return false;
    uint64_t beyond = memory->size >> PAGE_SHIFT;
    if (page_tree_next(&memory->pages, &beyond) != nullptr && !pages_drop(memory, &beyond))
        return false;
    if (memory->size <= size) return true;
    uint64_t first = size >> PAGE_SHIFT, end = memory->size;
    if (memory->backing_size <= size && page_tree_next(&memory->pages, &first) == nullptr) {
        memory->size = size; // nothing was ever there: no page, no translation
        return true;
    }
    uint64_t from = (end - 1) & ~(CHUNK - 1);
    memory->size = from < size ? size : from;
    if (memory->backing_size > memory->size) memory->backing_size = memory->size;
    memory_change_begin(memory, &(struct memory_change){.from = memory->size, .to = end});
    return false;
}

// --- The kernel's own access ---------------------------------------------------------------

enum status memory_store(struct memory *memory, uint64_t offset, const void *from, size_t size)
{
    for (size_t done = 0, part; done < size; done += part) {
        uint64_t at = offset + done;
        part = least(size - done, PAGE_SIZE - at % PAGE_SIZE);
        struct page *page;
        uint64_t physical;
        TRY(memory_page(memory, at, true, &page, &physical));
        if (page == nullptr) return ERR_NOT_SUPPORTED;
        memcpy((uint8_t *)page_address(page) + at % PAGE_SIZE, (const uint8_t *)from + done, part);
    }
    return OK;
}

enum status memory_load(struct memory *memory, uint64_t offset, void *to, size_t size)
{
    if (memory->kind == MEMORY_PHYSICAL) return ERR_NOT_SUPPORTED;
    if (offset > memory->size || size > memory->size - offset) return ERR_BAD_ADDRESS;
    for (size_t done = 0, part; done < size; done += part) {
        uint64_t at = offset + done;
        part = least(size - done, PAGE_SIZE - at % PAGE_SIZE);
        const struct page *page = memory_peek(memory, at);
        if (page == nullptr)
            memset((uint8_t *)to + done, 0, part);
        else
            memcpy((uint8_t *)to + done, (uint8_t *)page_address(page) + at % PAGE_SIZE, part);
    }
    return OK;
}

// SPDX-License-Identifier: MIT
// Slots of threads: a directory of pages, made as needed and kept, with a list of free slots
// through it.
#include "kernel/object/slot.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/thread.h"

struct slot {
    struct thread *thread; // nullptr: free
    uint64_t token;        // free: where to go on from
    uint32_t next;         // free: the next free one
};

enum : uint32_t {
    SLOTS_PER_PAGE = PAGE_SIZE / sizeof(struct slot),
    DIRECTORY_ORDER = 3,
    PAGES_MAX = (PAGE_SIZE << DIRECTORY_ORDER) / sizeof(struct slot *),
    NO_SLOT = UINT32_MAX,
};
static_assert(PAGES_MAX * SLOTS_PER_PAGE < 1u << TOKEN_SLOT_BITS);

static struct slot **directory;
static uint32_t page_count, first_free;

void slot_init_all(void)
{
    directory = nullptr;
    page_count = 0;
    first_free = NO_SLOT;
}

static struct slot *slot_at(uint32_t number)
{
    return &directory[number / SLOTS_PER_PAGE][number % SLOTS_PER_PAGE];
}

static enum status grow(void)
{
    if (directory == nullptr) {
        struct page *page = page_allocate(DIRECTORY_ORDER, PAGE_ZERO);
        if (page == nullptr) return ERR_NO_MEMORY;
        directory = page_address(page);
    }
    if (page_count == PAGES_MAX) return ERR_NO_MEMORY;
    struct page *page = page_allocate(0, PAGE_ZERO);
    if (page == nullptr) return ERR_NO_MEMORY;
    directory[page_count++] = page_address(page);
    uint32_t start = (page_count - 1) * SLOTS_PER_PAGE, end = start + SLOTS_PER_PAGE;
    for (uint32_t number = end; number-- > start;) {
        if (number == 0) break; // so that no token is 0
        slot_at(number)->next = first_free;
        first_free = number;
    }
    return OK;
}

enum status slot_take(struct thread *thread)
{
    if (first_free == NO_SLOT) TRY(grow());
    struct slot *slot = slot_at(first_free);
    ASSERT(slot->thread == nullptr);
    thread->slot = first_free;
    thread->ipc.token = slot->token == 0 ? first_free : slot->token;
    first_free = slot->next;
    slot->thread = thread;
    return OK;
}

void slot_give_back(struct thread *thread)
{
    struct slot *slot = slot_at(thread->slot);
    ASSERT(slot->thread == thread);
    *slot = (struct slot){.token = thread->ipc.token + TOKEN_STEP, .next = first_free};
    first_free = thread->slot;
}

struct thread *thread_by_slot(uint32_t number)
{
    if (number >= page_count * SLOTS_PER_PAGE) return nullptr;
    return slot_at(number)->thread;
}

// SPDX-License-Identifier: MIT
// Handle tables: pages of slots behind a directory that starts inside the process and moves to a
// page of its own when it grows. A handle is a slot's index and its generation. Every pointer of
// the directory leads to a page, those of pages that are not there yet to the first: numbers
// differ. Free slots form a queue, so a slot rests as long as possible before its number is used
// again, with the next generation.
#include "kernel/object/handle.h"
#include "kernel/object/event.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/channel.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"
#include "kernel/string.h"
#include <kernel/syscalls.h>

enum : uint32_t {
    INDEX_BITS = HANDLE_INDEX_BITS,
    INDEX_MASK = (1u << INDEX_BITS) - 1,
    GENERATION_ONE = 1u << INDEX_BITS, // numbers of free slots wrap past 0 to it
    SLOTS_PER_PAGE = HANDLE_SLOTS_PER_PAGE,
    DIRECTORY_CAPACITY = (1u << INDEX_BITS) / SLOTS_PER_PAGE,
    NO_SLOT = UINT32_MAX,
    FREE_STEP = 8, // pages
};
static_assert(SLOTS_PER_PAGE * sizeof(struct handle_slot) == PAGE_SIZE);
static_assert((HANDLE_PAGES_INLINE & (HANDLE_PAGES_INLINE - 1)) == 0);
static_assert(DIRECTORY_CAPACITY * sizeof(struct handle_slot *) <= PAGE_SIZE);

// Of a table without pages: free, and without a right.
static struct handle_slot no_slot = {.number = UINT32_MAX};

// By which no message goes: not open, and with something else to do.
static struct session no_session;
static struct channel no_channel = {.busy = true};

static struct handle_slot *slot_at(const struct handle_table *table, uint32_t index)
{
    return &table->page[index / SLOTS_PER_PAGE][index % SLOTS_PER_PAGE];
}

static struct handle_slot *slot_find(const struct handle_table *table, uint32_t handle)
{
    struct handle_slot *slot = slot_at(table, handle & table->mask);
    if (slot->object == nullptr || slot->number != handle) return nullptr;
    return slot;
}

enum status handle_find(uint32_t handle, enum object_type type, uint32_t rights,
                        struct object **object)
{
    const struct handle_slot *slot = slot_find(&arch_cpu()->current->process->handles, handle);
    if (slot == nullptr) return ERR_BAD_HANDLE;
    if (slot->object->type != type) return ERR_WRONG_TYPE;
    if ((slot->rights & rights) != rights) return ERR_NO_RIGHT;
    *object = slot->object;
    return OK;
}

enum status handle_look_up(struct process *process, uint32_t handle, uint32_t rights,
                           struct handle_entry *entry)
{
    const struct handle_slot *slot = slot_find(&process->handles, handle);
    if (slot == nullptr) return ERR_BAD_HANDLE;
    if ((slot->rights & rights) != rights) return ERR_NO_RIGHT;
    *entry = (struct handle_entry){slot->object, slot->rights};
    return OK;
}

enum status handle_find_any(uint32_t handle, uint32_t rights, struct handle_entry *entry)
{
    return handle_look_up(process_current(), handle, rights, entry);
}

uint32_t handle_rights(uint32_t handle)
{
    const struct handle_slot *slot = slot_find(&process_current()->handles, handle);
    return slot == nullptr ? 0 : slot->rights;
}

void handle_init(struct process *process, uint32_t limit)
{
    struct handle_table *table = &process->handles;
    *table = (struct handle_table){
        .last_session.object = &no_session.object,
        .last_channel.object = &no_channel.object,
        .page = table->inline_page,
        .capacity = HANDLE_PAGES_INLINE,
        .free_first = NO_SLOT,
        .free_last = NO_SLOT,
        .limit = limit,
    };
    for (uint32_t i = 0; i < HANDLE_PAGES_INLINE; i++) table->inline_page[i] = &no_slot;
}

static enum status page_create(struct process *process, void **at)
{
    TRY(process_charge_memory(process, 1));
    struct page *page = page_allocate(0, PAGE_ZERO);
    if (page == nullptr) {
        process_uncharge_memory(process, 1);
        return ERR_NO_MEMORY;
    }
    *at = page_address(page);
    return OK;
}

static void page_destroy(struct process *process, void *at)
{
    page_free(page_of(arch_virtual_to_physical(at)), 0);
    process_uncharge_memory(process, 1);
}

// Twice the capacity, which stays a power of two, and at first a directory of its own.
static enum status directory_grow(struct process *process)
{
    struct handle_table *table = &process->handles;
    uint32_t count = table->page_count;
    if (count < table->capacity) return OK;
    if (count == DIRECTORY_CAPACITY) return ERR_QUOTA;
    if (table->page == table->inline_page) {
        void *at;
        TRY(page_create(process, &at));
        memcpy(at, table->inline_page, sizeof table->inline_page);
        table->page = at;
    }
    struct handle_slot *first = table->page[0];
    for (uint32_t i = count; i < 2 * count; i++) table->page[i] = first;
    table->capacity = 2 * count;
    table->mask = table->capacity * SLOTS_PER_PAGE - 1;
    return OK;
}

// Takes in a zeroed page: its slots are free, and the first does not look like handle 0.
static void page_add(struct handle_table *table, struct handle_slot *page)
{
    if (table->page_count == 0) {
        page[0].number = UINT32_MAX;
        for (uint32_t i = 0; i < table->capacity; i++) table->page[i] = page;
        table->mask = table->capacity * SLOTS_PER_PAGE - 1;
    }
    table->page[table->page_count++] = page;
}

// Every slot is used, or free to be.
static inline uint32_t free_count(const struct handle_table *table)
{
    return table->page_count * SLOTS_PER_PAGE - table->used;
}

static inline void slot_release(struct handle_table *table, struct handle_slot *slot,
                                uint32_t index)
{
    slot->object = nullptr;
    slot->rights = NO_SLOT;
    if (table->free_last == NO_SLOT)
        table->free_first = index;
    else
        slot_at(table, table->free_last)->rights = index;
    table->free_last = index;
}

[[gnu::noinline]] static enum status table_grow(struct process *process, uint32_t count)
{
    struct handle_table *table = &process->handles;
    while (free_count(table) < count) {
        TRY(directory_grow(process));
        void *at;
        TRY(page_create(process, &at));
        page_add(table, at);
    }
    return OK;
}

enum status handle_reserve(struct process *process, uint32_t count)
{
    const struct handle_table *table = &process->handles;
    if (process->ending) return ERR_BAD_STATE;
    if (count > table->limit - table->used) return ERR_QUOTA;
    return free_count(table) >= count ? OK : table_grow(process, count);
}

static uint32_t slot_take(struct handle_table *table)
{
    if (table->fresh < table->page_count * SLOTS_PER_PAGE) {
        slot_at(table, table->fresh)->number = ~(GENERATION_ONE | table->fresh);
        return table->fresh++;
    }
    uint32_t index = table->free_first;
    table->free_first = slot_at(table, index)->rights;
    if (table->free_first == NO_SLOT) table->free_last = NO_SLOT;
    return index;
}

// The object's counts include the new handle.
static inline uint32_t insert(struct process *process, struct object *object, uint32_t rights)
{
    struct handle_table *table = &process->handles;
    ASSERT(free_count(table) > 0);
    uint32_t index = slot_take(table);
    struct handle_slot *slot = slot_at(table, index);
    table->used++;
    slot->object = object;
    slot->number = ~slot->number;
    slot->rights = rights;
    return slot->number;
}

uint32_t handle_insert(struct process *process, struct object *object, uint32_t rights)
{
    object_get_handle(object);
    return insert(process, object, rights);
}

static inline struct handle_entry remove(struct process *process, uint32_t handle)
{
    struct handle_table *table = &process->handles;
    struct handle_slot *slot = slot_find(table, handle);
    ASSERT(slot != nullptr);
    ASSERT(table->used > 0);
    struct handle_entry entry = {slot->object, slot->rights};
    if (table->last_session.handle == handle)
        table->last_session = (struct last_handle){.object = &no_session.object};
    if (table->last_channel.handle == handle)
        table->last_channel = (struct last_handle){.object = &no_channel.object};
    uint32_t next = handle + GENERATION_ONE; // 0 is no generation
    slot->number = ~(next > INDEX_MASK ? next : next | GENERATION_ONE);
    slot_release(table, slot, handle & INDEX_MASK);
    table->used--;
    return entry;
}

struct handle_entry handle_remove(struct process *process, uint32_t handle)
{
    return remove(process, handle);
}

uint32_t handle_move(struct process *from, uint32_t handle, struct process *to)
{
    struct handle_entry entry = remove(from, handle);
    return insert(to, entry.object, entry.rights);
}

// Whether the end of the process that holds the handle is to be told to the event.
static bool tells_end(struct handle_entry entry)
{
    enum : uint32_t { RIGHTS = RIGHT_EVENT_SIGNAL | RIGHT_EVENT_WAIT | RIGHT_EVENT_END };
    return entry.object->type == OBJECT_EVENT &&
           (entry.rights & RIGHTS) == (RIGHT_EVENT_SIGNAL | RIGHT_EVENT_END);
}

// Who is told may have to be woken: that is one step.
bool handle_close_some(struct process *process, uint32_t count)
{
    struct handle_table *table = &process->handles;
    enum : uint32_t { LOOKS = 64 }; // at slots, which may be empty
    uint32_t end = table->page_count * SLOTS_PER_PAGE, stop = table->closing + LOOKS;
    if (stop > end) stop = end;
    for (; table->used > 0 && table->closing < stop && count > 0; table->closing++) {
        struct handle_slot *slot = slot_at(table, table->closing);
        if (slot->object == nullptr) continue;
        struct handle_entry entry = handle_remove(process, slot->number);
        count--;
        if (tells_end(entry)) {
            event_signal((struct event *)entry.object, UINT64_MAX);
            count = 0;
        }
        object_put_handle(entry.object);
    }
    return table->used == 0;
}

bool handle_fini(struct process *process)
{
    struct handle_table *table = &process->handles;
    ASSERT(table->used == 0);
    for (uint32_t i = 0; i < FREE_STEP && table->page_count > 0; i++)
        page_destroy(process, table->page[--table->page_count]);
    if (table->page_count > 0) return false;
    if (table->page != table->inline_page) page_destroy(process, table->page);
    handle_init(process, 0);
    return true;
}

enum status sys_handle_close(fe_handle handle)
{
    struct handle_entry entry;
    TRY(handle_find_any(handle, 0, &entry));
    object_put_handle(handle_remove(process_current(), handle).object);
    return OK;
}

// What is left of `have` when only `wanted` is asked for.
static uint32_t reduce(const struct object *object, uint32_t have, uint32_t wanted)
{
    uint32_t both = have & wanted;
    if (object->type != OBJECT_THREAD) return both;
    uint32_t mine = have & RIGHT_THREAD_CEILING, asked = wanted & RIGHT_THREAD_CEILING;
    return (both & ~RIGHT_THREAD_CEILING) | (mine < asked ? mine : asked);
}

enum status sys_handle_duplicate(fe_handle handle, uint32_t rights, fe_handle *copy)
{
    struct handle_entry entry;
    TRY(handle_find_any(handle, RIGHT_DUPLICATE, &entry));
    TRY(handle_reserve(process_current(), 1));
    *copy =
        handle_insert(process_current(), entry.object, reduce(entry.object, entry.rights, rights));
    return OK;
}

enum status sys_handle_inspect(fe_handle handle, struct fe_handle_info *info)
{
    struct handle_entry entry;
    TRY(handle_find_any(handle, 0, &entry));
    *info = (struct fe_handle_info){.id = entry.object->id,
                                    .type = entry.object->type,
                                    .rights = entry.rights,
                                    .references = entry.object->references};
    return OK;
}

// SPDX-License-Identifier: MIT
// What the views of an object are told when its pages change. There may be any number of views, so
// a change is a step for each, and is kept in the object: whoever wants a page of it meanwhile goes
// on with the change first. Until it is over, views may still show what was there before, which is
// the same bytes, and nobody can write to what has taken its place.
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/region.h"
#include "kernel/memory/space.h"
#include "kernel/object/memory.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"

void memory_change_begin(struct memory *memory, const struct memory_change *change)
{
    ASSERT(!memory_is_changing(memory));
    memory->change = *change;
    memory->change.next = memory->regions.head.next;
}

// A view of which nothing was ever touched has no translations.
static void tell(const struct region *region, const struct memory_change *change)
{
    uintptr_t start;
    size_t size;
    if (!region->is_used || !region_part(region, change->from, change->to, &start, &size)) return;
    if (!change->only_writing)
        arch_space_unmap(&region->space->arch, start, size);
    else if (region->protection & MAP_WRITE)
        arch_space_protect(&region->space->arch, start, size, SPACE_READ);
}

enum status memory_settle(struct memory *memory)
{
    struct memory_change *change = &memory->change;
    while (memory_is_changing(memory) && change->next != &memory->regions.head) {
        const struct region *region = CONTAINER(change->next, struct region, in_memory);
        change->next = change->next->next;
        tell(region, change);
        if (change->next != &memory->regions.head && lock_should_pass()) return CALL_RESTART;
    }
    change->next = nullptr;
    if (change->old != nullptr) page_put(change->old);
    change->old = nullptr;
    return OK;
}

// New views come last, and the left part of one that is split is new. So each that was there is
// told, and the new ones too.
void memory_view_add(struct memory *memory, struct region *region)
{
    list_append(&memory->regions, &region->in_memory);
    memory->region_count++;
    if (region->protection & MAP_WRITE) memory->writable_count++;
}

void memory_view_remove(struct memory *memory, struct region *region)
{
    ASSERT(memory->region_count > 0);
    if (memory->change.next == &region->in_memory) memory->change.next = region->in_memory.next;
    list_remove(&region->in_memory);
    memory->region_count--;
    if (region->protection & MAP_WRITE) memory->writable_count--;
}

// SPDX-License-Identifier: MIT
// Making, splitting and joining regions, with the counts that their memory objects keep.
#include "kernel/memory/region.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/space.h"
#include "kernel/object/memory.h"
#include "kernel/object/quota.h"

static struct slab region_slab;

void region_init_slab(void)
{
    slab_init(&region_slab, "region", sizeof(struct region));
}

struct region *region_find(const struct space *space, uintptr_t address)
{
    struct tree_node *node = tree_find(&space->regions, address);
    return node == nullptr ? nullptr : CONTAINER(node, struct region, node);
}

enum status region_make(struct space *space, struct region **region)
{
    TRY(process_charge(space->process, sizeof(struct region)));
    struct region *made = slab_take(&region_slab);
    if (made == nullptr) {
        process_uncharge(space->process, sizeof(struct region));
        return ERR_NO_MEMORY;
    }
    made->node.height = 0; // in no tree
    made->space = space;
    *region = made;
    return OK;
}

void region_link(struct region *region, uintptr_t last)
{
    tree_insert(&region->space->regions, &region->node, last);
    memory_view_add(region->memory, region);
    object_get(&region->memory->object);
}

void region_drop(struct region *region)
{
    struct space *space = region->space;
    struct memory *memory = region->memory;
    tree_remove(&space->regions, &region->node);
    memory_view_remove(memory, region);
    slab_free(&region_slab, region);
    process_uncharge(space->process, sizeof(struct region));
    object_put(&memory->object);
}

void region_set_protection(struct region *region, uint32_t protection)
{
    ASSERT((protection & ~region->allowed) == 0);
    ASSERT((protection & (MAP_WRITE | MAP_EXECUTE)) != (MAP_WRITE | MAP_EXECUTE));
    if (region->protection & MAP_WRITE) region->memory->writable_count--;
    if (protection & MAP_WRITE) region->memory->writable_count++;
    region->protection = protection;
}

enum status region_split(struct region *region, uintptr_t at)
{
    ASSERT(region->start < at && at < region_end(region));
    struct region *left;
    TRY(region_make(region->space, &left));
    left->memory = region->memory;
    left->start = region->start;
    left->offset = region->offset;
    left->protection = region->protection;
    left->allowed = region->allowed;
    left->guard = region->guard;
    left->is_used = region->is_used;
    region->offset += at - region->start;
    region->start = at;
    region->guard = 0;
    region_link(left, at - 1); // a key that is free: until now the region covered it
    return OK;
}

void region_join(struct region *region)
{
    // The left one goes, which a change may not have come to yet.
    if (region->memory->region_count < 2 || memory_is_changing(region->memory)) return;
    struct region *left = region_find(region->space, region->start - 1);
    if (left == nullptr || left == region || region_end(left) != region->start) return;
    if (left->memory != region->memory || left->protection != region->protection) return;
    if (left->allowed != region->allowed || region->guard != 0) return;
    if (left->offset + (region->start - left->start) != region->offset) return;
    region->start = left->start;
    region->offset = left->offset;
    region->guard = left->guard;
    region->is_used |= left->is_used;
    region_drop(left);
}

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

static void region_link(struct region *region, uintptr_t last)
{
    struct memory *memory = region->memory;
    tree_insert(&region->space->regions, &region->node, last);
    list_append(&memory->regions, &region->in_memory);
    object_get(&memory->object);
    memory->region_count++;
    if (region->protection & MAP_WRITE) memory->writable_count++;
}

enum status region_make(struct space *space, const struct region *form, uintptr_t last)
{
    TRY(process_charge(space->process, sizeof(struct region)));
    struct region *region = slab_allocate(&region_slab);
    if (region == nullptr) {
        process_uncharge(space->process, sizeof(struct region));
        return ERR_NO_MEMORY;
    }
    *region = *form;
    region->space = space;
    region->node = (struct tree_node){};
    region_link(region, last);
    return OK;
}

void region_drop(struct region *region)
{
    struct space *space = region->space;
    struct memory *memory = region->memory;
    ASSERT(memory->region_count > 0);
    tree_remove(&space->regions, &region->node);
    list_remove(&region->in_memory);
    memory->region_count--;
    if (region->protection & MAP_WRITE) memory->writable_count--;
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
    struct region left = *region;
    // The key of the left part is free: until now the region covered it.
    uintptr_t start = region->start;
    region->start = at;
    region->offset += at - start;
    region->guard = 0;
    enum status status = region_make(region->space, &left, at - 1);
    if (status == OK) return OK;
    region->start = left.start;
    region->offset = left.offset;
    region->guard = left.guard;
    return status;
}

void region_join(struct region *region)
{
    struct region *left = region_find(region->space, region->start - 1);
    if (left == nullptr || left == region || region_end(left) != region->start) return;
    if (left->memory != region->memory || left->protection != region->protection) return;
    if (left->allowed != region->allowed || region->guard != 0) return;
    if (left->offset + (region->start - left->start) != region->offset) return;
    region->start = left->start;
    region->offset = left->offset;
    region->guard = left->guard;
    region_drop(left);
}

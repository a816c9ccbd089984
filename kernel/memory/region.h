// SPDX-License-Identifier: MIT
// A region: part of an address space that shows part of a memory object. It is in the space's tree
// and in the object's list. Guarded by the kernel lock.
#pragma once

#include "kernel/list.h"
#include "kernel/tree.h"
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct memory;
struct space;

struct region {
    struct tree_node node; // key: the address of its last byte
    struct list_node in_memory;
    struct space *space;
    struct memory *memory;        // a reference
    uintptr_t start;              // first byte
    uint64_t offset;              // in the memory object
    uint32_t protection, allowed; // MAP_READ | MAP_WRITE | MAP_EXECUTE
    uint32_t guard;               // bytes below `start` that stay free
    bool is_used;                 // there may be translations
};

static inline uintptr_t region_end(const struct region *region)
{
    return (uintptr_t)region->node.key + 1;
}

// The part of the region that shows bytes [from, to) of its memory; false: none of it.
static inline bool region_part(const struct region *region, uint64_t from, uint64_t to,
                               uintptr_t *start, size_t *size)
{
    uint64_t end = region->offset + (region_end(region) - region->start);
    if (from < region->offset) from = region->offset;
    if (to > end) to = end;
    if (from >= to) return false;
    *start = region->start + (uintptr_t)(from - region->offset);
    *size = (size_t)(to - from);
    return true;
}

void region_init_slab(void);

// The first region that ends above `address`, whether it begins below or not; nullptr: none.
struct region *region_find(const struct space *space, uintptr_t address);

// Makes a region of `space` that is charged for, and is to be filled in and linked, which cannot
// fail. `last` is the address of its last byte. ERR_NO_MEMORY, ERR_QUOTA.
enum status region_make(struct space *space, struct region **region);
void region_link(struct region *region, uintptr_t last);
void region_drop(struct region *region);
void region_set_protection(struct region *region, uint32_t protection);

// Splits at `at`; `region` becomes the right part. ERR_NO_MEMORY, ERR_QUOTA: nothing is changed.
enum status region_split(struct region *region, uintptr_t at);

// Joins with the left neighbour where both show one stretch of one object in the same way.
void region_join(struct region *region);

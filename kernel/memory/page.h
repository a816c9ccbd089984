// SPDX-License-Identifier: MIT
// Physical pages: a buddy allocator over all RAM of the boot memory map, however many ranges it
// has, with a cache of single pages per CPU, and slabs on top. Pages that anybody outside of the
// kernel may see are zeroed. Guarded by the kernel lock.
#pragma once

#include "kernel/list.h"
#include <abi/bootinfo.h>
#include <stddef.h>
#include <stdint.h>

enum : uint32_t { PAGE_SHIFT = 12, PAGE_SIZE = 1u << PAGE_SHIFT, PAGE_ORDER_MAX = 18 };
enum : uint32_t { PAGE_ZERO = 1u << 0, PAGE_BELOW_4G = 1u << 1 };

enum page_state : uint8_t { PAGE_RESERVED, PAGE_FREE, PAGE_CACHED, PAGE_USED };

// One for each physical page of RAM. The node is the allocator's while the page is free, and the
// owner's while it is used.
struct page {
    struct list_node node;
    uint32_t references; // of a used page: memory objects that share it
    uint16_t range;
    union {
        uint8_t order;     // of a free block, in its first page
        bool is_fetchable; // of a used page: what it holds can be executed
    };
    enum page_state state;
};

// Takes over all RAM of the map that no other entry covers, and keeps the initrd's pages as used
// ones.
void page_init(const struct bootinfo *info);

// 2^order contiguous pages, aligned to that; one reference each. nullptr: none, and the
// reaper knows that some are wanted.
struct page *page_allocate(uint32_t order, uint32_t flags);
void page_free(struct page *page, uint32_t order);
enum : uint32_t { PAGE_ALLOCATE_ORDER_MAX = 3 };

// `count` contiguous pages, however many up to 2^PAGE_ORDER_MAX, which are nobody's yet: each is to
// be claimed, which gives one reference to it, or given back with those after it.
struct page *page_run_allocate(uint64_t count, uint32_t flags);
void page_claim(struct page *page);
void page_run_free(struct page *page, uint64_t count);

// Counts references to a single page; the last put frees it.
void page_get(struct page *page);
void page_put(struct page *page);

uint64_t page_physical(const struct page *page);
struct page *page_of(uint64_t physical);     // nullptr: not RAM that the kernel manages
void *page_address(const struct page *page); // in the kernel's map of RAM
bool page_range_is_managed(uint64_t physical, uint64_t size); // any page of it
uint64_t page_free_count(void);
uint64_t page_total_count(void);

// Slabs: one cache per kind of object; constant time, no fragmentation between kinds. Memory is
// zeroed and aligned to 16 bytes, or to 64 where the size is a multiple of 64.
struct slab {
    const char *name;
    uint32_t object_size, order, block_objects, offset;
    struct list partial; // blocks with both free and used objects
    struct list spare;   // at most one block without used objects
    uint64_t used;       // objects
};
#define SLAB(variable, type) extern struct slab variable
void slab_init(struct slab *slab, const char *name, size_t object_size);
void *slab_allocate(struct slab *slab); // nullptr: none
void *slab_take(struct slab *slab);     // the same, with anything in it
void slab_free(struct slab *slab, void *object);

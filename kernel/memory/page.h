// SPDX-License-Identifier: MIT
// Physical pages: a buddy allocator over all RAM of the boot memory map, with a cache of single pages per CPU,
// and slabs on top. Pages that anybody outside of the kernel may see are zeroed. Guarded by the kernel lock.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>
#include <stdint.h>

enum : uint32_t { PAGE_SHIFT = 12, PAGE_SIZE = 1u << PAGE_SHIFT, PAGE_ORDER_MAX = 10 };
enum : uint32_t { PAGE_ZERO = 1u << 0, PAGE_BELOW_4G = 1u << 1 };

// One for each physical page of RAM.
struct page;

void page_init(const struct bootinfo *info);
struct page *page_allocate(uint32_t order, uint32_t flags); // nullptr: none; runs the reaper first
void page_free(struct page *page, uint32_t order);
uint64_t page_physical(const struct page *page);
struct page *page_of(uint64_t physical);
void *page_address(const struct page *page); // in the kernel's map of RAM
uint64_t page_free_count(void);
uint64_t page_total_count(void);

// Slabs: one cache per kind of object; constant time, no fragmentation between kinds. Memory is zeroed.
struct slab;
#define SLAB(variable, type) extern struct slab variable
void slab_init(struct slab *slab, const char *name, size_t object_size);
void *slab_allocate(struct slab *slab); // nullptr: none
void slab_free(struct slab *slab, void *object);

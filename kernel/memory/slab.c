// SPDX-License-Identifier: MIT
// Slabs. A block is a power of two of pages with a header, then objects; the free ones are linked
// through their first word. The block of an object is found by its address, for blocks are aligned
// to their size. One empty block is kept per slab, so that an object made and unmade in turn costs
// no page.
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/string.h"
#include <arch/arch.h>

struct slab_block {
    struct list_node node;
    struct slab *slab;
    void *free;
    uint32_t used;
    uint32_t fresh; // objects from here on were never used
};

void slab_init(struct slab *slab, const char *name, size_t object_size)
{
    ASSERT(object_size >= sizeof(void *)); // free ones are linked through themselves
    uint32_t alignment = object_size % 64 == 0 ? 64 : 16;
    uint32_t size = (uint32_t)(object_size + alignment - 1) & ~(alignment - 1);
    *slab = (struct slab){.name = name, .object_size = size};
    slab->offset = (sizeof(struct slab_block) + alignment - 1) & ~(alignment - 1);
    // Blocks grow until they lose at most an eighth, or hold eight objects and are large enough.
    for (slab->order = 0; slab->order < 3; slab->order++) {
        uint32_t room = (PAGE_SIZE << slab->order) - slab->offset;
        if (room >= size && room % size + slab->offset <= PAGE_SIZE << slab->order >> 3) break;
    }
    slab->block_objects = ((PAGE_SIZE << slab->order) - slab->offset) / size;
    ASSERT(slab->block_objects > 0);
    list_init(&slab->partial);
    list_init(&slab->spare);
}

[[gnu::noinline]] static struct slab_block *block_make(struct slab *slab)
{
    struct page *page = page_allocate(slab->order, 0);
    if (page == nullptr) return nullptr;
    struct slab_block *block = page_address(page);
    *block = (struct slab_block){.slab = slab};
    list_prepend(&slab->partial, &block->node);
    return block;
}

void *slab_take(struct slab *slab)
{
    if (list_is_empty(&slab->partial)) {
        struct list_node *spare = list_take(&slab->spare);
        if (spare != nullptr)
            list_prepend(&slab->partial, spare);
        else if (block_make(slab) == nullptr)
            return nullptr;
    }
    struct slab_block *block = CONTAINER(list_first(&slab->partial), struct slab_block, node);
    ASSERT(block->used < slab->block_objects);
    void *object = block->free;
    if (object != nullptr)
        block->free = *(void **)object;
    else
        object = (uint8_t *)block + slab->offset + (size_t)slab->object_size * block->fresh++;
    slab->used++;
    if (++block->used == slab->block_objects) list_remove(&block->node);
    return object;
}

void *slab_allocate(struct slab *slab)
{
    void *object = slab_take(slab);
    return object == nullptr ? nullptr : memset(object, 0, slab->object_size);
}

void slab_free(struct slab *slab, void *object)
{
    uint64_t size = (uint64_t)PAGE_SIZE << slab->order;
    uint64_t physical = arch_virtual_to_physical(object) & ~(size - 1);
    struct slab_block *block = arch_physical_to_virtual(physical);
    ASSERT(block->slab == slab && block->used > 0);
    ASSERT(((uintptr_t)object - (uintptr_t)block - slab->offset) % slab->object_size == 0);
    *(void **)object = block->free;
    block->free = object;
    slab->used--;
    if (block->used-- == slab->block_objects) list_prepend(&slab->partial, &block->node);
    if (block->used > 0) return;
    list_remove(&block->node);
    if (list_is_empty(&slab->spare))
        list_append(&slab->spare, &block->node);
    else
        page_free(page_of(physical), slab->order);
}

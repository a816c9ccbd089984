// SPDX-License-Identifier: MIT
// Blocks of one size that come and go often: a few of those given back are kept for the next. All
// zero is an empty pool. Usable from all threads.
#pragma once

#include <ferrite/libc.h>
#include <ferrite/lock.h>

enum : uint32_t { FE_POOL_MAX = 16 };

struct fe_pool {
    struct fe_lock lock;
    uint32_t count;
    void *first; // each begins with the address of the next
};

// A block of `size` bytes, always the same for one pool, with no particular content; nullptr: no
// memory.
static inline void *fe_pool_take(struct fe_pool *pool, size_t size)
{
    fe_lock_take(&pool->lock);
    void *block = pool->first;
    if (block != nullptr) {
        pool->first = *(void **)block;
        pool->count--;
    }
    fe_lock_release(&pool->lock);
    return block != nullptr ? block : malloc(size);
}

static inline void fe_pool_give(struct fe_pool *pool, void *block)
{
    fe_lock_take(&pool->lock);
    bool is_kept = pool->count < FE_POOL_MAX;
    if (is_kept) {
        *(void **)block = pool->first;
        pool->first = block;
        pool->count++;
    }
    fe_lock_release(&pool->lock);
    if (!is_kept) free(block);
}

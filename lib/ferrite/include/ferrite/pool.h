// SPDX-License-Identifier: MIT
// Blocks of one size that come and go often: a few of those given back are kept for the next. All
// zero is an empty pool. Usable from all threads, without a lock: each place changes hands whole.
#pragma once

#include <ferrite/libc.h>
#include <stdint.h>

enum : uint32_t { FE_POOL_PLACES = 4 };

struct fe_pool {
    void *block[FE_POOL_PLACES]; // nullptr: empty
};

// A block of `size` bytes, always the same for one pool, with no particular content; nullptr: no
// memory.
static inline void *fe_pool_take(struct fe_pool *pool, size_t size)
{
    for (uint32_t i = 0; i < FE_POOL_PLACES; i++) {
        if (__atomic_load_n(&pool->block[i], __ATOMIC_RELAXED) == nullptr) continue;
        void *block = __atomic_exchange_n(&pool->block[i], nullptr, __ATOMIC_ACQUIRE);
        if (block != nullptr) return block;
    }
    return malloc(size);
}

static inline void fe_pool_give(struct fe_pool *pool, void *block)
{
    for (uint32_t i = 0; i < FE_POOL_PLACES; i++) {
        void *none = nullptr;
        if (__atomic_compare_exchange_n(&pool->block[i], &none, block, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
            return;
        }
    }
    free(block);
}

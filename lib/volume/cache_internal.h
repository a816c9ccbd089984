// SPDX-License-Identifier: MIT
// What the files of the cache share.
#pragma once

#include <volume/cache.h>

enum : uint32_t { BLOCKS_MAX = 64 }; // in a page, as their states have bits

static inline size_t cache_page_size(const struct cache *cache)
{
    return (size_t)cache->page_blocks * cache->block_size;
}

static inline uint64_t bits_of(uint32_t at, uint32_t count)
{
    return (count == 64 ? UINT64_MAX : (1ull << count) - 1) << at;
}

static inline size_t *state_count(struct cache *cache, enum block_state state)
{
    return state == BLOCK_DIRTY  ? &cache->dirty
           : state == BLOCK_HELD ? &cache->held
                                 : &cache->logged;
}

static inline void page_set(struct cache *cache, struct cache_page *page, uint32_t at,
                            enum block_state state)
{
    if (page->state[state] >> at & 1) return;
    page->state[state] |= 1ull << at;
    ++*state_count(cache, state);
}

static inline void page_clear(struct cache *cache, struct cache_page *page, uint32_t at,
                              enum block_state state)
{
    if ((page->state[state] >> at & 1) == 0) return;
    page->state[state] &= ~(1ull << at);
    --*state_count(cache, state);
}

// write_back.c: writes a page's blocks that are in `state`.
int page_write(struct cache *cache, struct cache_page *page, enum block_state state);

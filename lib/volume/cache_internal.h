// SPDX-License-Identifier: MIT
// What the files of the cache share.
#pragma once

#include <volume/cache.h>

enum : uint32_t {
    BLOCKS_MAX = 64, // in a page, as their states have bits
    RUN_PAGES = 8,   // that are read or written in one piece, at most
    STRETCHES = 16,  // pieces that are written at once
};

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

static inline bool page_is_changed(const struct cache_page *page)
{
    return (page->state[BLOCK_DIRTY] | page->state[BLOCK_HELD] | page->state[BLOCK_LOGGED]) != 0;
}

static inline void changed_link(struct cache *cache, struct cache_page *page)
{
    page->next_changed = cache->changed;
    page->changed_at = &cache->changed;
    if (cache->changed) cache->changed->changed_at = &page->next_changed;
    cache->changed = page;
}

static inline void changed_unlink(struct cache_page *page)
{
    *page->changed_at = page->next_changed;
    if (page->next_changed) page->next_changed->changed_at = page->changed_at;
}

// Puts the blocks of `bits` into a state, and out of it.
static inline void page_set(struct cache *cache, struct cache_page *page, uint64_t bits,
                            enum block_state state)
{
    uint64_t added = bits & ~page->state[state];
    if (added == 0) return;
    if (!page_is_changed(page)) changed_link(cache, page);
    page->state[state] |= added;
    *state_count(cache, state) += (size_t)__builtin_popcountll(added);
}

static inline void page_clear(struct cache *cache, struct cache_page *page, uint64_t bits,
                              enum block_state state)
{
    uint64_t removed = bits & page->state[state];
    if (removed == 0) return;
    page->state[state] &= ~removed;
    *state_count(cache, state) -= (size_t)__builtin_popcountll(removed);
    if (!page_is_changed(page)) changed_unlink(page);
}

// write_back.c: writes a page's blocks that are in `state`, and with them those of the pages behind
// it that are in it too.
int page_write(struct cache *cache, struct cache_page *page, enum block_state state);

// cache.c: the page that begins with this block; nullptr: it is not here.
struct cache_page *page_find(struct cache *cache, uint64_t first);
// A page whose blocks need not be written is not the cache's any more.
void page_drop(struct cache *cache, struct cache_page *page);

// frame.c: memory for pages
enum : size_t { CACHE_PAGES_MIN = 16 };
struct cache_page *frame_take(struct cache *cache); // nullptr: none is free
void frame_give(struct cache *cache, struct cache_page *page);
struct cache_page *frame_behind(struct cache_page *page); // nullptr: none is
bool frames_grow(struct cache *cache);                    // up to the limit
bool frames_grow_beyond(struct cache *cache);             // by one page
void frames_free(struct cache *cache);
// Where blocks of a page lie, for the device.
struct device_piece piece_of(const struct cache *cache, const struct cache_page *page, uint32_t at,
                             uint32_t count);

// SPDX-License-Identifier: MIT
// The memory of the cache's pages: arenas, each larger than the one before, in which pages lie side
// by side. Pages that follow each other on the disk get neighbours where they can, so that they are
// read, written and copied in one piece.
#include "cache_internal.h"

#include <ferrite/libc.h>

enum : size_t { ARENA_FIRST = 16, ARENA_MAX = 256 }; // pages

struct cache_arena {
    struct cache_arena *next;
    struct device_memory memory;
    size_t count, used;
    struct cache_page pages[];
};

static bool arena_make(struct cache *cache, size_t count)
{
    struct cache_arena *arena = calloc(1, sizeof *arena + count * sizeof(struct cache_page));
    size_t size = cache_page_size(cache);
    if (arena == nullptr || device_memory_get(cache->device, count * size, &arena->memory) != 0) {
        free(arena);
        return false;
    }
    arena->count = count;
    arena->next = cache->arenas;
    cache->arenas = arena;
    for (size_t i = count; i-- > 0;) {
        struct cache_page *page = &arena->pages[i];
        page->data = arena->memory.at + i * size;
        page->arena = arena;
        page->next = cache->free;
        cache->free = page;
    }
    cache->pages += count;
    return true;
}

static bool may_grow(struct cache *cache, size_t count)
{
    return cache->may_grow == nullptr || cache->may_grow(count * cache_page_size(cache));
}

static bool grow(struct cache *cache, size_t most)
{
    size_t count = cache->arenas ? cache->arenas->count * 2 : ARENA_FIRST;
    if (count > ARENA_MAX) count = ARENA_MAX;
    if (count > most) count = most;
    while (count > 0 && !arena_make(cache, count)) count /= 2;
    return count > 0;
}

struct cache_page *frame_take(struct cache *cache)
{
    struct cache_page *page = cache->free;
    if (page == nullptr) return nullptr;
    cache->free = page->next;
    page->arena->used++;
    return page;
}

bool frames_grow(struct cache *cache)
{
    size_t most = cache->limit - cache->pages;
    if (cache->pages >= cache->limit) return false;
    if (cache->pages >= CACHE_PAGES_MIN && !may_grow(cache, most < ARENA_MAX ? most : ARENA_MAX))
        return false;
    if (grow(cache, most)) return true;
    cache->limit = cache->pages; // until the next write-back
    return false;
}

bool frames_grow_beyond(struct cache *cache)
{
    return grow(cache, 1);
}

static void arena_free(struct cache *cache, struct cache_arena *arena)
{
    struct cache_page **at = &cache->free;
    while (*at) {
        if ((*at)->arena == arena) {
            *at = (*at)->next;
        } else {
            at = &(*at)->next;
        }
    }
    struct cache_arena **place = &cache->arenas;
    while (*place != arena) place = &(*place)->next;
    *place = arena->next;
    cache->pages -= arena->count;
    device_memory_put(cache->device, &arena->memory);
    free(arena);
}

void frame_give(struct cache *cache, struct cache_page *page)
{
    page->arena->used--;
    page->next = cache->free;
    cache->free = page;
}

struct cache_page *frame_behind(struct cache_page *page)
{
    return page + 1 < page->arena->pages + page->arena->count ? page + 1 : nullptr;
}

void frames_free(struct cache *cache)
{
    while (cache->arenas) arena_free(cache, cache->arenas);
}

static bool has_work(const struct cache_arena *arena)
{
    for (size_t i = 0; i < arena->count; i++) {
        const struct cache_page *page = &arena->pages[i];
        if (page->is_used && (page->state[BLOCK_HELD] | page->state[BLOCK_LOGGED])) return true;
    }
    return false;
}

bool cache_shrink(struct cache *cache)
{
    struct cache_arena *arena = cache->arenas;
    while (arena && has_work(arena)) arena = arena->next;
    if (arena == nullptr || cache->pages - arena->count < CACHE_PAGES_MIN) return false;
    for (size_t i = 0; i < arena->count; i++) {
        struct cache_page *page = &arena->pages[i];
        if (!page->is_used) continue;
        if (page_write(cache, page, BLOCK_DIRTY) != 0) return false;
        page_drop(cache, page);
    }
    arena_free(cache, arena);
    return true;
}

struct device_piece piece_of(const struct cache *cache, const struct cache_page *page, uint32_t at,
                             uint32_t count)
{
    size_t position = (size_t)(page->data - page->arena->memory.at);
    return (struct device_piece){.memory = &page->arena->memory,
                                 .position = position + (size_t)at * cache->block_size,
                                 .size = (size_t)count * cache->block_size};
}

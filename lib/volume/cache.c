// SPDX-License-Identifier: MIT
// Pages of the cache: finding, filling, changing, giving up.
#include "cache_internal.h"

#include <abi/errno.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>

int cache_init(struct cache *cache, struct device *device, uint32_t block_size, size_t pages_max)
{
    *cache = (struct cache){.device = device,
                            .block_size = block_size,
                            .page_blocks = (uint32_t)(CACHE_PAGE / block_size),
                            .blocks = device->size / block_size,
                            .pages_max = pages_max < 4 ? 4 : pages_max,
                            .hash_size = 64};
    if (cache->page_blocks > BLOCKS_MAX) cache->page_blocks = BLOCKS_MAX;
    while (cache->hash_size < cache->pages_max) cache->hash_size *= 2;
    cache->hash = calloc(cache->hash_size, sizeof(struct cache_page *));
    return cache->hash == nullptr ? -ENOMEM : 0;
}

static struct cache_page **place_of(struct cache *cache, uint64_t first)
{
    uint64_t number = first / cache->page_blocks;
    struct cache_page **at = &cache->hash[(number ^ number >> 17) & (cache->hash_size - 1)];
    while (*at && (*at)->first != first) at = &(*at)->next;
    return at;
}

static void unlink_use(struct cache *cache, struct cache_page *page)
{
    *(page->newer ? &page->newer->older : &cache->newest) = page->older;
    *(page->older ? &page->older->newer : &cache->oldest) = page->newer;
}

static void link_newest(struct cache *cache, struct cache_page *page)
{
    page->newer = nullptr;
    page->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = page;
    cache->newest = page;
}

static void page_remove(struct cache *cache, struct cache_page *page)
{
    *place_of(cache, page->first) = page->next;
    unlink_use(cache, page);
}

static void page_free(struct cache *cache, struct cache_page *page)
{
    page_remove(cache, page);
    enum status status = fe_memory_unmap(page->data, CACHE_PAGE);
    (void)status;
    free(page);
    cache->pages--;
}

void cache_fini(struct cache *cache)
{
    while (cache->newest) page_free(cache, cache->newest);
    free(cache->hash);
    *cache = (struct cache){};
}

// Takes a page that is clean, or becomes so, for something else. None: the cache grows for a while.
static int page_reuse(struct cache *cache, struct cache_page **reused)
{
    struct cache_page *newer;
    for (struct cache_page *page = cache->oldest; page; page = newer) {
        newer = page->newer;
        if (page->state[BLOCK_HELD] || page->state[BLOCK_LOGGED]) continue;
        int result = page_write(cache, page, BLOCK_DIRTY);
        if (result != 0) return result;
        page_remove(cache, page);
        *reused = page;
        return 0;
    }
    return 0;
}

static struct cache_page *page_new(struct cache *cache)
{
    struct cache_page *page = malloc(sizeof *page);
    void *data;
    if (page == nullptr || fe_memory_allocate(cache_page_size(cache), &data) != OK) {
        free(page);
        return nullptr;
    }
    page->data = data;
    cache->pages++;
    return page;
}

static int page_get(struct cache *cache, uint64_t block, struct cache_page **found)
{
    if (block >= cache->blocks) return -EIO;
    uint64_t first = block - block % cache->page_blocks;
    struct cache_page *page = *place_of(cache, first);
    if (page) {
        if (page != cache->newest) {
            unlink_use(cache, page);
            link_newest(cache, page);
        }
        *found = page;
        return 0;
    }
    int result = cache->pages < cache->pages_max ? 0 : page_reuse(cache, &page);
    if (result != 0) return result;
    if (page == nullptr) page = page_new(cache);
    if (page == nullptr) return -ENOMEM;
    *page = (struct cache_page){.first = first, .data = page->data};
    *place_of(cache, first) = page;
    link_newest(cache, page);
    *found = page;
    return 0;
}

// Reads the blocks from `at` on that are wanted and not there, in one piece.
static int page_fill(struct cache *cache, struct cache_page *page, uint32_t at, uint32_t count)
{
    uint32_t end = at + count;
    while (at < end && page->state[BLOCK_VALID] >> at & 1) at++;
    uint32_t stop = at;
    while (stop < end && (page->state[BLOCK_VALID] >> stop & 1) == 0) stop++;
    if (stop == at) return 0;
    size_t size = (size_t)(stop - at) * cache->block_size;
    uint8_t *to = page->data + (size_t)at * cache->block_size;
    int result = device_read(cache->device, (page->first + at) * cache->block_size, to, size);
    if (result == 0) page->state[BLOCK_VALID] |= bits_of(at, stop - at);
    return result;
}

static uint32_t valid_run(const struct cache_page *page, uint32_t at, uint32_t most)
{
    uint32_t run = 0;
    while (run < most && page->state[BLOCK_VALID] >> (at + run) & 1) run++;
    return run;
}

int cache_read(struct cache *cache, uint64_t block, uint32_t *count, const uint8_t **bytes)
{
    struct cache_page *page;
    int result = page_get(cache, block, &page);
    if (result != 0) return result;
    uint32_t at = (uint32_t)(block - page->first), most = cache->page_blocks - at;
    if (most > cache->blocks - block) most = (uint32_t)(cache->blocks - block);
    if (most > *count) most = *count;
    uint32_t run = valid_run(page, at, most);
    if (run < most) {
        result = page_fill(cache, page, at, most);
        run = valid_run(page, at, most);
    }
    if (run == 0) return result != 0 ? result : -EIO;
    *bytes = page->data + (size_t)at * cache->block_size;
    *count = run;
    return 0;
}

int cache_change(struct cache *cache, uint64_t block, enum block_state state, bool is_whole,
                 uint8_t **bytes)
{
    struct cache_page *page;
    int result = page_get(cache, block, &page);
    if (result != 0) return result;
    uint32_t at = (uint32_t)(block - page->first);
    if (!is_whole) result = page_fill(cache, page, at, 1);
    if (result != 0) return result;
    page->state[BLOCK_VALID] |= bits_of(at, 1);
    // What the journal has must go through it again, or replaying it would undo this.
    if (page->state[BLOCK_LOGGED] >> at & 1) state = BLOCK_HELD;
    if (state == BLOCK_HELD) page_clear(cache, page, at, BLOCK_DIRTY);
    if ((page->state[BLOCK_HELD] >> at & 1) == 0) page_set(cache, page, at, state);
    *bytes = page->data + (size_t)at * cache->block_size;
    return 0;
}

bool cache_is(struct cache *cache, uint64_t block, enum block_state state)
{
    uint64_t first = block - block % cache->page_blocks;
    const struct cache_page *page = *place_of(cache, first);
    return page && (page->state[state] >> (block - first) & 1);
}

void cache_forget(struct cache *cache, uint64_t block)
{
    uint64_t first = block - block % cache->page_blocks;
    struct cache_page *page = *place_of(cache, first);
    if (page) page_clear(cache, page, (uint32_t)(block - first), BLOCK_DIRTY);
}

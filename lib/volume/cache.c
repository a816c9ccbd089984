// SPDX-License-Identifier: MIT
// Pages of the cache: finding, filling, changing, giving up.
#include "cache_internal.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

int cache_init(struct cache *cache, struct device *device, uint32_t block_size, size_t pages_max)
{
    *cache = (struct cache){.device = device,
                            .block_size = block_size,
                            .page_blocks = (uint32_t)(CACHE_PAGE / block_size),
                            .blocks = device->size / block_size,
                            .pages_max = pages_max < CACHE_PAGES_MIN ? CACHE_PAGES_MIN : pages_max,
                            .hash_size = 64};
    if (cache->page_blocks > BLOCKS_MAX) cache->page_blocks = BLOCKS_MAX;
    cache->limit = cache->pages_max;
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

struct cache_page *page_find(struct cache *cache, uint64_t first)
{
    return *place_of(cache, first);
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
    page->used = ++cache->uses;
}

void page_drop(struct cache *cache, struct cache_page *page)
{
    *place_of(cache, page->first) = page->next;
    unlink_use(cache, page);
    page->is_used = false;
    frame_give(cache, page);
}

void cache_fini(struct cache *cache)
{
    frames_free(cache);
    free(cache->hash);
    *cache = (struct cache){};
}

static bool may_go(const struct cache_page *page)
{
    return !page->is_filling && page->state[BLOCK_HELD] == 0 && page->state[BLOCK_LOGGED] == 0;
}

// The page that would go for one that begins with `first` to lie behind the one before it on the
// disk; nullptr: it should not, it was used not long ago, or cannot.
static struct cache_page *in_the_way(struct cache *cache, uint64_t first)
{
    struct cache_page *before = first == 0 ? nullptr : page_find(cache, first - cache->page_blocks);
    struct cache_page *page = before == nullptr ? nullptr : frame_behind(before);
    bool is_old = page != nullptr && page->is_used && cache->uses - page->used >= cache->pages / 2;
    return is_old && may_go(page) ? page : nullptr;
}

// Gives up a page that is clean, or becomes so: one whose place is best for what comes, or else the
// one that is longest unused. None: the cache grows for a while.
static int make_room(struct cache *cache, uint64_t first)
{
    struct cache_page *page = in_the_way(cache, first);
    if (page == nullptr) page = cache->oldest;
    while (page != nullptr && !may_go(page)) page = page->newer;
    if (page == nullptr) return frames_grow_beyond(cache) ? 0 : -ENOMEM;
    int result = page_write(cache, page, BLOCK_DIRTY);
    if (result == 0) page_drop(cache, page);
    return result;
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
    int result = cache->free || frames_grow(cache) ? 0 : make_room(cache, first);
    if (result != 0) return result;
    page = frame_take(cache);
    memset(page->state, 0, sizeof page->state);
    page->first = first;
    page->next = nullptr;
    page->is_used = true;
    *place_of(cache, first) = page;
    link_newest(cache, page);
    *found = page;
    return 0;
}

static uint32_t valid_run(const struct cache_page *page, uint32_t at, uint32_t most)
{
    uint64_t missing = ~page->state[BLOCK_VALID] >> at;
    uint32_t run = missing == 0 ? most : (uint32_t)__builtin_ctzll(missing);
    return run < most ? run : most;
}

// Reads that are neighbours on the disk and in memory, to be done at once.
struct fill {
    struct device_piece piece;
    uint64_t block; // where it begins
    uint32_t count;
    struct {
        struct cache_page *page;
        uint64_t bits;
    } part[RUN_PAGES];
};

static int fill_run(struct cache *cache, struct fill *fill)
{
    if (fill->count == 0) return 0;
    int result = device_fill(cache->device, fill->block * cache->block_size, &fill->piece);
    for (uint32_t i = 0; i < fill->count; i++) {
        struct cache_page *page = fill->part[i].page;
        page->is_filling = false;
        if (result == 0) page->state[BLOCK_VALID] |= fill->part[i].bits;
    }
    fill->count = 0;
    return result;
}

static bool fill_joins(const struct cache *cache, const struct fill *fill, uint64_t block,
                       const struct device_piece *piece)
{
    uint64_t end = fill->block + fill->piece.size / cache->block_size;
    return fill->count != 0 && fill->count < RUN_PAGES && end == block &&
           fill->piece.memory == piece->memory &&
           fill->piece.position + fill->piece.size == piece->position;
}

// The blocks of a page from `at` on that are wanted and not there, up to one that is.
static int fill_add(struct cache *cache, struct fill *fill, struct cache_page *page, uint32_t at,
                    uint32_t count)
{
    uint32_t there = valid_run(page, at, count);
    at += there;
    count -= there;
    if (count == 0) return 0;
    uint64_t valid = page->state[BLOCK_VALID] >> at;
    uint32_t missing = valid == 0 ? count : (uint32_t)__builtin_ctzll(valid);
    if (missing < count) count = missing;
    struct device_piece piece = piece_of(cache, page, at, count);
    int result = 0;
    if (fill_joins(cache, fill, page->first + at, &piece)) {
        fill->piece.size += piece.size;
    } else {
        result = fill_run(cache, fill);
        fill->piece = piece;
        fill->block = page->first + at;
    }
    page->is_filling = true;
    fill->part[fill->count].page = page;
    fill->part[fill->count++].bits = bits_of(at, count);
    return result;
}

int cache_fetch(struct cache *cache, uint64_t block, uint32_t count)
{
    struct fill fill = {};
    uint32_t most = (uint32_t)(cache->pages_max / 2) * cache->page_blocks, pages = 0;
    if (count > cache->blocks - block) count = (uint32_t)(cache->blocks - block);
    if (count > most) count = most;
    int result = 0;
    for (uint32_t done = 0; done < count && result == 0 && pages < RUN_PAGES; pages++) {
        struct cache_page *page;
        result = page_get(cache, block + done, &page);
        if (result != 0) break;
        uint32_t at = (uint32_t)(block + done - page->first), part = cache->page_blocks - at;
        if (part > count - done) part = count - done;
        result = fill_add(cache, &fill, page, at, part);
        done += part;
    }
    int last = fill_run(cache, &fill);
    return result != 0 ? result : last;
}

// How many blocks from there on are here in one piece, going on in the pages that follow.
static uint32_t run_of(struct cache *cache, struct cache_page *page, uint64_t block, uint32_t most)
{
    uint32_t run = 0;
    while (run < most) {
        uint32_t at = (uint32_t)(block + run - page->first), part = cache->page_blocks - at;
        if (part > most - run) part = most - run;
        uint32_t valid = valid_run(page, at, part);
        run += valid;
        if (valid < part || run == most) break;
        const uint8_t *end = page->data + cache_page_size(cache);
        page = *place_of(cache, block + run);
        if (page == nullptr || page->data != end) break;
    }
    return run;
}

int cache_read(struct cache *cache, uint64_t block, uint32_t *count, const uint8_t **bytes)
{
    struct cache_page *page;
    int result = page_get(cache, block, &page);
    if (result != 0) return result;
    uint32_t at = (uint32_t)(block - page->first), most = *count;
    if (most > cache->blocks - block) most = (uint32_t)(cache->blocks - block);
    uint32_t run = run_of(cache, page, block, most);
    if (run < most) {
        result = cache_fetch(cache, block, most);
        run = run_of(cache, page, block, most);
    }
    if (run == 0) return result != 0 ? result : -EIO;
    *bytes = page->data + (size_t)at * cache->block_size;
    *count = run;
    return 0;
}

// Puts blocks into a state. What the journal has must go through it again, or replaying it would
// undo the change.
static void page_change(struct cache *cache, struct cache_page *page, uint64_t bits,
                        enum block_state state)
{
    uint64_t held = page->state[BLOCK_HELD] | page->state[BLOCK_LOGGED];
    held = state == BLOCK_HELD ? bits : bits & held;
    page_set(cache, page, held, BLOCK_HELD);
    page_clear(cache, page, held, BLOCK_DIRTY);
    page_set(cache, page, bits & ~held, BLOCK_DIRTY);
}

int cache_change(struct cache *cache, uint64_t block, enum block_state state, bool is_whole,
                 uint8_t **bytes)
{
    struct cache_page *page;
    int result = page_get(cache, block, &page);
    if (result != 0) return result;
    uint32_t at = (uint32_t)(block - page->first);
    if (!is_whole) result = cache_fetch(cache, block, 1);
    if (result != 0) return result;
    page->state[BLOCK_VALID] |= bits_of(at, 1);
    page_change(cache, page, bits_of(at, 1), state);
    *bytes = page->data + (size_t)at * cache->block_size;
    return 0;
}

int cache_overwrite(struct cache *cache, uint64_t block, uint64_t most, const uint8_t *from,
                    size_t size)
{
    struct cache_page *page;
    int result = page_get(cache, block, &page);
    if (result != 0) return result;
    uint32_t at = (uint32_t)(block - page->first), count = cache->page_blocks - at;
    if (count > cache->blocks - block) count = (uint32_t)(cache->blocks - block);
    if (count > most) count = (uint32_t)most;
    if (count > size / cache->block_size) count = (uint32_t)(size / cache->block_size);
    page->state[BLOCK_VALID] |= bits_of(at, count);
    page_change(cache, page, bits_of(at, count), BLOCK_DIRTY);
    memcpy(page->data + (size_t)at * cache->block_size, from, (size_t)count * cache->block_size);
    return (int)count;
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
    if (page) page_clear(cache, page, bits_of((uint32_t)(block - first), 1), BLOCK_DIRTY);
}

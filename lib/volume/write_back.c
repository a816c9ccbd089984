// SPDX-License-Identifier: MIT
// Writing back: the pages in the order of the disk, each by as few transfers as its blocks need.
#include "cache_internal.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

static bool is_later(const struct cache_page *one, const struct cache_page *other)
{
    return one->first > other->first;
}

static void sink(struct cache_page **heap, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_later(heap[child + 1], heap[child])) child++;
        if (!is_later(heap[child], heap[at])) return;
        struct cache_page *swapped = heap[at];
        heap[at] = heap[child];
        heap[child] = swapped;
    }
}

static void sort(struct cache_page **pages, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) sink(pages, i, count);
    for (size_t end = count; end-- > 1;) {
        struct cache_page *largest = pages[0];
        pages[0] = pages[end];
        pages[end] = largest;
        sink(pages, 0, end);
    }
}

// A run of blocks that ends a page, and what follows it in the next one, on the disk and in memory:
// one piece.
struct stretch {
    struct cache_page *page[RUN_PAGES];
    uint64_t bits[RUN_PAGES];
    uint32_t count;
};

// Stretches that are written together; the last one may grow.
struct writing {
    struct cache *cache;
    enum block_state state;
    uint32_t count;
    struct device_change change[STRETCHES];
    struct stretch stretch[STRETCHES];
};

// Not the arrays: they are large, and often a few of their entries are used.
static void writing_init(struct writing *writing, struct cache *cache, enum block_state state)
{
    writing->cache = cache;
    writing->state = state;
    writing->count = 0;
}

static int write_gathered(struct writing *writing)
{
    if (writing->count == 0) return 0;
    int result = device_store_all(writing->cache->device, writing->change, writing->count);
    for (uint32_t i = 0; i < writing->count && result == 0; i++) {
        struct stretch *stretch = &writing->stretch[i];
        for (uint32_t k = 0; k < stretch->count; k++)
            page_clear(writing->cache, stretch->page[k], stretch->bits[k], writing->state);
    }
    writing->count = 0;
    return result;
}

// The stretch that `piece`, to be written at `offset`, makes longer; or a new one.
static int stretch_for(struct writing *writing, uint64_t offset, const struct device_piece *piece,
                       struct stretch **found)
{
    uint32_t last = writing->count == 0 ? 0 : writing->count - 1;
    struct device_change *change = &writing->change[last];
    *found = &writing->stretch[last];
    if (writing->count != 0 && (*found)->count < RUN_PAGES &&
        change->offset + change->piece.size == offset && change->piece.memory == piece->memory &&
        change->piece.position + change->piece.size == piece->position) {
        change->piece.size += piece->size;
        return 0;
    }
    int result = writing->count == STRETCHES ? write_gathered(writing) : 0;
    writing->change[writing->count] = (struct device_change){.offset = offset, .piece = *piece};
    *found = &writing->stretch[writing->count++];
    (*found)->count = 0;
    return result;
}

static int page_add(struct writing *writing, struct cache_page *page)
{
    const struct cache *cache = writing->cache;
    int result = 0;
    for (uint64_t left = page->state[writing->state]; left != 0 && result == 0;) {
        uint32_t at = (uint32_t)__builtin_ctzll(left);
        uint64_t gap = ~(left >> at);
        uint32_t count = gap == 0 ? 64 - at : (uint32_t)__builtin_ctzll(gap);
        struct device_piece piece = piece_of(cache, page, at, count);
        struct stretch *stretch;
        result = stretch_for(writing, (page->first + at) * cache->block_size, &piece, &stretch);
        stretch->page[stretch->count] = page;
        stretch->bits[stretch->count++] = bits_of(at, count);
        left &= ~bits_of(at, count);
    }
    return result;
}

int page_write(struct cache *cache, struct cache_page *page, enum block_state state)
{
    if (page->state[state] == 0) return 0;
    struct writing writing;
    writing_init(&writing, cache, state);
    int result = 0;
    for (uint32_t i = 0; i < RUN_PAGES && page && page->state[state] != 0 && result == 0; i++) {
        result = page_add(&writing, page);
        page = page_find(cache, page->first + cache->page_blocks);
    }
    int last = write_gathered(&writing);
    return result != 0 ? result : last;
}

int cache_write_back(struct cache *cache, enum block_state state)
{
    cache->limit = cache->pages_max; // there may be memory again
    if (*state_count(cache, state) == 0) return 0;
    size_t most = *state_count(cache, state), count = 0; // each page has one block or more
    struct cache_page **pages = malloc((most < cache->pages ? most : cache->pages) * sizeof *pages);
    if (pages == nullptr) return -ENOMEM;
    for (struct cache_page *page = cache->changed; page; page = page->next_changed) {
        if (page->state[state] != 0) pages[count++] = page;
    }
    sort(pages, count);
    struct writing writing;
    writing_init(&writing, cache, state);
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) result = page_add(&writing, pages[i]);
    int last = write_gathered(&writing);
    free(pages);
    return result != 0 ? result : last;
}

int cache_each(struct cache *cache, enum block_state state,
               int (*each)(void *context, uint64_t block, const uint8_t *bytes), void *context)
{
    int result = 0;
    for (struct cache_page *page = cache->changed; page && result == 0; page = page->next_changed) {
        uint64_t left = page->state[state];
        for (; left != 0 && result == 0; left &= left - 1) {
            uint32_t at = (uint32_t)__builtin_ctzll(left);
            result = each(context, page->first + at, page->data + (size_t)at * cache->block_size);
        }
    }
    return result;
}

void cache_logged(struct cache *cache)
{
    for (struct cache_page *page = cache->changed; page; page = page->next_changed) {
        uint64_t held = page->state[BLOCK_HELD];
        page_set(cache, page, held, BLOCK_LOGGED); // before: a changed page stays where it is
        page_clear(cache, page, held, BLOCK_HELD);
    }
}

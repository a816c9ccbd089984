// SPDX-License-Identifier: MIT
// Writing back: the pages in the order of the disk, each by as few transfers as its blocks need.
#include "cache_internal.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

int page_write(struct cache *cache, struct cache_page *page, enum block_state state)
{
    while (page->state[state] != 0) {
        uint32_t at = (uint32_t)__builtin_ctzll(page->state[state]), stop = at;
        while (stop < cache->page_blocks && page->state[state] >> stop & 1) stop++;
        struct device_piece piece = piece_of(cache, page, at, stop - at);
        int result = device_store(cache->device, (page->first + at) * cache->block_size, &piece);
        if (result != 0) return result;
        for (uint32_t i = at; i < stop; i++) page_clear(cache, page, i, state);
    }
    return 0;
}

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

int cache_write_back(struct cache *cache, enum block_state state)
{
    cache->limit = cache->pages_max; // there may be memory again
    if (*state_count(cache, state) == 0) return 0;
    struct cache_page **pages = malloc(cache->pages * sizeof(struct cache_page *));
    if (pages == nullptr) return -ENOMEM;
    size_t count = 0;
    for (struct cache_page *page = cache->newest; page; page = page->older) {
        if (page->state[state] != 0) pages[count++] = page;
    }
    sort(pages, count);
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) result = page_write(cache, pages[i], state);
    free(pages);
    return result;
}

int cache_each(struct cache *cache, enum block_state state,
               int (*each)(void *context, uint64_t block, const uint8_t *bytes), void *context)
{
    int result = 0;
    for (struct cache_page *page = cache->newest; page && result == 0; page = page->older) {
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
    for (struct cache_page *page = cache->newest; page; page = page->older) {
        for (uint64_t left = page->state[BLOCK_HELD]; left != 0; left &= left - 1) {
            uint32_t at = (uint32_t)__builtin_ctzll(left);
            page_clear(cache, page, at, BLOCK_HELD);
            page_set(cache, page, at, BLOCK_LOGGED);
        }
    }
}

// SPDX-License-Identifier: MIT
// Answers that are remembered: found by their questions, and in a list, the one asked last at its
// head.
#include "cache.h"

#include <stdlib.h>
#include <string.h>

static void list_take(struct cache *cache, struct cache_entry *entry)
{
    *(entry->later == nullptr ? &cache->first : &entry->later->older) = entry->older;
    *(entry->older == nullptr ? &cache->last : &entry->older->later) = entry->later;
}

static void list_put(struct cache *cache, struct cache_entry *entry)
{
    entry->later = nullptr;
    entry->older = cache->first;
    *(entry->older == nullptr ? &cache->last : &entry->older->later) = entry;
    cache->first = entry;
}

static void drop(struct cache *cache, struct cache_entry *entry)
{
    index_remove(&cache->index, &entry->place);
    list_take(cache, entry);
    cache->bytes -= sizeof *entry + entry->size;
    free(entry);
}

static struct cache_entry *entry_find(struct cache *cache, const struct question *question)
{
    return (struct cache_entry *)index_find(&cache->index, question);
}

const struct cache_entry *cache_find(struct cache *cache, const struct question *question,
                                     uint64_t now)
{
    struct cache_entry *entry = entry_find(cache, question);
    if (entry == nullptr) return nullptr;
    if (entry->expires <= now) {
        drop(cache, entry);
        return nullptr;
    }
    list_take(cache, entry);
    list_put(cache, entry);
    return entry;
}

bool cache_put(struct cache *cache, const struct answer *answer, enum outcome outcome,
               uint64_t expires)
{
    struct cache_entry *entry = entry_find(cache, &answer->question);
    size_t bytes = sizeof *entry + answer->size;
    if (entry != nullptr) drop(cache, entry);
    while (cache->bytes + bytes > CACHE_BYTES) drop(cache, cache->last);
    entry = malloc(bytes);
    if (entry == nullptr) return false;
    *entry = (struct cache_entry){
        .place = {.question = answer->question},
        .expires = expires,
        .outcome = outcome,
        .size = answer->size,
    };
    memcpy(entry->bytes, answer->bytes, answer->size);
    if (!index_add(&cache->index, &entry->place)) {
        free(entry);
        return false;
    }
    list_put(cache, entry);
    cache->bytes += bytes;
    return true;
}

void cache_clear(struct cache *cache)
{
    while (cache->last != nullptr) drop(cache, cache->last);
}

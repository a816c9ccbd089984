// SPDX-License-Identifier: MIT
// Answers that are remembered: a list, the one asked last at its head.
#include "cache.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct cache *cache, struct cache_entry **at)
{
    struct cache_entry *entry = *at;
    *at = entry->next;
    cache->entries--;
    cache->bytes -= entry->size;
    free(entry);
}

static struct cache_entry **place_find(struct cache *cache, const struct question *question)
{
    struct cache_entry **at = &cache->first;
    for (; *at != nullptr; at = &(*at)->next) {
        const struct question *known = &(*at)->question;
        if (known->type == question->type && name_equal(&known->name, &question->name)) return at;
    }
    return nullptr;
}

const struct cache_entry *cache_find(struct cache *cache, const struct question *question,
                                     uint64_t now)
{
    struct cache_entry **at = place_find(cache, question);
    if (at == nullptr) return nullptr;
    if ((*at)->expires <= now) {
        drop(cache, at);
        return nullptr;
    }
    struct cache_entry *entry = *at;
    *at = entry->next;
    entry->next = cache->first;
    cache->first = entry;
    return entry;
}

static void make_room(struct cache *cache, size_t bytes)
{
    while (cache->entries >= CACHE_ENTRIES || cache->bytes + bytes > CACHE_BYTES) {
        struct cache_entry **at = &cache->first;
        while ((*at)->next != nullptr) at = &(*at)->next;
        drop(cache, at);
    }
}

bool cache_put(struct cache *cache, const struct answer *answer, enum outcome outcome,
               uint64_t expires)
{
    struct cache_entry **at = place_find(cache, &answer->question);
    if (at != nullptr) drop(cache, at);
    make_room(cache, answer->size);
    struct cache_entry *entry = malloc(sizeof *entry + answer->size);
    if (entry == nullptr) return false;
    *entry = (struct cache_entry){
        .next = cache->first,
        .question = answer->question,
        .expires = expires,
        .outcome = outcome,
        .size = answer->size,
    };
    memcpy(entry->bytes, answer->bytes, answer->size);
    cache->first = entry;
    cache->entries++;
    cache->bytes += entry->size;
    return true;
}

void cache_clear(struct cache *cache)
{
    while (cache->first != nullptr) drop(cache, &cache->first);
}

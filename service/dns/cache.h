// SPDX-License-Identifier: MIT
// Answers that are remembered, failures too, as long as they may be. Their bytes are bounded; what
// was not asked for the longest time goes first.
#pragma once

#include "index.h"

enum : size_t { CACHE_BYTES = 1 << 20 };

struct cache_entry {
    struct place place;                // first
    struct cache_entry *later, *older; // asked
    uint64_t expires;                  // ns, monotonic
    enum outcome outcome;
    size_t size;
    uint8_t bytes[]; // the answer's message
};

struct cache {
    struct index index;
    struct cache_entry *first, *last; // asked last, and not for the longest time
    size_t bytes;
};

// nullptr: not known, or not any more. It stays until the next call.
const struct cache_entry *cache_find(struct cache *cache, const struct question *question,
                                     uint64_t now);
// In place of what was known. False: no memory.
bool cache_put(struct cache *cache, const struct answer *answer, enum outcome outcome,
               uint64_t expires);
void cache_clear(struct cache *cache);

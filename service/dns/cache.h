// SPDX-License-Identifier: MIT
// Answers that are remembered, failures too, as long as they may be. Both their number and their
// bytes are bounded; what was not asked for the longest time goes first.
#pragma once

#include "message.h"

enum : size_t { CACHE_ENTRIES = 512, CACHE_BYTES = 512 << 10 };

struct cache_entry {
    struct cache_entry *next;
    struct question question;
    uint64_t expires; // ns, monotonic
    enum outcome outcome;
    size_t size;
    uint8_t bytes[]; // the answer's message
};

struct cache {
    struct cache_entry *first; // asked last
    size_t entries, bytes;
};

// nullptr: not known, or not any more. It stays until the next call.
const struct cache_entry *cache_find(struct cache *cache, const struct question *question,
                                     uint64_t now);
// In place of what was known. False: no memory.
bool cache_put(struct cache *cache, const struct answer *answer, enum outcome outcome,
               uint64_t expires);
void cache_clear(struct cache *cache);

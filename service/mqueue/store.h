// SPDX-License-Identifier: MIT
// The messages of a queue: a heap, of which the first is the oldest of the highest priority. It
// grows with what is in it; an empty one owns nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct message {
    uint64_t number; // rising: of one priority the lowest came first
    uint32_t priority;
    uint32_t size;
    uint8_t bytes[];
};

struct store {
    struct message **heap;
    uint32_t count, capacity;
    uint64_t last_number;
    uint64_t bytes; // of all messages
};

// A copy of the bytes is kept. 0 or -ENOMEM.
int store_put(struct store *store, uint32_t priority, const void *bytes, size_t size);
// Takes the first message out, for the caller to free; nullptr: there is none.
struct message *store_take(struct store *store);
void store_fini(struct store *store);

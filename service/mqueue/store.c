// SPDX-License-Identifier: MIT
// Messages by priority, and by age within one: a binary heap.
#include "store.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

enum : uint32_t { CAPACITY_FIRST = 8 };

static bool is_before(const struct message *a, const struct message *b)
{
    return a->priority != b->priority ? a->priority > b->priority : a->number < b->number;
}

static void swap(struct store *store, uint32_t a, uint32_t b)
{
    struct message *message = store->heap[a];
    store->heap[a] = store->heap[b];
    store->heap[b] = message;
}

static void rise(struct store *store, uint32_t at)
{
    while (at > 0 && is_before(store->heap[at], store->heap[(at - 1) / 2])) {
        swap(store, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sink(struct store *store, uint32_t at)
{
    for (;;) {
        uint32_t first = at;
        for (uint32_t below = 2 * at + 1; below <= 2 * at + 2; below++) {
            if (below < store->count && is_before(store->heap[below], store->heap[first]))
                first = below;
        }
        if (first == at) return;
        swap(store, at, first);
        at = first;
    }
}

static bool grow(struct store *store)
{
    if (store->count < store->capacity) return true;
    uint32_t capacity = store->capacity == 0 ? CAPACITY_FIRST : store->capacity * 2;
    struct message **heap = realloc(store->heap, capacity * sizeof(struct message *));
    if (heap == nullptr) return false;
    store->heap = heap;
    store->capacity = capacity;
    return true;
}

int store_put(struct store *store, uint32_t priority, const void *bytes, size_t size)
{
    if (!grow(store)) return -ENOMEM;
    struct message *message = malloc(sizeof *message + size);
    if (message == nullptr) return -ENOMEM;
    message->number = ++store->last_number;
    message->priority = priority;
    message->size = (uint32_t)size;
    if (size != 0) memcpy(message->bytes, bytes, size);
    store->heap[store->count] = message;
    store->bytes += size;
    rise(store, store->count++);
    return 0;
}

struct message *store_take(struct store *store)
{
    if (store->count == 0) return nullptr;
    struct message *message = store->heap[0];
    store->heap[0] = store->heap[--store->count];
    sink(store, 0);
    store->bytes -= message->size;
    if (store->count == 0) {
        free(store->heap);
        store->heap = nullptr;
        store->capacity = 0;
    }
    return message;
}

void store_fini(struct store *store)
{
    while (store->count != 0) free(store->heap[--store->count]);
    free(store->heap);
    *store = (struct store){};
}

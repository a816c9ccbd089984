// SPDX-License-Identifier: MIT
// The ring's two indices count entries for ever (modulo 2^32); their difference is the fill. Each
// lies in a cache line of its own, written by one side only. A consumer that is about to sleep sets
// `asleep`, then looks once more; a producer publishes, then looks at `asleep`: sequentially
// consistent order makes it impossible that both miss each other.
#include <ring/ring.h>

#include <abi/syscalls.h>
#include <stdatomic.h>

struct ring_shared {
    alignas(64) _Atomic uint32_t put;
    alignas(64) _Atomic uint32_t taken;
    alignas(64) _Atomic uint32_t asleep;
    alignas(64) struct ring_entry entry[];
};

size_t ring_size(uint32_t capacity)
{
    size_t bytes = sizeof(struct ring_shared) + (size_t)capacity * sizeof(struct ring_entry);
    return (bytes + 63) & ~(size_t)63;
}

void ring_init(struct ring *ring, void *memory, uint32_t capacity, fe_handle doorbell,
               uint64_t bits)
{
    *ring = (struct ring){
        .shared = memory,
        .capacity = capacity,
        .doorbell = doorbell,
        .bits = bits,
    };
}

// How many entries the ring holds when the indices are as given; more than it can hold means a
// hostile peer.
static enum status fill(const struct ring *ring, uint32_t put, uint32_t taken, uint32_t *count)
{
    *count = put - taken;
    return *count <= ring->capacity ? OK : ERR_BAD_MESSAGE;
}

uint32_t ring_room(const struct ring *ring)
{
    uint32_t taken = atomic_load_explicit(&ring->shared->taken, memory_order_acquire);
    uint32_t count;
    if (fill(ring, ring->own, taken, &count) != OK) return 0;
    return ring->capacity - count;
}

uint32_t ring_filled(const struct ring *ring)
{
    uint32_t put = atomic_load_explicit(&ring->shared->put, memory_order_acquire);
    uint32_t count;
    if (fill(ring, put, ring->own, &count) != OK) return 0;
    return count;
}

enum status ring_put(struct ring *ring, struct ring_entry entry)
{
    struct ring_shared *shared = ring->shared;
    uint32_t taken = atomic_load_explicit(&shared->taken, memory_order_acquire);
    uint32_t count;
    TRY(fill(ring, ring->own, taken, &count));
    if (count == ring->capacity) return ERR_AGAIN;
    shared->entry[ring->own & (ring->capacity - 1)] = entry;
    atomic_store_explicit(&shared->put, ++ring->own, memory_order_release);
    return OK;
}

void ring_notify(struct ring *ring)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&ring->shared->asleep, memory_order_relaxed) == 0) return;
    atomic_store_explicit(&ring->shared->asleep, 0, memory_order_relaxed);
    // A doorbell that can't be rung belongs to a peer that is gone; the owner learns that
    // elsewhere.
    (void)fe_event_signal(ring->doorbell, ring->bits);
}

enum status ring_take(struct ring *ring, struct ring_entry *entry)
{
    struct ring_shared *shared = ring->shared;
    uint32_t put = atomic_load_explicit(&shared->put, memory_order_acquire);
    uint32_t count;
    TRY(fill(ring, put, ring->own, &count));
    if (count == 0) return ERR_AGAIN;
    *entry = shared->entry[ring->own & (ring->capacity - 1)];
    atomic_store_explicit(&shared->taken, ++ring->own, memory_order_release);
    return OK;
}

bool ring_sleep(struct ring *ring)
{
    struct ring_shared *shared = ring->shared;
    atomic_store_explicit(&shared->asleep, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    return atomic_load_explicit(&shared->put, memory_order_relaxed) == ring->own;
}

// SPDX-License-Identifier: MIT
// Both sides of a ring in one process, the doorbell counted.
#include "test/unit.h"

#include <abi/syscalls.h>
#include <ring/ring.h>
#include <stdlib.h>
#include <string.h>

static uint64_t rung;

enum status fe_event_signal(fe_handle event, uint64_t bits)
{
    rung += bits;
    return OK;
}

enum : uint32_t { CAPACITY = 8 };

static void *make(struct ring *producer, struct ring *consumer)
{
    void *memory = aligned_alloc(64, ring_size(CAPACITY));
    memset(memory, 0, ring_size(CAPACITY));
    ring_init(producer, memory, CAPACITY, 1, 1);
    ring_init(consumer, memory, CAPACITY, FE_NO_HANDLE, 0);
    rung = 0;
    return memory;
}

TEST("entries come out in the order in which they went in, over many rounds")
{
    struct ring producer, consumer;
    void *memory = make(&producer, &consumer);
    for (uint32_t i = 0; i < 100; i++) {
        for (uint32_t k = 0; k < 5; k++)
            EXPECT(ring_put(&producer, (struct ring_entry){5 * i + k, k}) == OK);
        for (uint32_t k = 0; k < 5; k++) {
            struct ring_entry entry;
            EXPECT(ring_take(&consumer, &entry) == OK);
            EXPECT(entry.buffer == 5 * i + k && entry.size == k);
        }
    }
    free(memory);
}

TEST("a full ring refuses, an empty one has nothing")
{
    struct ring producer, consumer;
    void *memory = make(&producer, &consumer);
    struct ring_entry entry = {};
    EXPECT(ring_take(&consumer, &entry) == ERR_AGAIN);
    for (uint32_t i = 0; i < CAPACITY; i++) EXPECT(ring_put(&producer, entry) == OK);
    EXPECT(ring_room(&producer) == 0 && ring_filled(&consumer) == CAPACITY);
    EXPECT(ring_put(&producer, entry) == ERR_AGAIN);
    EXPECT(ring_take(&consumer, &entry) == OK);
    EXPECT(ring_room(&producer) == 1 && ring_filled(&consumer) == CAPACITY - 1);
    free(memory);
}

TEST("the doorbell rings once for a consumer that sleeps, and never for one that does not")
{
    struct ring producer, consumer;
    void *memory = make(&producer, &consumer);
    struct ring_entry entry = {};
    EXPECT(ring_put(&producer, entry) == OK);
    ring_notify(&producer);
    EXPECT(rung == 0);
    EXPECT(!ring_sleep(&consumer));
    EXPECT(ring_take(&consumer, &entry) == OK);
    EXPECT(ring_sleep(&consumer));
    EXPECT(ring_put(&producer, entry) == OK);
    ring_notify(&producer);
    EXPECT(ring_put(&producer, entry) == OK);
    ring_notify(&producer);
    EXPECT(rung == 1);
    free(memory);
}

TEST("an impossible index of the other side is refused by both")
{
    struct ring producer, consumer;
    uint32_t *memory = make(&producer, &consumer);
    struct ring_entry entry = {};
    memory[0] = CAPACITY + 1; // the producer claims more than fits
    EXPECT(ring_take(&consumer, &entry) == ERR_BAD_MESSAGE && ring_filled(&consumer) == 0);
    memory[16] = 3; // the consumer claims to have taken what was never put
    EXPECT(ring_put(&producer, entry) == ERR_BAD_MESSAGE);
    EXPECT(ring_room(&producer) == 0);
    free(memory);
}

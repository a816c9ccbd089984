// SPDX-License-Identifier: MIT
// Single-producer single-consumer rings of buffer descriptors in shared memory, with an event as
// the doorbell: how bulk data (packets, blocks, audio, frames) crosses between two processes
// without copying and, while both are busy, without system calls.
//
// The two sides need not trust each other: each keeps its own index privately, reads the other's
// once per step, and refuses one that is impossible (ERR_BAD_MESSAGE). What an entry means (which
// buffer, how many bytes) is for the reader to check against the buffers that it knows.
// One thread per side; no locks.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct ring_entry {
    uint32_t buffer; // index of a buffer
    uint32_t size;   // bytes in it
};

struct ring_shared; // the part in shared memory

// One side's view of a ring.
struct ring {
    struct ring_shared *shared;
    uint32_t capacity;  // entries, a power of two
    uint32_t own;       // entries ever put (producer) or taken (consumer)
    fe_handle doorbell; // producer: signalled when the consumer sleeps
    uint64_t bits;
};

// Bytes of shared memory that a ring of `capacity` entries takes, a multiple of 64.
size_t ring_size(uint32_t capacity);

// Views a zeroed piece of shared memory of ring_size(capacity) bytes. The producer gives the event
// to ring.
void ring_init(struct ring *ring, void *memory, uint32_t capacity, fe_handle doorbell,
               uint64_t bits);

// Producer. ERR_AGAIN: full.
enum status ring_put(struct ring *ring, struct ring_entry entry);
// Producer, after a batch of puts: rings the doorbell if the consumer went to sleep.
void ring_notify(struct ring *ring);
// Producer: entries that can still be put without ERR_AGAIN.
uint32_t ring_room(const struct ring *ring);

// Consumer: entries that can be taken without ERR_AGAIN.
uint32_t ring_filled(const struct ring *ring);
// Consumer. ERR_AGAIN: empty.
enum status ring_take(struct ring *ring, struct ring_entry *entry);
// Consumer, before it waits: asks for the doorbell. False when entries came meanwhile: take them
// first.
bool ring_sleep(struct ring *ring);

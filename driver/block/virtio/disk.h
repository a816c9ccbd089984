// SPDX-License-Identifier: MIT
// Requests of a virtio disk: a slot of DMA memory for each that is on its way.
#pragma once

#include <9p/server.h>
#include <virtio/virtio.h>

enum : uint32_t { SECTOR = 512, TRANSFER_MAX = 64 << 10 };

struct window;
struct batch;
struct batch_piece;

struct slot {
    struct slot *next;       // free ones
    struct window *window;   // that its data lie in; nullptr: in the slot
    struct batch *batch;     // that it is a piece of; nullptr: a request of its own
    struct p9_request *kept; // whose answer this is; nullptr: free, or the driver's own
    uint64_t physical;       // of the slot
    uint8_t *at;             // header, data, status byte
    uint32_t type;
    uint32_t skip, count;  // the part of the data that was asked for, bytes
    uint64_t sector, left; // of a range that is given up or zeroed, what comes next
};

// A range that needs no data: its length is not that of a transfer.
struct range {
    uint64_t sector, count;
    bool is_zeroed;    // reads as zeros afterwards; otherwise as anything
    uint32_t answered; // the request's result
};

struct disk {
    struct virtio_device device;
    struct virtqueue queue;
    struct virtio_memory memory;
    struct slot *slots, *free;
    uint32_t slot_count;
    uint64_t size;   // bytes
    fe_handle event; // of interrupts, by these bits
    uint64_t event_bits;
    bool is_read_only, has_flush;
    uint32_t discard_max, zero_max; // sectors that one request may have; 0: it cannot
    bool may_unmap;                 // zeroing may give up the room
    void (*has_room)(void);         // called when a slot is free again: waiting requests run
    uint64_t reads, read_bytes, writes, written_bytes, flushes, discards, errors;
};

enum status disk_open(struct disk *disk, fe_handle event, uint64_t bits);

// Begin a request and keep its message: P9_KEPT, P9_LATER when all slots are taken, or a negative
// errno.
int64_t disk_read(struct disk *disk, struct p9_request *request, uint64_t offset, size_t count);
int64_t disk_write(struct disk *disk, struct p9_request *request, uint64_t offset, const void *from,
                   size_t count);
// The same with `transfer` in memory of the window, whose reference is taken over.
int64_t disk_transfer(struct disk *disk, struct p9_request *request, struct window *window,
                      const struct p9_transfer *transfer);
// For batch.c, which tells the device: a piece into a slot, of which one is free.
bool disk_has_slot(const struct disk *disk);
void disk_write_piece(struct disk *disk, struct batch *batch, const struct batch_piece *piece);
// Also comes after what clients that are gone had asked for.
int disk_flush(struct disk *disk, struct p9_request *request);
// Sectors are given up, or zeroed. -EOPNOTSUPP: the device cannot.
int disk_range(struct disk *disk, struct p9_request *request, const struct range *range);

// Reads sectors for the driver itself and waits; only before it serves. False: it cannot be read.
bool disk_read_now(struct disk *disk, uint64_t sector, void *to, uint32_t count);

// After an interrupt: answers what the device has finished. False when the device broke its rules.
bool disk_finish(struct disk *disk);

// SPDX-License-Identifier: MIT
// Requests of a virtio disk: a slot of DMA memory for each that is on its way.
#pragma once

#include <9p/server.h>
#include <virtio/virtio.h>

enum : uint32_t { SECTOR = 512, TRANSFER_MAX = 64 << 10 };

struct slot {
    struct slot *next;       // free ones
    struct p9_request *kept; // whose answer this is; nullptr: free, or the driver's own
    uint64_t physical;       // of the slot
    uint8_t *at;             // header, data, status byte
    uint32_t type;
    uint32_t skip, count; // the part of the data that was asked for, bytes
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
    void (*has_room)(void); // called when a slot is free again: waiting requests run
    uint64_t reads, read_bytes, writes, written_bytes, flushes, errors;
};

enum status disk_open(struct disk *disk, fe_handle event, uint64_t bits);

// Begin a request and keep its message: P9_KEPT, P9_LATER when all slots are taken, or a negative
// errno.
int64_t disk_read(struct disk *disk, struct p9_request *request, uint64_t offset, size_t count);
int64_t disk_write(struct disk *disk, struct p9_request *request, uint64_t offset, const void *from,
                   size_t count);
int disk_flush(struct disk *disk, struct p9_request *request);

// Reads sectors for the driver itself and waits; only before it serves. False: it cannot be read.
bool disk_read_now(struct disk *disk, uint64_t sector, void *to, uint32_t count);

// After an interrupt: answers what the device has finished. False when the device broke its rules.
bool disk_finish(struct disk *disk);

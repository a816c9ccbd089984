// SPDX-License-Identifier: MIT
// Split virtqueues (virtio 1.2, section 2.7), with event index suppression (2.7.7, 2.7.10). A queue
// lives in DMA memory; one thread uses it. The device is not trusted with the driver's memory: what
// it reports is checked before it is used, and a device that breaks the rules makes the queue
// `broken`.
#pragma once

#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct virtqueue_descriptor;
struct virtqueue_available;
struct virtqueue_used;

struct virtqueue {
    uint16_t index;
    uint16_t size; // entries, a power of two
    bool event_index;
    bool broken;
    uint16_t free_head;
    uint16_t free_count;
    uint16_t available; // entries ever made available
    uint16_t announced; // the same when the device was last notified
    uint16_t used;      // entries ever taken back
    volatile struct virtqueue_descriptor *descriptor;
    volatile struct virtqueue_available *available_ring;
    volatile struct virtqueue_used *used_ring;
    void **cookie;   // per chain head: what virtqueue_add was given
    uint16_t *chain; // per descriptor: the next one, kept out of the device's reach
    void (*notify)(void *transport, struct virtqueue *queue);
    void *transport;
    uint64_t descriptor_address, available_address, used_address; // physical
    uintptr_t notify_address;                                     // for the transport
    void *memory; // what virtio_queue_destroy gives back
    uint32_t memory_handle;
};

// A piece of DMA memory in a request.
struct virtio_buffer {
    uint64_t address; // physical
    uint32_t size;
    bool device_writes;
};

// Bytes of DMA memory for a queue of `size` entries.
size_t virtqueue_memory_size(uint16_t size);

// Lays the queue out in `memory` (zeroed, 4 KiB aligned, at `physical`). ERR_NO_MEMORY.
enum status virtqueue_init(struct virtqueue *queue, uint16_t size, void *memory, uint64_t physical);

// Frees what virtqueue_init allocated. The device has been reset.
void virtqueue_fini(struct virtqueue *queue);

// Adds a request of `count` buffers, those that the device writes last. ERR_AGAIN: no room now;
// ERR_BAD_ARGUMENT: never fits. Cookies must not be null.
enum status virtqueue_add(struct virtqueue *queue, const struct virtio_buffer *buffer,
                          uint32_t count, void *cookie);

// Tells the device about what was added, if it wants to know.
void virtqueue_kick(struct virtqueue *queue);

// Takes a finished request back: its cookie, or nullptr when none is. *written: bytes the device
// wrote.
void *virtqueue_take(struct virtqueue *queue, uint32_t *written);

// Asks for an interrupt at the next finished request. False when some have finished already: take
// them first.
bool virtqueue_sleep(struct virtqueue *queue);

// SPDX-License-Identifier: MIT
// Split virtqueues. The free list and the chains are kept in the driver's own memory (`chain`),
// because the descriptor table is shared with the device. The memory has three parts: descriptors,
// available ring, used ring (virtio 1.2, 2.7), each aligned as the specification asks.
#include <virtio/queue.h>

#include <stdatomic.h>
#include <stdlib.h>

struct virtqueue_descriptor { // 2.7.5
    uint64_t address;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};

struct virtqueue_available { // 2.7.6; used_event follows the ring
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct virtqueue_used_element {
    uint32_t id;
    uint32_t size;
};

struct virtqueue_used { // 2.7.8; avail_event follows the ring
    uint16_t flags;
    uint16_t index;
    struct virtqueue_used_element ring[];
};

enum : uint16_t {
    DESCRIPTOR_NEXT = 1,
    DESCRIPTOR_WRITE = 2,
    AVAILABLE_NO_INTERRUPT = 1,
    USED_NO_NOTIFY = 1,
    CHAIN_END = UINT16_MAX,
};

static size_t align(size_t value, size_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static size_t available_offset(uint16_t size)
{
    return (size_t)size * sizeof(struct virtqueue_descriptor);
}

static size_t used_offset(uint16_t size)
{
    return align(available_offset(size) + sizeof(struct virtqueue_available) + 2u * size + 2, 4);
}

size_t virtqueue_memory_size(uint16_t size)
{
    size_t used = sizeof(struct virtqueue_used) + sizeof(struct virtqueue_used_element) * size + 2;
    return align(used_offset(size) + used, 4096);
}

static volatile uint16_t *used_event(struct virtqueue *queue)
{
    return &queue->available_ring->ring[queue->size];
}

static volatile uint16_t *available_event(struct virtqueue *queue)
{
    return (volatile uint16_t *)&queue->used_ring->ring[queue->size];
}

enum status virtqueue_init(struct virtqueue *queue, uint16_t size, void *memory, uint64_t physical)
{
    if (size == 0 || (size & (size - 1)) != 0) return ERR_BAD_ARGUMENT;
    queue->cookie = calloc(size, sizeof(*queue->cookie));
    queue->chain = calloc(size, sizeof(*queue->chain));
    if (queue->cookie == nullptr || queue->chain == nullptr) {
        free(queue->cookie);
        free(queue->chain);
        return ERR_NO_MEMORY;
    }
    uint8_t *base = memory;
    queue->size = size;
    queue->descriptor = memory;
    queue->available_ring = (void *)(base + available_offset(size));
    queue->used_ring = (void *)(base + used_offset(size));
    queue->descriptor_address = physical;
    queue->available_address = physical + available_offset(size);
    queue->used_address = physical + used_offset(size);
    queue->free_count = size;
    for (uint16_t i = 0; i < size; i++) queue->chain[i] = i + 1 < size ? i + 1 : CHAIN_END;
    return OK;
}

void virtqueue_fini(struct virtqueue *queue)
{
    free(queue->cookie);
    free(queue->chain);
    queue->cookie = nullptr;
    queue->chain = nullptr;
}

enum status virtqueue_add(struct virtqueue *queue, const struct virtio_buffer *buffer,
                          uint32_t count, void *cookie)
{
    if (count == 0 || count > queue->size || cookie == nullptr) return ERR_BAD_ARGUMENT;
    if (queue->broken) return ERR_IO;
    if (count > queue->free_count) return ERR_AGAIN;

    uint16_t head = queue->free_head, last = head, at = head;
    for (uint32_t i = 0; i < count; i++) {
        volatile struct virtqueue_descriptor *descriptor = &queue->descriptor[at];
        bool more = i + 1 < count;
        descriptor->address = buffer[i].address;
        descriptor->size = buffer[i].size;
        descriptor->flags = (uint16_t)((buffer[i].device_writes ? DESCRIPTOR_WRITE : 0) |
                                       (more ? DESCRIPTOR_NEXT : 0));
        descriptor->next = more ? queue->chain[at] : 0;
        last = at;
        at = queue->chain[at];
    }
    queue->free_head = at;
    queue->chain[last] = CHAIN_END;
    queue->free_count -= (uint16_t)count;
    queue->cookie[head] = cookie;
    queue->available_ring->ring[queue->available & (queue->size - 1)] = head;
    atomic_thread_fence(memory_order_release);
    queue->available_ring->index = ++queue->available;
    return OK;
}

// Whether the event index `event` lies in what was added since the last notice (2.7.10).
static bool is_wanted(uint16_t event, uint16_t now, uint16_t before)
{
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

void virtqueue_kick(struct virtqueue *queue)
{
    uint16_t before = queue->announced;
    if (before == queue->available) return;
    queue->announced = queue->available;
    atomic_thread_fence(memory_order_seq_cst);
    bool wanted = queue->event_index ? is_wanted(*available_event(queue), queue->available, before)
                                     : (queue->used_ring->flags & USED_NO_NOTIFY) == 0;
    if (wanted) queue->notify(queue->transport, queue);
}

// Gives a finished chain back to the free list.
static void release(struct virtqueue *queue, uint16_t head)
{
    uint16_t last = head;
    queue->free_count++;
    while (queue->chain[last] != CHAIN_END) {
        last = queue->chain[last];
        queue->free_count++;
    }
    queue->chain[last] = queue->free_head;
    queue->free_head = head;
    queue->cookie[head] = nullptr;
}

void *virtqueue_take(struct virtqueue *queue, uint32_t *written)
{
    if (queue->broken || queue->used_ring->index == queue->used) return nullptr;
    atomic_thread_fence(memory_order_acquire);
    volatile struct virtqueue_used_element *element =
        &queue->used_ring->ring[queue->used & (queue->size - 1)];
    uint32_t id = element->id;
    *written = element->size;
    if (id >= queue->size || queue->cookie[id] == nullptr) {
        queue->broken = true;
        return nullptr;
    }
    void *cookie = queue->cookie[id];
    release(queue, (uint16_t)id);
    queue->used++;
    return cookie;
}

bool virtqueue_sleep(struct virtqueue *queue)
{
    if (queue->event_index)
        *used_event(queue) = queue->used;
    else
        queue->available_ring->flags = 0;
    atomic_thread_fence(memory_order_seq_cst);
    return queue->used_ring->index == queue->used;
}

// SPDX-License-Identifier: MIT
// A queue against a device played here, which reads the rings by the layout of virtio 1.2,
// section 2.7.
#include "test/unit.h"

#include <stdlib.h>
#include <string.h>
#include <virtio/queue.h>

enum : uint16_t { SIZE = 8 };
enum : uint64_t { PHYSICAL = 0x40000000 };

struct device {
    struct virtqueue queue;
    uint8_t *memory;
    uint16_t seen; // available entries taken
    uint32_t notices;
};

static void notify(void *transport, struct virtqueue *queue)
{
    ((struct device *)transport)->notices++;
}

static void make(struct device *device, bool event_index)
{
    size_t size = virtqueue_memory_size(SIZE);
    *device = (struct device){.memory = aligned_alloc(4096, size)};
    memset(device->memory, 0, size);
    device->queue.notify = notify;
    device->queue.transport = device;
    device->queue.event_index = event_index;
    EXPECT(virtqueue_init(&device->queue, SIZE, device->memory, PHYSICAL) == OK);
}

static void unmake(struct device *device)
{
    virtqueue_fini(&device->queue);
    free(device->memory);
}

static uint16_t *available(struct device *device)
{
    return (uint16_t *)(device->memory + (device->queue.available_address - PHYSICAL));
}

static uint8_t *used(struct device *device)
{
    return device->memory + (device->queue.used_address - PHYSICAL);
}

// The device takes the next chain: its head, or -1.
static int device_take(struct device *device)
{
    uint16_t *ring = available(device);
    if (ring[1] == device->seen) return -1;
    return ring[2 + device->seen++ % SIZE];
}

static void device_finish(struct device *device, uint32_t head, uint32_t written)
{
    uint16_t *index = (uint16_t *)(used(device) + 2);
    uint32_t *element = (uint32_t *)(used(device) + 4 + 8 * (*index % SIZE));
    element[0] = head;
    element[1] = written;
    ++*index;
}

static const struct virtio_buffer two[] = {
    {.address = 0x1000, .size = 16},
    {.address = 0x2000, .size = 512, .device_writes = true},
};

TEST("a request reaches the device as a chain, and comes back with its cookie")
{
    struct device device;
    make(&device, false);
    int cookie;
    EXPECT(virtqueue_add(&device.queue, two, 2, &cookie) == OK);
    virtqueue_kick(&device.queue);
    EXPECT(device.notices == 1);
    int head = device_take(&device);
    EXPECT(head >= 0);
    uint8_t *first = device.memory + 16 * head;
    EXPECT(*(uint64_t *)first == 0x1000 && *(uint16_t *)(first + 12) == 1);
    uint8_t *second = device.memory + 16 * *(uint16_t *)(first + 14);
    EXPECT(*(uint64_t *)second == 0x2000 && *(uint16_t *)(second + 12) == 2);
    uint32_t written = 0;
    EXPECT(virtqueue_take(&device.queue, &written) == nullptr);
    device_finish(&device, (uint32_t)head, 99);
    EXPECT(virtqueue_take(&device.queue, &written) == &cookie && written == 99);
    EXPECT(device.queue.free_count == SIZE);
    unmake(&device);
}

TEST("descriptors are used again for ever, in whatever order requests finish")
{
    struct device device;
    make(&device, true);
    char cookies[4];
    for (uint32_t round = 0; round < 50000; round++) {
        int heads[4];
        for (int i = 0; i < 4; i++) {
            EXPECT(virtqueue_add(&device.queue, two, 2, &cookies[i]) == OK);
            heads[i] = device_take(&device);
        }
        EXPECT(virtqueue_add(&device.queue, two, 2, cookies) == ERR_AGAIN);
        for (int i = 3; i >= 0; i--) device_finish(&device, (uint32_t)heads[(i + round) % 4], 0);
        uint32_t written;
        for (int i = 3; i >= 0; i--)
            EXPECT(virtqueue_take(&device.queue, &written) == &cookies[(i + round) % 4]);
    }
    unmake(&device);
}

TEST("a device that reports what it was not given breaks the queue, not the driver")
{
    uint32_t heads[] = {SIZE, 3, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct device device;
        make(&device, false);
        uint32_t written;
        device_finish(&device, heads[i], 0);
        EXPECT(virtqueue_take(&device.queue, &written) == nullptr);
        EXPECT(device.queue.broken);
        EXPECT(virtqueue_add(&device.queue, two, 2, &device) == ERR_IO);
        unmake(&device);
    }
}

TEST("with event index the device is told only when it asked for it")
{
    struct device device;
    make(&device, true);
    uint16_t *wanted = (uint16_t *)(used(&device) + 4 + 8 * SIZE);
    *wanted = 1; // at the second request
    EXPECT(virtqueue_add(&device.queue, two, 1, &device) == OK);
    virtqueue_kick(&device.queue);
    EXPECT(device.notices == 0);
    EXPECT(virtqueue_add(&device.queue, two, 1, &device) == OK);
    virtqueue_kick(&device.queue);
    EXPECT(device.notices == 1);
    unmake(&device);
}

TEST("going to sleep with finished requests waiting is refused")
{
    struct device device;
    make(&device, true);
    EXPECT(virtqueue_sleep(&device.queue));
    EXPECT(virtqueue_add(&device.queue, two, 2, &device) == OK);
    device_finish(&device, (uint32_t)device_take(&device), 0);
    EXPECT(!virtqueue_sleep(&device.queue));
    unmake(&device);
}

// SPDX-License-Identifier: MIT
// The mmio transport, version 2 (virtio 1.2, section 4.2.2). Registers are 32 bits wide,
// little-endian.
#include <virtio/virtio.h>

#include "transport.h"

enum : uint32_t { // 4.2.2
    MMIO_MAGIC = 0x000,
    MMIO_VERSION = 0x004,
    MMIO_DEVICE_FEATURES = 0x010,
    MMIO_DEVICE_FEATURES_SELECT = 0x014,
    MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_FEATURES_SELECT = 0x024,
    MMIO_QUEUE_SELECT = 0x030,
    MMIO_QUEUE_SIZE_MAX = 0x034,
    MMIO_QUEUE_SIZE = 0x038,
    MMIO_QUEUE_READY = 0x044,
    MMIO_QUEUE_NOTIFY = 0x050,
    MMIO_INTERRUPT_STATUS = 0x060,
    MMIO_INTERRUPT_ACKNOWLEDGE = 0x064,
    MMIO_STATUS = 0x070,
    MMIO_QUEUE_DESCRIPTOR = 0x080,
    MMIO_QUEUE_AVAILABLE = 0x090,
    MMIO_QUEUE_USED = 0x0a0,
    MMIO_GENERATION = 0x0fc,
    MMIO_CONFIGURATION = 0x100,
    MMIO_MAGIC_VALUE = 0x74726976, // "virt"
    MMIO_VERSION_VALUE = 2,
};

static uint32_t get(struct virtio_device *device, uint32_t offset)
{
    return *(volatile uint32_t *)(device->registers + offset);
}

static void set(struct virtio_device *device, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(device->registers + offset) = value;
}

static void set_address(struct virtio_device *device, uint32_t offset, uint64_t address)
{
    set(device, offset, (uint32_t)address);
    set(device, offset + 4, (uint32_t)(address >> 32));
}

static uint8_t mmio_status(struct virtio_device *device)
{
    return (uint8_t)get(device, MMIO_STATUS);
}

static void mmio_set_status(struct virtio_device *device, uint8_t status)
{
    set(device, MMIO_STATUS, status);
}

static uint64_t mmio_features(struct virtio_device *device)
{
    set(device, MMIO_DEVICE_FEATURES_SELECT, 0);
    uint64_t low = get(device, MMIO_DEVICE_FEATURES);
    set(device, MMIO_DEVICE_FEATURES_SELECT, 1);
    return low | (uint64_t)get(device, MMIO_DEVICE_FEATURES) << 32;
}

static void mmio_set_features(struct virtio_device *device, uint64_t features)
{
    set(device, MMIO_DRIVER_FEATURES_SELECT, 0);
    set(device, MMIO_DRIVER_FEATURES, (uint32_t)features);
    set(device, MMIO_DRIVER_FEATURES_SELECT, 1);
    set(device, MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint16_t mmio_queue_size(struct virtio_device *device, uint16_t index)
{
    set(device, MMIO_QUEUE_SELECT, index);
    uint32_t size = get(device, MMIO_QUEUE_SIZE_MAX);
    return size > 32768 ? 32768 : (uint16_t)size;
}

static void mmio_queue_enable(struct virtio_device *device, struct virtqueue *queue)
{
    set(device, MMIO_QUEUE_SELECT, queue->index);
    set(device, MMIO_QUEUE_SIZE, queue->size);
    set_address(device, MMIO_QUEUE_DESCRIPTOR, queue->descriptor_address);
    set_address(device, MMIO_QUEUE_AVAILABLE, queue->available_address);
    set_address(device, MMIO_QUEUE_USED, queue->used_address);
    set(device, MMIO_QUEUE_READY, 1);
}

static void mmio_notify(void *device, struct virtqueue *queue)
{
    set(device, MMIO_QUEUE_NOTIFY, queue->index);
}

static uint32_t mmio_interrupt_causes(struct virtio_device *device)
{
    uint32_t causes = get(device, MMIO_INTERRUPT_STATUS);
    set(device, MMIO_INTERRUPT_ACKNOWLEDGE, causes);
    return causes;
}

static uint32_t mmio_generation(struct virtio_device *device)
{
    return get(device, MMIO_GENERATION);
}

static const struct virtio_transport mmio_transport = {
    .status = mmio_status,
    .set_status = mmio_set_status,
    .features = mmio_features,
    .set_features = mmio_set_features,
    .queue_size = mmio_queue_size,
    .queue_enable = mmio_queue_enable,
    .notify = mmio_notify,
    .interrupt_causes = mmio_interrupt_causes,
    .generation = mmio_generation,
};

enum status virtio_mmio_find(struct virtio_device *device)
{
    TRY(virtio_map_window("registers/0", &device->registers));
    if (get(device, MMIO_MAGIC) != MMIO_MAGIC_VALUE) return ERR_NOT_SUPPORTED;
    if (get(device, MMIO_VERSION) != MMIO_VERSION_VALUE) return ERR_NOT_SUPPORTED;
    device->configuration = device->registers + MMIO_CONFIGURATION;
    device->transport = &mmio_transport;
    return OK;
}

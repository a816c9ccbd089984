// SPDX-License-Identifier: MIT
// A virtio device (virtio 1.2, sections 2 to 4) as a driver sees it, over either transport. The
// transport is told by the handles that the device manager gave: "virtio/common" and friends for
// PCI (4.1), "registers/0" for mmio (4.2). DMA memory comes from the resource handle "dma". One
// thread uses a device.
#pragma once

#include <abi/object.h>
#include <virtio/queue.h>

enum : uint64_t { // feature bits common to all devices, section 6
    VIRTIO_INDIRECT = 1ull << 28,
    VIRTIO_EVENT_INDEX = 1ull << 29,
    VIRTIO_VERSION_1 = 1ull << 32,
    VIRTIO_ACCESS_PLATFORM = 1ull << 33,
};

enum : uint8_t { // device status, 2.1
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128,
};

enum : uint32_t { VIRTIO_INTERRUPT_QUEUE = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

struct virtio_device;

struct virtio_transport {
    uint8_t (*status)(struct virtio_device *device);
    void (*set_status)(struct virtio_device *device, uint8_t status);
    uint64_t (*features)(struct virtio_device *device);
    void (*set_features)(struct virtio_device *device, uint64_t features);
    uint16_t (*queue_size)(struct virtio_device *device, uint16_t index); // 0: no such queue
    void (*queue_enable)(struct virtio_device *device, struct virtqueue *queue);
    void (*notify)(void *device, struct virtqueue *queue);
    uint32_t (*interrupt_causes)(struct virtio_device *device); // read and acknowledged
    uint32_t (*generation)(struct virtio_device *device);       // of the configuration space
};

struct virtio_device {
    const struct virtio_transport *transport;
    volatile uint8_t *registers;     // mmio: all; PCI: the common configuration structure
    volatile uint8_t *configuration; // device-specific
    volatile uint8_t *notify;
    volatile uint8_t *interrupt_status; // nullptr: interrupts are messages
    uint32_t notify_multiplier;
    uint64_t features; // negotiated
    fe_handle dma;
    fe_handle interrupt;
};

// Finds the transport. ERR_NOT_FOUND: no such handles; ERR_NOT_SUPPORTED: not a version 1 device.
enum status virtio_open(struct virtio_device *device);

// Resets the device, which forgets its queues, and negotiates: `required` and as many of `wanted`
// as it has. ERR_NOT_SUPPORTED: a required feature is missing; ERR_IO: the device is gone.
enum status virtio_reset(struct virtio_device *device, uint64_t required, uint64_t wanted);

// Makes queue `index` with at most `size` entries. ERR_NOT_FOUND: the device has no such queue.
enum status virtio_queue_create(struct virtio_device *device, uint16_t index, uint16_t size,
                                struct virtqueue *queue);

// Gives back what a queue took; the device has been reset since. A zeroed queue is fine.
void virtio_queue_destroy(struct virtqueue *queue);

// The driver is ready: the device may work.
void virtio_start(struct virtio_device *device);

// Gives up on the device for good; shown to the device as a failed driver.
void virtio_fail(struct virtio_device *device);

// DMA memory for the driver's own buffers: page-aligned, zeroed, mapped. *memory may be shared with
// clients.
struct virtio_memory {
    fe_handle memory;
    uint8_t *at;
    uint64_t physical;
    size_t size;
};
enum status virtio_memory_create(struct virtio_device *device, size_t size,
                                 struct virtio_memory *memory);

// Reads `size` bytes of the device's configuration at `offset`, consistently (2.5.1).
void virtio_configuration_read(struct virtio_device *device, uint32_t offset, void *to,
                               size_t size);

void virtio_memory_destroy(struct virtio_memory *memory);

// Binds the device's interrupt to bits of an event, and acknowledges one: which causes there were.
enum status virtio_interrupt_bind(struct virtio_device *device, fe_handle event, uint64_t bits);
uint32_t virtio_interrupt_take(struct virtio_device *device);

// The transports, for virtio_open. ERR_NOT_FOUND when the handles for it are not there.
enum status virtio_mmio_find(struct virtio_device *device);
enum status virtio_pci_find(struct virtio_device *device);

// SPDX-License-Identifier: MIT
// The PCI transport (virtio 1.2, section 4.1). The device manager has read the vendor capabilities,
// programmed MSI-X vector 0 and enabled the device; each structure arrives as a window of its own:
// "virtio/common", "virtio/notify", "virtio/device", and the notify multiplier as the value of
// "virtio/multiplier". A device without messages interrupts by its pin: then there is "virtio/isr".
#include <virtio/virtio.h>

#include <ferrite/start.h>

#include "transport.h"

enum : uint32_t { // 4.1.4.3: struct virtio_pci_common_cfg
    PCI_DEVICE_FEATURE_SELECT = 0,
    PCI_DEVICE_FEATURE = 4,
    PCI_DRIVER_FEATURE_SELECT = 8,
    PCI_DRIVER_FEATURE = 12,
    PCI_CONFIGURATION_VECTOR = 16,
    PCI_QUEUE_COUNT = 18,
    PCI_STATUS = 20,
    PCI_GENERATION = 21,
    PCI_QUEUE_SELECT = 22,
    PCI_QUEUE_SIZE = 24,
    PCI_QUEUE_VECTOR = 26,
    PCI_QUEUE_ENABLE = 28,
    PCI_QUEUE_NOTIFY_OFFSET = 30,
    PCI_QUEUE_DESCRIPTOR = 32,
    PCI_QUEUE_AVAILABLE = 40,
    PCI_QUEUE_USED = 48,
    PCI_VECTOR_NONE = 0xffff,
};

static uint8_t get8(struct virtio_device *device, uint32_t offset)
{
    return device->registers[offset];
}

static void set8(struct virtio_device *device, uint32_t offset, uint8_t value)
{
    device->registers[offset] = value;
}

static uint16_t get16(struct virtio_device *device, uint32_t offset)
{
    return *(volatile uint16_t *)(device->registers + offset);
}

static void set16(struct virtio_device *device, uint32_t offset, uint16_t value)
{
    *(volatile uint16_t *)(device->registers + offset) = value;
}

static uint32_t get32(struct virtio_device *device, uint32_t offset)
{
    return *(volatile uint32_t *)(device->registers + offset);
}

static void set32(struct virtio_device *device, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(device->registers + offset) = value;
}

// 64-bit fields may be written as two 32-bit halves (4.1.3.1).
static void set64(struct virtio_device *device, uint32_t offset, uint64_t value)
{
    set32(device, offset, (uint32_t)value);
    set32(device, offset + 4, (uint32_t)(value >> 32));
}

static uint8_t pci_status(struct virtio_device *device)
{
    return get8(device, PCI_STATUS);
}

static void pci_set_status(struct virtio_device *device, uint8_t status)
{
    set8(device, PCI_STATUS, status);
}

static uint64_t pci_features(struct virtio_device *device)
{
    set32(device, PCI_DEVICE_FEATURE_SELECT, 0);
    uint64_t low = get32(device, PCI_DEVICE_FEATURE);
    set32(device, PCI_DEVICE_FEATURE_SELECT, 1);
    return low | (uint64_t)get32(device, PCI_DEVICE_FEATURE) << 32;
}

static void pci_set_features(struct virtio_device *device, uint64_t features)
{
    set32(device, PCI_DRIVER_FEATURE_SELECT, 0);
    set32(device, PCI_DRIVER_FEATURE, (uint32_t)features);
    set32(device, PCI_DRIVER_FEATURE_SELECT, 1);
    set32(device, PCI_DRIVER_FEATURE, (uint32_t)(features >> 32));
}

static uint16_t pci_queue_size(struct virtio_device *device, uint16_t index)
{
    if (index >= get16(device, PCI_QUEUE_COUNT)) return 0;
    set16(device, PCI_QUEUE_SELECT, index);
    return get16(device, PCI_QUEUE_SIZE);
}

static void pci_queue_enable(struct virtio_device *device, struct virtqueue *queue)
{
    uint16_t vector = device->interrupt_status == nullptr ? 0 : PCI_VECTOR_NONE;
    set16(device, PCI_CONFIGURATION_VECTOR, vector);
    set16(device, PCI_QUEUE_SELECT, queue->index);
    set16(device, PCI_QUEUE_SIZE, queue->size);
    set16(device, PCI_QUEUE_VECTOR, vector);
    set64(device, PCI_QUEUE_DESCRIPTOR, queue->descriptor_address);
    set64(device, PCI_QUEUE_AVAILABLE, queue->available_address);
    set64(device, PCI_QUEUE_USED, queue->used_address);
    uint32_t offset = get16(device, PCI_QUEUE_NOTIFY_OFFSET) * device->notify_multiplier;
    queue->notify_address = (uintptr_t)(device->notify + offset);
    set16(device, PCI_QUEUE_ENABLE, 1);
}

static void pci_notify(void *device, struct virtqueue *queue)
{
    (void)device;
    *(volatile uint16_t *)queue->notify_address = queue->index;
}

// With MSI-X the status register stays clear (4.1.4.5): every interrupt may mean either. Without,
// reading it lets the pin go.
static uint32_t pci_interrupt_causes(struct virtio_device *device)
{
    if (device->interrupt_status != nullptr) return *device->interrupt_status;
    return VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG;
}

static uint32_t pci_generation(struct virtio_device *device)
{
    return get8(device, PCI_GENERATION);
}

static const struct virtio_transport pci_transport = {
    .status = pci_status,
    .set_status = pci_set_status,
    .features = pci_features,
    .set_features = pci_set_features,
    .queue_size = pci_queue_size,
    .queue_enable = pci_queue_enable,
    .notify = pci_notify,
    .interrupt_causes = pci_interrupt_causes,
    .generation = pci_generation,
};

enum status virtio_pci_find(struct virtio_device *device)
{
    TRY(virtio_map_window("virtio/common", &device->registers));
    TRY(virtio_map_window("virtio/notify", &device->notify));
    enum status status = virtio_map_window("virtio/device", &device->configuration);
    if (status != OK && status != ERR_NOT_FOUND) return status; // some devices have none
    status = virtio_map_window("virtio/isr", &device->interrupt_status);
    if (status != OK && status != ERR_NOT_FOUND) return status;
    const struct fe_start_handle *multiplier = fe_start_find("virtio/multiplier");
    device->notify_multiplier = multiplier == nullptr ? 0 : (uint32_t)multiplier->value;
    device->transport = &pci_transport;
    return OK;
}

// SPDX-License-Identifier: MIT
// Bringing a device up in the order of virtio 1.2, section 3.1.1, over whichever transport it has.
#include <virtio/virtio.h>

#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>

#include <abi/syscalls.h>

#include "transport.h"

enum : uint8_t { STATUS_GONE = 0xff }; // no device has all bits: there is none

enum status virtio_map_window(const char *name, volatile uint8_t **at)
{
    const struct fe_start_handle *window = fe_start_find(name);
    if (window == nullptr || window->handle == FE_NO_HANDLE) return ERR_NOT_FOUND;
    size_t size, committed;
    TRY(fe_memory_size(window->handle, &size, &committed));
    void *address;
    TRY(fe_memory_map(window->handle, 0, size, MAP_READ | MAP_WRITE, &address));
    *at = (volatile uint8_t *)address + window->value;
    return OK;
}

enum status virtio_open(struct virtio_device *device)
{
    *device = (struct virtio_device){
        .dma = fe_start_handle("dma"),
        .interrupt = fe_start_handle("interrupt/0"),
    };
    enum status status = virtio_pci_find(device);
    return status == ERR_NOT_FOUND ? virtio_mmio_find(device) : status;
}

enum status virtio_reset(struct virtio_device *device, uint64_t required, uint64_t wanted)
{
    const struct virtio_transport *transport = device->transport;
    transport->set_status(device, 0);
    // The reset is complete when the status reads zero (4.1.4.3.2); no interrupt tells it.
    for (uint8_t status; (status = transport->status(device)) != 0;) {
        if (status == STATUS_GONE) return ERR_IO;
        (void)fe_thread_yield();
    }
    transport->set_status(device, VIRTIO_ACKNOWLEDGE);
    transport->set_status(device, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);

    uint64_t offered = transport->features(device);
    required |= VIRTIO_VERSION_1;
    if ((offered & required) != required) {
        virtio_fail(device);
        return ERR_NOT_SUPPORTED;
    }
    device->features = offered & (required | wanted);
    transport->set_features(device, device->features);
    uint8_t status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK;
    transport->set_status(device, status);
    if ((transport->status(device) & VIRTIO_FEATURES_OK) != 0) return OK;
    virtio_fail(device);
    return ERR_NOT_SUPPORTED;
}

void virtio_start(struct virtio_device *device)
{
    uint8_t status = device->transport->status(device);
    device->transport->set_status(device, status | VIRTIO_DRIVER_OK);
}

void virtio_fail(struct virtio_device *device)
{
    uint8_t status = device->transport->status(device);
    device->transport->set_status(device, status | VIRTIO_FAILED);
}

enum status virtio_memory_create(struct virtio_device *device, size_t size,
                                 struct virtio_memory *memory)
{
    size = fe_page_round(size);
    memory->size = size;
    TRY(fe_memory_contiguous(device->dma, size, MEMORY_CACHED, UINT64_MAX, &memory->memory,
                             &memory->physical));
    void *address = nullptr;
    enum status status = fe_memory_map(memory->memory, 0, size, MAP_READ | MAP_WRITE, &address);
    if (status != OK) fe_handle_drop(&memory->memory);
    memory->at = address;
    return status;
}

void virtio_memory_destroy(struct virtio_memory *memory)
{
    if (memory->at == nullptr) return;
    (void)fe_memory_unmap(memory->at, memory->size);
    fe_handle_drop(&memory->memory);
    *memory = (struct virtio_memory){};
}

enum status virtio_queue_create(struct virtio_device *device, uint16_t index, uint16_t size,
                                struct virtqueue *queue)
{
    uint16_t largest = device->transport->queue_size(device, index);
    if (largest == 0) return ERR_NOT_FOUND;
    if (size > largest) size = largest;
    *queue = (struct virtqueue){
        .index = index,
        .event_index = (device->features & VIRTIO_EVENT_INDEX) != 0,
        .notify = device->transport->notify,
        .transport = device,
    };
    struct virtio_memory memory;
    TRY(virtio_memory_create(device, virtqueue_memory_size(size), &memory));
    enum status status = virtqueue_init(queue, size, memory.at, memory.physical);
    if (status != OK) {
        virtio_memory_destroy(&memory);
        return status;
    }
    queue->memory = memory.at;
    queue->memory_handle = memory.memory;
    device->transport->queue_enable(device, queue);
    return OK;
}

void virtio_queue_destroy(struct virtqueue *queue)
{
    if (queue->memory == nullptr) return;
    struct virtio_memory memory = {
        .memory = queue->memory_handle,
        .at = queue->memory,
        .size = virtqueue_memory_size(queue->size),
    };
    virtqueue_fini(queue);
    virtio_memory_destroy(&memory);
    *queue = (struct virtqueue){};
}

void virtio_configuration_read(struct virtio_device *device, uint32_t offset, void *to, size_t size)
{
    uint8_t *bytes = to;
    uint32_t before;
    do {
        before = device->transport->generation(device);
        for (size_t i = 0; i < size; i++) bytes[i] = device->configuration[offset + i];
    } while (before != device->transport->generation(device));
}

enum status virtio_interrupt_bind(struct virtio_device *device, fe_handle event, uint64_t bits)
{
    return fe_interrupt_bind(device->interrupt, event, bits);
}

uint32_t virtio_interrupt_take(struct virtio_device *device)
{
    uint32_t causes = device->transport->interrupt_causes(device);
    (void)fe_interrupt_acknowledge(device->interrupt);
    return causes;
}

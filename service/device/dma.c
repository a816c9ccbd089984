// SPDX-License-Identifier: MIT
// DMA memory of drivers that die. The kernel keeps it as long as there is a handle to the resource
// that it was made from; each driver process gets a resource of its own, and here the handle to it
// is kept until the device cannot write there any more.
#include "driver.h"

#include <9p/client.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { // virtio 1.2, sections 4.2.2 and 4.1.4.3: the device's status
    MMIO_STATUS = 0x70,
    COMMON_STATUS = 20,
};

static const struct resource *find(const struct device *device, const char *name)
{
    for (size_t i = 0; i < device->resource_count; i++)
        if (strcmp(device->resources[i].name, name) == 0) return &device->resources[i];
    return nullptr;
}

// Derived by init: what is left of a driver when the manager dies too goes back to the kernel when
// init drops its own handle (driver.c), which it does when another manager has reset the device.
enum status device_open_dma(struct device *device)
{
    const struct resource *whole = find(device, "dma");
    fe_handle copy;
    if (whole == nullptr || device->dma != FE_NO_HANDLE) return OK;
    TRY(fe_handle_copy(whole->handle, &copy));
    struct p9_control request = {
        .request = CONTROL_INIT_DERIVE, .send = &copy, .send_count = 1, .receive_most = 1};
    if (p9_control(init, &request) != 0 || request.received_count != 1) return ERR_NO_MEMORY;
    device->dma = request.received[0];
    return OK;
}

void device_retire(struct device *device)
{
    if (device->dma == FE_NO_HANDLE) return;
    if (virtio_reset(device)) {
        fe_handle_drop(&device->dma);
        return;
    }
    size_t count = device->stale_count;
    fe_handle *stale = realloc(device->stale, (count + 1) * sizeof(*stale));
    if (stale == nullptr) return; // the next driver process makes its memory from the same one
    stale[count] = device->dma;
    device->dma = FE_NO_HANDLE;
    device->stale = stale;
    device->stale_count = count + 1;
}

void device_settle(struct device *device)
{
    while (device->stale_count > 0) fe_handle_drop(&device->stale[--device->stale_count]);
}

bool virtio_reset(const struct device *device)
{
    if (strcmp(device->bus, "virtio") != 0) return false;
    const struct resource *common = find(device, "virtio/common");
    const struct resource *window = common == nullptr ? find(device, "registers/0") : common;
    size_t size, committed;
    void *at;
    if (window == nullptr || fe_memory_size(window->handle, &size, &committed) != OK) return false;
    if (fe_memory_map(window->handle, 0, size, MAP_READ | MAP_WRITE, &at) != OK) return false;
    uint8_t *registers = (uint8_t *)at + window->value;
    bool is_reset;
    if (common != nullptr) {
        volatile uint8_t *status = registers + COMMON_STATUS;
        *status = 0;
        is_reset = *status == 0;
    } else {
        volatile uint32_t *status = (volatile uint32_t *)(registers + MMIO_STATUS);
        *status = 0;
        is_reset = *status == 0;
    }
    if (fe_memory_unmap(at, size) != OK) fe_log("%s: registers stay mapped", device->location);
    return is_reset;
}

// SPDX-License-Identifier: MIT
// Records of devices, and the handles that each collects for its driver. What belongs to a device
// is derived from the root resources once, when it is found; drivers get duplicates at each start.
#include "device.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <stdlib.h>
#include <string.h>

struct device *device_list;

struct device *device_new(const char *bus)
{
    struct device *device = calloc(1, sizeof(*device));
    if (device == nullptr) return nullptr;
    strncpy(device->bus, bus, sizeof(device->bus) - 1);
    return device;
}

void device_discard(struct device *device)
{
    for (size_t i = 0; i < device->resource_count; i++)
        fe_handle_drop(&device->resources[i].handle);
    device_settle(device);
    fe_handle_drop(&device->dma);
    fe_handle_drop(&device->channel);
    free(device->stale);
    free(device->resources);
    free(device);
}

void device_announce(struct device *device)
{
    struct device **last = &device_list;
    while (*last != nullptr) last = &(*last)->next;
    *last = device;
}

void device_withdraw(struct device *device)
{
    struct device **at = &device_list;
    while (*at != nullptr && *at != device) at = &(*at)->next;
    if (*at != nullptr) *at = device->next;
}

void device_add_id(struct device *device, const char *id)
{
    char *at = device->id;
    while (*at != '\0') at += strlen(at) + 1;
    size_t left = sizeof(device->id) - (size_t)(at - device->id), length = strlen(id);
    if (length + 2 <= left) memcpy(at, id, length + 1);
}

enum status device_add_resource(struct device *device, const char *name, fe_handle handle,
                                uint64_t value)
{
    size_t count = device->resource_count;
    struct resource *resources = realloc(device->resources, (count + 1) * sizeof(*resources));
    if (resources == nullptr) {
        fe_handle_drop(&handle);
        return ERR_NO_MEMORY;
    }
    resources[count] = (struct resource){.handle = handle, .value = value};
    strncpy(resources[count].name, name, sizeof(resources[count].name) - 1);
    device->resources = resources;
    device->resource_count = count + 1;
    return OK;
}

enum status device_add_window(struct device *device, const struct roots *roots, const char *name,
                              uint64_t address, uint64_t size)
{
    uint64_t page = address & ~(uint64_t)(FE_PAGE_SIZE - 1);
    if (size == 0 || address + size < address) return ERR_BAD_ARGUMENT;
    uint64_t length = fe_page_round(address - page + size);
    FE_HANDLE range = FE_NO_HANDLE;
    fe_handle window;
    TRY(fe_resource_derive(roots->memory, RESOURCE_MEMORY, page, length, &range));
    TRY(fe_memory_window(range, page, length, MEMORY_DEVICE, &window));
    return device_add_resource(device, name, window, address - page);
}

enum status device_add_interrupt(struct device *device, const struct roots *roots, const char *name,
                                 uint32_t number, uint32_t flags)
{
    FE_HANDLE range = FE_NO_HANDLE;
    fe_handle interrupt;
    TRY(fe_resource_derive(roots->interrupt, RESOURCE_INTERRUPT, number, 1, &range));
    TRY(fe_interrupt_create(range, number, flags, &interrupt));
    return device_add_resource(device, name, interrupt, 0);
}

enum status device_add_dma(struct device *device, const struct roots *roots, uint64_t size)
{
    fe_handle dma;
    uint32_t kind;
    uint64_t base, whole; // a small machine has less than a driver may want
    TRY(fe_resource_inspect(roots->dma, &kind, &base, &whole));
    TRY(fe_resource_derive(roots->dma, RESOURCE_DMA, base, size < whole ? size : whole, &dma));
    return device_add_resource(device, "dma", dma, 0);
}

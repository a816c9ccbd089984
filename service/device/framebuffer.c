// SPDX-License-Identifier: MIT
// The boot loader's frame buffer: one device on a bus named "boot", which is there when the kernel
// was told of a picture. Its driver gets the picture's memory and what the kernel was told.
#include "device.h"

#include <abi/bootinfo.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <stdio.h>
#include <string.h>

static enum status add_memory(struct device *device, const struct roots *roots,
                              const struct boot_framebuffer *mode)
{
    uint64_t page = mode->address & ~(uint64_t)(FE_PAGE_SIZE - 1), offset = mode->address - page;
    uint64_t size = (uint64_t)mode->stride * mode->height;
    if (size == 0 || size > SIZE_MAX / 2 || mode->address > UINT64_MAX - SIZE_MAX / 2)
        return ERR_BAD_ARGUMENT;
    size_t length = fe_page_round((size_t)(offset + size));
    FE_HANDLE range = FE_NO_HANDLE;
    fe_handle window;
    TRY(fe_resource_derive(roots->memory, RESOURCE_MEMORY, page, length, &range));
    TRY(fe_memory_window(range, page, length, MEMORY_WRITE_COMBINE, &window));
    return device_add_resource(device, "memory", window, offset);
}

static enum status add_mode(struct device *device, fe_handle description)
{
    fe_handle copy;
    TRY(fe_handle_duplicate(description,
                            RIGHT_MEMORY_READ | RIGHT_MEMORY_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER,
                            &copy));
    return device_add_resource(device, "mode", copy, sizeof(struct boot_framebuffer));
}

enum status framebuffer_enumerate(const struct roots *roots)
{
    const struct fe_start_handle *description = fe_start_find("framebuffer");
    struct boot_framebuffer mode;
    void *at;
    if (description == nullptr || description->value < sizeof(mode)) return OK;
    TRY(fe_memory_map(description->handle, 0, sizeof(mode), MAP_READ, &at));
    memcpy(&mode, at, sizeof(mode));
    TRY(fe_memory_unmap(at, FE_PAGE_SIZE));
    struct device *device = device_new("boot");
    if (device == nullptr) return ERR_NO_MEMORY;
    device_add_id(device, "framebuffer");
    snprintf(device->location, sizeof(device->location), "%ux%ux%u", mode.width, mode.height,
             mode.bits_per_pixel);
    enum status status = add_memory(device, roots, &mode);
    if (status == OK) status = add_mode(device, description->handle);
    if (status == OK)
        device_announce(device);
    else
        device_discard(device);
    return status;
}

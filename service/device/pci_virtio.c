// SPDX-License-Identifier: MIT
// A virtio function's structures, found in its vendor capabilities (virtio 1.2, section 4.1.4),
// become one window each, so that the driver needs neither configuration space nor the registers of
// MSI-X.
#include "pci.h"

#include <string.h>
#include <stdio.h>

enum : uint32_t {
    VENDOR_VIRTIO = 0x1af4,
    CAPABILITY_VENDOR = 0x09,
    DEVICE_MODERN = 0x1040, // device id = this + virtio device type
    DEVICE_TRANSITIONAL = 0x1000,
    CONFIG_SUBSYSTEM = 0x2e,

    VIRTIO_TYPE = 3, // offsets in struct virtio_pci_cap
    VIRTIO_REGION = 4,
    VIRTIO_OFFSET = 8,
    VIRTIO_LENGTH = 12,
    VIRTIO_MULTIPLIER = 16,

    STRUCTURE_COMMON = 1,
    STRUCTURE_NOTIFY = 2,
    STRUCTURE_INTERRUPT = 3,
    STRUCTURE_DEVICE = 4,
};

static const char *const structure_name[] = {
    [STRUCTURE_COMMON] = "virtio/common",
    [STRUCTURE_NOTIFY] = "virtio/notify",
    [STRUCTURE_INTERRUPT] = "virtio/isr",
    [STRUCTURE_DEVICE] = "virtio/device",
};

static bool has_resource(const struct device *device, const char *name)
{
    for (size_t i = 0; i < device->resource_count; i++)
        if (strcmp(device->resources[i].name, name) == 0) return true;
    return false;
}

static enum status add_structure(const struct pci_function *at, struct device *device,
                                 bool with_status, uint32_t capability)
{
    const struct roots *roots = at->host->roots;
    uint32_t type = pci_read(at, capability + VIRTIO_TYPE, 1);
    if (type < STRUCTURE_COMMON || type > STRUCTURE_DEVICE) return OK;
    if (type == STRUCTURE_INTERRUPT && !with_status) return OK;
    const char *name = structure_name[type];
    if (has_resource(device, name)) return OK; // the first of a type is preferred (4.1.4)

    struct pci_region region = pci_region(at, pci_read(at, capability + VIRTIO_REGION, 1) % 6);
    uint64_t offset = pci_read(at, capability + VIRTIO_OFFSET, 4);
    uint64_t length = pci_read(at, capability + VIRTIO_LENGTH, 4);
    if (region.is_port || length == 0) return OK;
    if (offset > region.size || length > region.size - offset) return ERR_BAD_MESSAGE;
    uint64_t address = pci_address(at->host, region.address) + offset;
    TRY(device_add_window(device, roots, name, address, length));
    if (type != STRUCTURE_NOTIFY) return OK;
    return device_add_resource(device, "virtio/multiplier", FE_NO_HANDLE,
                               pci_read(at, capability + VIRTIO_MULTIPLIER, 4));
}

// The virtio device type (virtio 1.2, section 4.1.2), or 0.
static uint32_t virtio_type(const struct pci_function *at)
{
    if (at->vendor != VENDOR_VIRTIO) return 0;
    if (at->device > DEVICE_MODERN && at->device < DEVICE_MODERN + 0x40)
        return at->device - DEVICE_MODERN;
    if (at->device >= DEVICE_TRANSITIONAL && at->device < DEVICE_MODERN)
        return pci_read(at, CONFIG_SUBSYSTEM, 2);
    return 0;
}

enum status pci_virtio_describe(const struct pci_function *at, struct device *device,
                                bool with_status)
{
    uint32_t type = virtio_type(at);
    if (type == 0) return ERR_NOT_FOUND;
    char id[16];
    snprintf(id, sizeof(id), "%u", type);
    strcpy(device->bus, "virtio");
    device_add_id(device, id);
    uint32_t capability = pci_capability(at, CAPABILITY_VENDOR, 0);
    while (capability != 0) {
        TRY(add_structure(at, device, with_status, capability));
        capability = pci_capability(at, CAPABILITY_VENDOR, capability);
    }
    return has_resource(device, "virtio/common") ? OK : ERR_NOT_SUPPORTED;
}

// SPDX-License-Identifier: MIT
// PCI functions (PCI Local Bus 3.0, section 6; PCI Express base, section 7) as the device manager
// sees them.
#pragma once

#include "device.h"

struct pci_function {
    uint8_t bus, slot, function;
    uint16_t vendor, device;
    uint32_t class_code;
};

struct pci_region {         // what a base address register decodes
    uint64_t address, size; // size 0: nothing
    bool is_port;
};

uint32_t pci_read(const struct pci_function *at, uint32_t offset, uint32_t width);
void pci_write(const struct pci_function *at, uint32_t offset, uint32_t width, uint32_t value);

// The first capability with `id` after `from` (0: the first of all), or 0.
uint32_t pci_capability(const struct pci_function *at, uint8_t id, uint32_t from);

// What base address register `index` decodes; decoding is off while it is sized.
struct pci_region pci_region(const struct pci_function *at, uint32_t index);

// Lets MSI-X vector 0 reach a new interrupt "interrupt/0" of the device. ERR_NOT_FOUND: no MSI-X.
enum status pci_add_message(const struct pci_function *at, struct device *device,
                            const struct roots *roots);

// Adds the structures that a virtio function's vendor capabilities name (virtio 1.2,
// section 4.1.4).
enum status virtio_pci_describe(const struct pci_function *at, struct device *device,
                                const struct roots *roots);

// SPDX-License-Identifier: MIT
// Finding PCI functions: configuration space through mechanism 1 (PCI Local Bus 3.0,
// section 3.2.2.3.2), a walk over buses behind bridges, base address registers, capabilities,
// MSI-X.
#include "pci.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/log.h>
#include <stdio.h>

enum : uint32_t {
    PORT_ADDRESS = 0xcf8,
    PORT_DATA = 0xcfc,
    ADDRESS_ENABLE = 1u << 31,

    CONFIG_VENDOR = 0x00,
    CONFIG_DEVICE = 0x02,
    CONFIG_COMMAND = 0x04,
    CONFIG_STATUS = 0x06,
    CONFIG_CLASS = 0x08,
    CONFIG_HEADER = 0x0e,
    CONFIG_REGION = 0x10,
    CONFIG_SECONDARY_BUS = 0x19,
    CONFIG_CAPABILITIES = 0x34,

    COMMAND_PORT = 1u << 0,
    COMMAND_MEMORY = 1u << 1,
    COMMAND_MASTER = 1u << 2,
    COMMAND_NO_INTX = 1u << 10,
    STATUS_CAPABILITIES = 1u << 4,
    HEADER_BRIDGE = 1,
    HEADER_MANY = 0x80,
    NO_VENDOR = 0xffff,

    CAPABILITY_MESSAGE = 0x11, // MSI-X
    MESSAGE_ENABLE = 1u << 15,
    MESSAGE_MASK_ALL = 1u << 14,

    REGION_COUNT = 6,
};

static fe_handle config_port; // the resource for PORT_ADDRESS .. PORT_DATA + 3

static void select_register(const struct pci_function *at, uint32_t offset)
{
    uint32_t address = ADDRESS_ENABLE | (uint32_t)at->bus << 16 | (uint32_t)at->slot << 11 |
                       (uint32_t)at->function << 8 | (offset & 0xfc);
    (void)fe_port_write(config_port, PORT_ADDRESS, 4, address);
}

uint32_t pci_read(const struct pci_function *at, uint32_t offset, uint32_t width)
{
    uint32_t value = UINT32_MAX; // what an absent function reads as
    select_register(at, offset);
    (void)fe_port_read(config_port, PORT_DATA + (offset & 3), width, &value);
    return value;
}

void pci_write(const struct pci_function *at, uint32_t offset, uint32_t width, uint32_t value)
{
    select_register(at, offset);
    (void)fe_port_write(config_port, PORT_DATA + (offset & 3), width, value);
}

uint32_t pci_capability(const struct pci_function *at, uint8_t id, uint32_t from)
{
    if ((pci_read(at, CONFIG_STATUS, 2) & STATUS_CAPABILITIES) == 0) return 0;
    uint32_t offset = pci_read(at, from == 0 ? CONFIG_CAPABILITIES : from + 1, 1) & 0xfc;
    // A list of 4-byte-aligned items in 256 bytes cannot have more than 48: a longer one is a loop.
    for (uint32_t i = 0; offset != 0 && i < 48; i++) {
        if (pci_read(at, offset, 1) == id) return offset;
        offset = pci_read(at, offset + 1, 1) & 0xfc;
    }
    return 0;
}

struct pci_region pci_region(const struct pci_function *at, uint32_t index)
{
    uint32_t offset = CONFIG_REGION + 4 * index;
    uint32_t command = pci_read(at, CONFIG_COMMAND, 2);
    pci_write(at, CONFIG_COMMAND, 2, command & ~(COMMAND_PORT | COMMAND_MEMORY));
    uint32_t low = pci_read(at, offset, 4);
    bool is_port = (low & 1) != 0, is_wide = !is_port && (low & 6) == 4;
    uint32_t high = is_wide ? pci_read(at, offset + 4, 4) : 0;
    pci_write(at, offset, 4, UINT32_MAX);
    uint32_t mask_low = pci_read(at, offset, 4), mask_high = UINT32_MAX;
    pci_write(at, offset, 4, low);
    if (is_wide) {
        pci_write(at, offset + 4, 4, UINT32_MAX);
        mask_high = pci_read(at, offset + 4, 4);
        pci_write(at, offset + 4, 4, high);
    }
    pci_write(at, CONFIG_COMMAND, 2, command);
    uint32_t flags = is_port ? 3 : 15;
    uint64_t mask = (uint64_t)mask_high << 32 | (mask_low & ~flags);
    bool is_there = (mask_low & ~flags) != 0 || (is_wide && mask_high != 0);
    return (struct pci_region){
        .address = (uint64_t)high << 32 | (low & ~flags),
        .size = is_there ? ~mask + 1 : 0,
        .is_port = is_port,
    };
}

// Writes entry 0 of the MSI-X table (PCI 3.0, section 6.8.2).
static enum status write_message(const struct roots *roots, uint64_t table, uint64_t address,
                                 uint32_t data)
{
    uint64_t page = table & ~(uint64_t)(FE_PAGE_SIZE - 1);
    FE_HANDLE range = FE_NO_HANDLE, window = FE_NO_HANDLE;
    TRY(fe_resource_derive(roots->memory, RESOURCE_MEMORY, page, FE_PAGE_SIZE, &range));
    TRY(fe_memory_window(range, page, FE_PAGE_SIZE, MEMORY_DEVICE, &window));
    void *at;
    TRY(fe_memory_map(window, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &at));
    volatile uint32_t *entry = (volatile uint32_t *)((uint8_t *)at + (table - page));
    entry[0] = (uint32_t)address;
    entry[1] = (uint32_t)(address >> 32);
    entry[2] = data;
    entry[3] = 0;
    return fe_memory_unmap(at, FE_PAGE_SIZE);
}

enum status pci_add_message(const struct pci_function *at, struct device *device,
                            const struct roots *roots)
{
    uint32_t capability = pci_capability(at, CAPABILITY_MESSAGE, 0);
    if (capability == 0) return ERR_NOT_FOUND;
    uint32_t where = pci_read(at, capability + 4, 4);
    if ((where & 7) >= REGION_COUNT) return ERR_NOT_FOUND;
    struct pci_region region = pci_region(at, where & 7);
    if (region.is_port || (where & ~7u) >= region.size) return ERR_NOT_FOUND;

    fe_handle interrupt;
    uint64_t address;
    uint32_t data;
    TRY(fe_interrupt_message(roots->message, &interrupt, &address, &data));
    TRY(device_add_resource(device, "interrupt/0", interrupt, 0));
    uint32_t control = pci_read(at, capability + 2, 2) & ~(uint32_t)MESSAGE_MASK_ALL;
    pci_write(at, CONFIG_COMMAND, 2,
              (pci_read(at, CONFIG_COMMAND, 2) | COMMAND_MEMORY | COMMAND_NO_INTX));
    TRY(write_message(roots, region.address + (where & ~7u), address, data));
    pci_write(at, capability + 2, 2, control | MESSAGE_ENABLE);
    return OK;
}

// Adds every memory region as "bar/<n>"; virtio functions get their structures instead.
static enum status add_regions(const struct pci_function *at, struct device *device,
                               const struct roots *roots)
{
    for (uint32_t i = 0; i < REGION_COUNT; i++) {
        struct pci_region region = pci_region(at, i);
        bool is_wide = (pci_read(at, CONFIG_REGION + 4 * i, 4) & 7) == 4;
        char name[24];
        snprintf(name, sizeof(name), "bar/%u", i);
        if (region.size != 0 && !region.is_port && region.address != 0)
            TRY(device_add_window(device, roots, name, region.address, region.size));
        if (is_wide) i++;
    }
    return OK;
}

static enum status describe(const struct pci_function *at, struct device *device,
                            const struct roots *roots)
{
    char id[32];
    snprintf(id, sizeof(id), "%04x:%04x", at->vendor, at->device);
    device_add_id(device, id);
    snprintf(id, sizeof(id), "class:%06x", at->class_code);
    device_add_id(device, id);
    snprintf(device->location, sizeof(device->location), "pci %x:%x.%x", at->bus, at->slot,
             at->function);
    enum status status = virtio_pci_describe(at, device, roots);
    if (status == ERR_NOT_FOUND) status = add_regions(at, device, roots);
    TRY(status);
    status = pci_add_message(at, device, roots);
    if (status != OK && status != ERR_NOT_FOUND) return status;
    TRY(device_add_dma(device, roots, 64u << 20));
    uint32_t command = pci_read(at, CONFIG_COMMAND, 2);
    pci_write(at, CONFIG_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_MASTER);
    return OK;
}

static void found(const struct pci_function *at, const struct roots *roots)
{
    struct device *device = device_new("pci");
    if (device == nullptr) return;
    enum status status = describe(at, device, roots);
    if (status == OK) return device_announce(device);
    fe_log("%s: status %d, left alone", device->location, status);
    device_discard(device);
}

static void scan_bus(uint32_t bus, const struct roots *roots);

static bool scan_function(struct pci_function *at, const struct roots *roots)
{
    at->vendor = (uint16_t)pci_read(at, CONFIG_VENDOR, 2);
    if (at->vendor == NO_VENDOR) return false;
    at->device = (uint16_t)pci_read(at, CONFIG_DEVICE, 2);
    at->class_code = pci_read(at, CONFIG_CLASS, 4) >> 8;
    uint32_t header = pci_read(at, CONFIG_HEADER, 1);
    if ((header & 0x7f) == HEADER_BRIDGE) {
        uint32_t behind = pci_read(at, CONFIG_SECONDARY_BUS, 1);
        if (behind > at->bus) scan_bus(behind, roots); // anything else would be a loop
    } else {
        found(at, roots);
    }
    return true;
}

static void scan_bus(uint32_t bus, const struct roots *roots)
{
    for (uint8_t slot = 0; slot < 32; slot++) {
        struct pci_function at = {.bus = (uint8_t)bus, .slot = slot};
        if (!scan_function(&at, roots)) continue;
        at.function = 0;
        if ((pci_read(&at, CONFIG_HEADER, 1) & HEADER_MANY) == 0) continue;
        for (uint8_t function = 1; function < 8; function++) {
            at.function = function;
            scan_function(&at, roots);
        }
    }
}

enum status pci_enumerate(const struct roots *roots)
{
    if (roots->port == FE_NO_HANDLE) return OK; // no PC
    TRY(fe_resource_derive(roots->port, RESOURCE_PORT, PORT_ADDRESS, 8, &config_port));
    scan_bus(0, roots);
    return OK;
}

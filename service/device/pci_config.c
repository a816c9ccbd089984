// SPDX-License-Identifier: MIT
// Configuration space: mapped into memory (PCI Express base, section 7.2.2), or through mechanism 1
// of PCs (PCI Local Bus 3.0, section 3.2.2.3.2); capabilities and base address registers in it.
#include "pci.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>

enum : uint32_t {
    PORT_ADDRESS = 0xcf8,
    PORT_DATA = 0xcfc,
    ADDRESS_ENABLE = 1u << 31,
    STATUS_CAPABILITIES = 1u << 4,
    BUS_SIZE = 1u << 20, // of a bus's configuration space in memory
    FUNCTION_SIZE = 4096,
};

static fe_handle config_port; // the resource for PORT_ADDRESS .. PORT_DATA + 3

enum status pci_config_open_ports(const struct roots *roots)
{
    return fe_resource_derive(roots->port, RESOURCE_PORT, PORT_ADDRESS, 8, &config_port);
}

static enum status map_bus(struct pci_host *host, uint8_t bus)
{
    uint64_t address = host->config + (uint64_t)(bus - host->first_bus) * BUS_SIZE;
    FE_HANDLE range = FE_NO_HANDLE, window = FE_NO_HANDLE;
    void *at;
    TRY(fe_resource_derive(host->roots->memory, RESOURCE_MEMORY, address, BUS_SIZE, &range));
    TRY(fe_memory_window(range, address, BUS_SIZE, MEMORY_DEVICE, &window));
    TRY(fe_memory_map(window, 0, BUS_SIZE, MAP_READ | MAP_WRITE, &at));
    host->bus[bus] = at;
    return OK;
}

void pci_config_close(struct pci_host *host)
{
    for (uint32_t bus = 0; bus < sizeof(host->bus) / sizeof(host->bus[0]); bus++) {
        if (host->bus[bus] != nullptr && fe_memory_unmap((void *)host->bus[bus], BUS_SIZE) != OK)
            fe_log("PCI bus %x: configuration space stays mapped", bus);
        host->bus[bus] = nullptr;
    }
}

// A register in memory; nullptr when the host has no such bus, or it cannot be mapped.
static volatile uint8_t *mapped(const struct pci_function *at, uint32_t offset)
{
    struct pci_host *host = at->host;
    if (at->bus < host->first_bus || at->bus > host->last_bus || offset >= FUNCTION_SIZE)
        return nullptr;
    if (host->bus[at->bus] == nullptr) {
        enum status status = map_bus(host, at->bus);
        if (status != OK) {
            fe_log("PCI bus %x: no configuration space, status %d", at->bus, status);
            return nullptr;
        }
    }
    return host->bus[at->bus] + ((uint32_t)at->slot << 15 | (uint32_t)at->function << 12) + offset;
}

static void select_register(const struct pci_function *at, uint32_t offset)
{
    uint32_t address = ADDRESS_ENABLE | (uint32_t)at->bus << 16 | (uint32_t)at->slot << 11 |
                       (uint32_t)at->function << 8 | (offset & 0xfc);
    (void)fe_port_write(config_port, PORT_ADDRESS, 4, address);
}

uint32_t pci_read(const struct pci_function *at, uint32_t offset, uint32_t width)
{
    uint32_t value = UINT32_MAX; // what an absent function reads as
    if (at->host->config == 0) {
        select_register(at, offset);
        (void)fe_port_read(config_port, PORT_DATA + (offset & 3), width, &value);
        return value;
    }
    volatile uint8_t *in = mapped(at, offset);
    if (in == nullptr) return value;
    if (width == 1) return *in;
    return width == 2 ? *(volatile uint16_t *)in : *(volatile uint32_t *)in;
}

void pci_write(const struct pci_function *at, uint32_t offset, uint32_t width, uint32_t value)
{
    if (at->host->config == 0) {
        select_register(at, offset);
        (void)fe_port_write(config_port, PORT_DATA + (offset & 3), width, value);
        return;
    }
    volatile uint8_t *in = mapped(at, offset);
    if (in == nullptr) return;
    if (width == 1) *in = (uint8_t)value;
    if (width == 2) *(volatile uint16_t *)in = (uint16_t)value;
    if (width == 4) *(volatile uint32_t *)in = value;
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

bool pci_is_bridge(const struct pci_function *at)
{
    return (pci_read(at, CONFIG_HEADER, 1) & 0x7f) == HEADER_BRIDGE;
}

uint32_t pci_region_count(const struct pci_function *at)
{
    return pci_is_bridge(at) ? 2 : REGION_COUNT;
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
        .is_wide = is_wide,
        .is_prefetchable = !is_port && (low & 8) != 0,
    };
}

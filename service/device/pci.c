// SPDX-License-Identifier: MIT
// Finding PCI functions: the bridges to PCI that the device tree or ACPI's MCFG describes, or a
// PC's by its ports, and a walk over their buses. On a machine with a device tree firmware may have
// left all without addresses; then they are given out before the functions are announced.
#include "pci.h"
#include "acpi.h"

#include <dtb/dtb.h>
#include <ferrite/log.h>
#include <stdio.h>
#include <stdlib.h>

enum : uint32_t { HEADER_MANY = 0x80, NO_VENDOR = 0xffff };
enum : uint8_t { SLOT_COUNT = 32 };

static bool is_any; // host bridge known

// Adds every memory region as "bar/<n>"; virtio functions get their structures instead.
static enum status add_regions(const struct pci_function *at, struct device *device)
{
    for (uint32_t i = 0; i < REGION_COUNT; i++) {
        struct pci_region region = pci_region(at, i);
        char name[24];
        snprintf(name, sizeof(name), "bar/%u", i);
        if (region.size != 0 && !region.is_port && region.address != 0)
            TRY(device_add_window(device, at->host->roots, name,
                                  pci_address(at->host, region.address), region.size));
        if (region.is_wide) i++;
    }
    return OK;
}

void pci_name(const struct pci_function *at, struct device *device)
{
    char id[32], segment[8] = "";
    snprintf(id, sizeof(id), "%04x:%04x", at->vendor, at->device);
    device_add_id(device, id);
    snprintf(id, sizeof(id), "class:%06x", at->class_code);
    device_add_id(device, id);
    if (at->host->segment != 0) snprintf(segment, sizeof(segment), "%x:", at->host->segment);
    snprintf(device->location, sizeof(device->location), "pci %s%x:%x.%x", segment, at->bus,
             at->slot, at->function);
}

static enum status describe(const struct pci_function *at, struct device *device)
{
    bool is_pin;
    pci_name(at, device);
    enum status status = pci_add_interrupt(at, device, &is_pin);
    if (status != OK && status != ERR_NOT_FOUND) return status;
    status = pci_virtio_describe(at, device, is_pin && status == OK);
    if (status == ERR_NOT_FOUND) status = add_regions(at, device);
    TRY(status);
    TRY(device_add_dma(device, at->host->roots, 64u << 20));
    uint32_t command = pci_read(at, CONFIG_COMMAND, 2);
    pci_write(at, CONFIG_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_MASTER);
    return OK;
}

void pci_announce(const struct pci_function *at)
{
    struct device *device = device_new("pci");
    if (device == nullptr) return;
    enum status status = describe(at, device);
    device->slot = pci_slot_of(at);
    if (status == OK) return device_announce(device);
    fe_log("%s: status %d, left alone", device->location, status);
    device_discard(device);
}

static void walk_bridge(const struct pci_function *at, void (*visit)(const struct pci_function *))
{
    uint8_t behind = (uint8_t)pci_read(at, CONFIG_SECONDARY_BUS, 1);
    struct pci_opening opening;
    if (visit == pci_place_reserve) pci_bridge_reserve(at);
    if (visit == pci_place_reserve || visit == pci_place) visit(at);
    if (visit == pci_announce && behind > at->bus && !pci_slot_open(at)) return;
    if (behind > at->bus) { // anything else would be a loop
        pci_walk(at->host, at, behind, visit);
    } else if (visit == pci_place && pci_bridge_open(at, &opening)) {
        pci_walk(at->host, at, opening.bus, visit);
        pci_bridge_close(at, &opening);
    } else if (visit == pci_announce) {
        fe_log("pci %x:%x.%x: a bridge that nobody has set up, left alone", at->bus, at->slot,
               at->function);
    }
}

static bool walk_function(struct pci_function *at, void (*visit)(const struct pci_function *))
{
    at->vendor = (uint16_t)pci_read(at, CONFIG_VENDOR, 2);
    if (at->vendor == NO_VENDOR) return false;
    at->device = (uint16_t)pci_read(at, CONFIG_DEVICE, 2);
    at->class_code = pci_read(at, CONFIG_CLASS, 4) >> 8;
    if (!pci_is_bridge(at)) {
        visit(at);
        return true;
    }
    walk_bridge(at, visit);
    return true;
}

void pci_walk(struct pci_host *host, const struct pci_function *bridge, uint8_t bus,
              void (*visit)(const struct pci_function *))
{
    for (uint8_t slot = 0; slot < SLOT_COUNT; slot++) {
        struct pci_function at = {.host = host, .bridge = bridge, .bus = bus, .slot = slot};
        if (!walk_function(&at, visit)) continue;
        at.function = 0;
        if ((pci_read(&at, CONFIG_HEADER, 1) & HEADER_MANY) == 0) continue;
        for (uint8_t function = 1; function < 8; function++) {
            at.function = function;
            walk_function(&at, visit);
        }
    }
}

// Announces every function behind a host bridge.
static void host_enumerate(struct pci_host *host)
{
    bool is_ours = host->window[PCI_LOW].size != 0 || host->window[PCI_HIGH].size != 0;
    is_any = true;
    host->given_bus = host->first_bus;
    if (is_ours) pci_walk(host, nullptr, host->first_bus, pci_place_reserve);
    if (is_ours) pci_walk(host, nullptr, host->first_bus, pci_place);
    pci_walk(host, nullptr, host->first_bus, pci_announce);
    pci_config_close(host);
    if (!pci_slot_has(host)) free(host);
}

// The first window below 4 GiB and the largest of those above.
static void take_windows(struct pci_host *host)
{
    struct dtb_pci_window found;
    for (uint32_t i = 0; dtb_pci_window(host->node, i, &found); i++) {
        if (found.space != DTB_PCI_MEMORY_32 && found.space != DTB_PCI_MEMORY_64) continue;
        bool is_low = found.size <= UINT32_MAX && found.inside <= UINT32_MAX - found.size;
        struct pci_window *window = &host->window[is_low ? PCI_LOW : PCI_HIGH];
        if (found.size <= window->size) continue;
        *window = (struct pci_window){found.inside, found.address, found.size, found.inside};
    }
}

enum status pci_enumerate_tree(const struct roots *roots, struct dtb_node *tree,
                               struct dtb_node *node)
{
    uint64_t size;
    struct pci_host *host = calloc(1, sizeof(*host));
    if (host == nullptr) return ERR_NO_MEMORY;
    host->roots = roots;
    host->tree = tree;
    host->node = node;
    if (!dtb_region(node, 0, &host->config, &size) || size >> 20 == 0) {
        free(host);
        return ERR_BAD_MESSAGE;
    }
    uint32_t first = 0, last = 255;
    dtb_pci_buses(node, &first, &last);
    if (last - first >= size >> 20) last = first + (uint32_t)(size >> 20) - 1;
    host->first_bus = (uint8_t)first;
    host->last_bus = (uint8_t)last;
    host->segment = (uint16_t)dtb_cell(node, "linux,pci-domain", 0);
    take_windows(host);
    host_enumerate(host);
    return OK;
}

enum status pci_enumerate(const struct roots *roots)
{
    struct acpi_pci_segment segment;
    if (is_any) return OK; // the device tree has told
    for (uint32_t i = 0; firmware_pci_segment(i, &segment); i++) {
        struct pci_host *host = calloc(1, sizeof(*host));
        if (host == nullptr) return ERR_NO_MEMORY;
        host->roots = roots;
        host->config = segment.address + ((uint64_t)segment.first_bus << 20);
        host->segment = segment.segment;
        host->first_bus = segment.first_bus;
        host->last_bus = segment.last_bus;
        host_enumerate(host);
    }
    if (is_any || roots->port == FE_NO_HANDLE) return OK;
    TRY(pci_config_open_ports(roots));
    struct pci_host *host = calloc(1, sizeof(*host));
    if (host == nullptr) return ERR_NO_MEMORY;
    host->last_bus = 255;
    host->roots = roots;
    host_enumerate(host);
    return OK;
}

// SPDX-License-Identifier: MIT
// Addresses of PCI functions. A device tree tells through which windows the CPU reaches them; what
// firmware has placed stays, the rest is placed behind it, each aligned to its size (PCI Local Bus
// 3.0, section 6.2.5). Ports are not placed: no driver uses them.
#include "pci.h"

#include <ferrite/log.h>

static bool is_placed(const struct pci_host *host, const struct pci_region *region)
{
    return pci_window_has(&host->window[PCI_LOW], region->address, region->size) ||
           pci_window_has(&host->window[PCI_HIGH], region->address, region->size);
}

void pci_place_reserve(const struct pci_function *at)
{
    for (uint32_t i = 0, count = pci_region_count(at); i < count; i++) {
        struct pci_region region = pci_region(at, i);
        uint64_t end = region.address + region.size;
        for (uint32_t w = 0; w < PCI_WINDOW_COUNT; w++) {
            struct pci_window *window = &at->host->window[w];
            if (region.size == 0 || region.is_port || region.address == 0) continue;
            if (pci_window_has(window, region.address, region.size) && end > window->next)
                window->next = end;
        }
        if (region.is_wide) i++;
    }
}

static void place_region(const struct pci_function *at, uint32_t index, struct pci_region *region)
{
    struct pci_window *window = at->host->window;
    uint64_t place = 0;
    // Bridges let nothing else through above 4 GiB.
    bool can_be_high = region->is_wide && (at->bridge == nullptr || region->is_prefetchable);
    if (can_be_high) place = pci_window_take(&window[PCI_HIGH], region->size);
    if (place == 0) place = pci_window_take(&window[PCI_LOW], region->size);
    if (place == 0) {
        fe_log("pci %x:%x.%x: no room for region %u of %llu bytes", at->bus, at->slot, at->function,
               index, (unsigned long long)region->size);
        return;
    }
    pci_write(at, CONFIG_REGION + 4 * index, 4, (uint32_t)place);
    if (region->is_wide) pci_write(at, CONFIG_REGION + 4 * index + 4, 4, (uint32_t)(place >> 32));
}

void pci_place(const struct pci_function *at)
{
    for (uint32_t i = 0, count = pci_region_count(at); i < count; i++) {
        struct pci_region region = pci_region(at, i);
        bool is_memory = region.size != 0 && !region.is_port;
        if (is_memory && (region.address == 0 || !is_placed(at->host, &region)))
            place_region(at, i, &region);
        if (region.is_wide) i++;
    }
}

// SPDX-License-Identifier: MIT
// Bridges between buses that firmware has not set up (PCI-to-PCI Bridge 1.2, section 3.2.5): each
// gets the next bus numbers, and lets through what is placed while it is open. Windows of bridges
// begin and end at whole MiB.
#include "pci.h"

#include <ferrite/log.h>

enum : uint32_t {
    CONFIG_PRIMARY_BUS = 0x18,
    CONFIG_LAST_BUS = 0x1a,
    CONFIG_MEMORY = 0x20,             // bits 31 to 20 of first and last address, 16 bits each
    CONFIG_PREFETCHABLE = 0x24,       // the same; the low bits say whether there are 64
    CONFIG_PREFETCHABLE_FIRST = 0x28, // bits 63 to 32
    CONFIG_PREFETCHABLE_LAST = 0x2c,
    PREFETCHABLE_WIDE = 1,
    MIB = 1u << 20,
};

void pci_bridge_reserve(const struct pci_function *at)
{
    uint8_t last = (uint8_t)pci_read(at, CONFIG_LAST_BUS, 1);
    if (last > at->host->given_bus) at->host->given_bus = last;
}

static void align(struct pci_window *window)
{
    window->next = (window->next + MIB - 1) & ~(uint64_t)(MIB - 1);
}

bool pci_bridge_open(const struct pci_function *at, struct pci_opening *opening)
{
    struct pci_host *host = at->host;
    if ((pci_read(at, CONFIG_PREFETCHABLE, 2) & 15) != PREFETCHABLE_WIDE ||
        host->given_bus >= host->last_bus) {
        return false;
    }
    opening->bus = ++host->given_bus;
    pci_write(at, CONFIG_PRIMARY_BUS, 1, at->bus);
    pci_write(at, CONFIG_SECONDARY_BUS, 1, opening->bus);
    pci_write(at, CONFIG_LAST_BUS, 1, host->last_bus); // until those behind are known
    for (uint32_t i = 0; i < PCI_WINDOW_COUNT; i++) {
        align(&host->window[i]);
        opening->first[i] = host->window[i].next;
    }
    return true;
}

// First and last address of what was placed; none: the last is before the first.
static void let_through(const struct pci_function *at, uint32_t offset, uint64_t first,
                        uint64_t last)
{
    pci_write(at, offset, 2, (uint32_t)(first >> 16) & 0xfff0);
    pci_write(at, offset + 2, 2, (uint32_t)(last >> 16) & 0xfff0);
}

void pci_bridge_close(const struct pci_function *at, const struct pci_opening *opening)
{
    struct pci_host *host = at->host;
    uint64_t first[PCI_WINDOW_COUNT], last[PCI_WINDOW_COUNT];
    for (uint32_t i = 0; i < PCI_WINDOW_COUNT; i++) {
        align(&host->window[i]);
        bool is_used = host->window[i].next > opening->first[i];
        first[i] = is_used ? opening->first[i] : MIB;
        last[i] = is_used ? host->window[i].next - 1 : 0;
    }
    let_through(at, CONFIG_MEMORY, first[PCI_LOW], last[PCI_LOW]);
    let_through(at, CONFIG_PREFETCHABLE, first[PCI_HIGH], last[PCI_HIGH]);
    pci_write(at, CONFIG_PREFETCHABLE_FIRST, 4, (uint32_t)(first[PCI_HIGH] >> 32));
    pci_write(at, CONFIG_PREFETCHABLE_LAST, 4, (uint32_t)(last[PCI_HIGH] >> 32));
    pci_write(at, CONFIG_LAST_BUS, 1, host->given_bus);
    uint32_t command = pci_read(at, CONFIG_COMMAND, 2);
    pci_write(at, CONFIG_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_MASTER);
}

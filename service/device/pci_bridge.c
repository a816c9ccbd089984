// SPDX-License-Identifier: MIT
// Bridges between buses that firmware has not set up (PCI-to-PCI Bridge 1.2, section 3.2.5): each
// gets the next bus numbers, and lets through what is placed while it is open. Windows of bridges
// begin and end at whole MiB.
#include "pci.h"

#include <ferrite/log.h>

enum : uint32_t {
    CONFIG_PRIMARY_BUS = 0x18,
    CONFIG_MEMORY = 0x20,             // bits 31 to 20 of first and last address, 16 bits each
    CONFIG_PREFETCHABLE = 0x24,       // the same; the low bits say whether there are 64
    CONFIG_PREFETCHABLE_FIRST = 0x28, // bits 63 to 32
    CONFIG_PREFETCHABLE_LAST = 0x2c,
    PREFETCHABLE_WIDE = 1,
    MIB = 1u << 20,
    SLOT_BUSES = 4, // for a card that has bridges
};

// For a card that comes later: registers of controllers, and memory of what has some.
static const uint64_t slot_room[PCI_WINDOW_COUNT] = {[PCI_LOW] = 2 * MIB, [PCI_HIGH] = 64 * MIB};

struct pci_window pci_bridge_window(const struct pci_function *at, enum pci_window_kind kind)
{
    uint32_t offset = kind == PCI_LOW ? CONFIG_MEMORY : CONFIG_PREFETCHABLE;
    uint64_t first = (uint64_t)(pci_read(at, offset, 2) & 0xfff0) << 16;
    uint64_t last = (uint64_t)(pci_read(at, offset + 2, 2) & 0xfff0) << 16 | (MIB - 1);
    bool is_wide = kind == PCI_HIGH && (pci_read(at, offset, 2) & 15) == PREFETCHABLE_WIDE;
    if (is_wide) first |= (uint64_t)pci_read(at, CONFIG_PREFETCHABLE_FIRST, 4) << 32;
    if (is_wide) last |= (uint64_t)pci_read(at, CONFIG_PREFETCHABLE_LAST, 4) << 32;
    if (first == 0 || last < first) return (struct pci_window){};
    return (struct pci_window){first, pci_address(at->host, first), last - first + 1, first};
}

void pci_bridge_reserve(const struct pci_function *at)
{
    struct pci_host *host = at->host;
    uint8_t last = (uint8_t)pci_read(at, CONFIG_LAST_BUS, 1);
    if (last > host->given_bus) host->given_bus = last;
    for (uint32_t i = 0; i < 2 * PCI_WINDOW_COUNT; i++) {
        struct pci_window *of = &host->window[i / 2];
        struct pci_window let = pci_bridge_window(at, (enum pci_window_kind)(i % 2));
        uint64_t end = let.inside + let.size;
        if (let.size != 0 && pci_window_has(of, let.inside, let.size) && end > of->next)
            of->next = end;
    }
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

// Room for a card that is not there yet, as much as there is.
static void make_room(struct pci_host *host, const struct pci_opening *opening)
{
    for (uint32_t i = 0; i < PCI_WINDOW_COUNT; i++) {
        struct pci_window *window = &host->window[i];
        uint64_t end = opening->first[i] + slot_room[i];
        if (end > window->next && pci_window_has(window, opening->first[i], slot_room[i]))
            window->next = end;
    }
    uint32_t last = opening->bus + SLOT_BUSES - 1;
    if (last > host->last_bus) last = host->last_bus;
    if (last > host->given_bus) host->given_bus = (uint8_t)last;
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
    if (pci_is_slot(at)) make_room(host, opening);
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

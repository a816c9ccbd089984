// SPDX-License-Identifier: MIT
// Windows of a host bridge: the addresses that it lets through, and giving them out.
#include "pci.h"

bool pci_window_has(const struct pci_window *window, uint64_t address, uint64_t size)
{
    return address >= window->inside && size <= window->size &&
           address - window->inside <= window->size - size;
}

uint64_t pci_address(const struct pci_host *host, uint64_t inside)
{
    for (uint32_t i = 0; i < PCI_WINDOW_COUNT; i++) {
        const struct pci_window *window = &host->window[i];
        if (pci_window_has(window, inside, 1)) return window->address + (inside - window->inside);
    }
    return inside;
}

uint64_t pci_window_take(struct pci_window *window, uint64_t size)
{
    // Address 0 is no place: it says that there is none.
    uint64_t from = window->next == 0 ? size : window->next,
             place = (from + size - 1) & ~(size - 1);
    if (place < from || !pci_window_has(window, place, size)) return 0;
    window->next = place + size;
    return place;
}

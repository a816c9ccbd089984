// SPDX-License-Identifier: MIT
// Giving out a window's addresses: each place is aligned, none is given twice, and none lies
// outside.
#include "test/unit.h"

#include "pci.h"

TEST("places in a window are aligned to their size and follow each other")
{
    struct pci_window window = {.inside = 0x1000, .size = 0x9000, .next = 0x1000};
    EXPECT(pci_window_take(&window, 0x1000) == 0x1000);
    EXPECT(pci_window_take(&window, 0x4000) == 0x4000);
    EXPECT(pci_window_take(&window, 0x1000) == 0x8000);
    EXPECT(pci_window_take(&window, 0x2000) == 0);
    EXPECT(pci_window_take(&window, 0x1000) == 0x9000);
    EXPECT(pci_window_take(&window, 0x10) == 0);
}

TEST("address 0 means that there is no place, so it is none")
{
    struct pci_window window = {.size = 0x1000}, none = {};
    EXPECT(pci_window_take(&window, 0x100) == 0x100);
    EXPECT(pci_window_take(&none, 0x100) == 0);
}

TEST("addresses on PCI are the CPU's at another place, outside of windows the same")
{
    struct pci_host host = {.window = {{.inside = 0x1000, .address = 0x90001000, .size = 0x1000}}};
    EXPECT(pci_address(&host, 0x1004) == 0x90001004);
    EXPECT(pci_address(&host, 0x2000) == 0x2000);
}

// SPDX-License-Identifier: MIT
// A card in a slot: its functions are looked for behind the port, and placed in what the port lets
// through; they go together.
#include "driver.h"
#include "pci.h"

#include <ferrite/log.h>
#include <string.h>

// A host that has only what is behind the port.
static void open(const struct pci_slot *slot, struct pci_host *behind)
{
    const struct pci_function *port = slot->port;
    *behind = *port->host;
    memset(behind->bus, 0, sizeof(behind->bus));
    for (uint32_t i = 0; i < PCI_WINDOW_COUNT; i++)
        behind->window[i] = pci_bridge_window(port, (enum pci_window_kind)i);
    behind->given_bus = (uint8_t)pci_read(port, CONFIG_SECONDARY_BUS, 1);
    behind->last_bus = (uint8_t)pci_read(port, CONFIG_LAST_BUS, 1);
}

void card_add(const struct pci_slot *slot)
{
    struct pci_host behind;
    open(slot, &behind);
    uint8_t bus = behind.given_bus;
    pci_walk(&behind, slot->port, bus, pci_place);
    pci_walk(&behind, slot->port, bus, pci_announce);
    pci_config_close(&behind);
    bool is_any = false;
    for (struct device *device = device_list; device != nullptr; device = device->next) {
        if (device->slot != slot) continue;
        is_any = true;
        driver_assign(device);
        fe_log("<2>%s: %s", device->location,
               device->driver == nullptr ? "no driver" : device->driver->program);
    }
    if (!is_any) fe_log("slot %u: no function answers", slot->number);
}

void card_remove(const struct pci_slot *slot)
{
    for (struct device *device = device_list; device != nullptr; device = device->next)
        if (device->slot == slot) driver_dismiss(device);
    devices_changed();
}

bool card_is_empty(const struct pci_slot *slot)
{
    const struct device *device = device_list;
    while (device != nullptr && (device->slot != slot || device->process == FE_NO_HANDLE))
        device = device->next;
    return device == nullptr;
}

// It neither reads memory nor writes to it from now on.
static void silence(const struct pci_function *at)
{
    pci_write(at, CONFIG_COMMAND, 2, COMMAND_NO_PIN);
}

void card_forget(const struct pci_slot *slot)
{
    struct pci_host behind;
    open(slot, &behind);
    pci_walk(&behind, slot->port, behind.given_bus, silence);
    pci_config_close(&behind);
    struct device *next;
    for (struct device *device = device_list; device != nullptr; device = next) {
        next = device->next;
        if (device->slot != slot) continue;
        device_withdraw(device);
        p9_session_disown(&server, device->session);
        device_discard(device);
    }
    devices_changed();
}

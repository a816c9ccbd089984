// SPDX-License-Identifier: MIT
// Ports of PCI Express with a slot whose card comes and goes (PCI Express base, sections 6.7 and
// 7.5.3): their registers, their interrupts, and what slot.c says that is to be done. A port on a
// card that comes and goes itself is not watched: all behind it leaves with the card.
#include "driver.h"
#include "pci.h"

#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/status.h>
#include <stdio.h>
#include <stdlib.h>

enum : uint32_t { // in the capability
    EXPRESS_FLAGS = 0x02,
    LINK_CAPABILITIES = 0x0c,
    LINK_STATUS = 0x12,
    SLOT_CAPABILITIES = 0x14,
    SLOT_CONTROL = 0x18,
    SLOT_STATUS = 0x1a,

    FLAGS_SLOT = 1u << 8,
    LINK_TELLS = 1u << 20,
    LINK_ACTIVE = 1u << 13,
    NUMBER_SHIFT = 19,
};

static struct pci_slot *slots;

static uint32_t read(const struct pci_slot *slot, uint32_t offset, uint32_t width)
{
    return pci_read(slot->port, slot->capability + offset, width);
}

bool pci_is_slot(const struct pci_function *at)
{
    uint32_t express = pci_capability(at, CAPABILITY_EXPRESS, 0);
    if (express == 0 || (pci_read(at, express + EXPRESS_FLAGS, 2) & FLAGS_SLOT) == 0) return false;
    return (pci_read(at, express + SLOT_CAPABILITIES, 4) & SLOT_IS_HOT) != 0;
}

bool pci_slot_has(const struct pci_host *host)
{
    const struct pci_slot *slot = slots;
    while (slot != nullptr && host != nullptr && slot->port->host != host) slot = slot->next;
    return slot != nullptr;
}

static bool is_same(const struct pci_function *port, const struct pci_function *at)
{
    return port->host->segment == at->host->segment && port->bus == at->bus &&
           port->slot == at->slot && port->function == at->function;
}

const struct pci_slot *pci_slot_of(const struct pci_function *at)
{
    for (const struct pci_function *bridge = at->bridge; bridge; bridge = bridge->bridge)
        for (const struct pci_slot *slot = slots; slot != nullptr; slot = slot->next)
            if (is_same(slot->port, bridge)) return slot;
    return nullptr;
}

void slot_text(const struct pci_slot *slot, char *to, size_t size)
{
    snprintf(to, size, "device slot%u %s", slot->number, slot_state_name(&slot->slot));
}

// Clears events as long as there are new ones, since a message comes for the first only. Some stay
// whatever is done: a fault of power.
static struct slot_view look(const struct pci_slot *slot)
{
    struct slot_view view = {.status = (uint16_t)read(slot, SLOT_STATUS, 2)};
    uint16_t status = view.status;
    for (uint32_t i = 0; i < 8 && status != UINT16_MAX && (status & SLOT_EVENTS) != 0; i++) {
        pci_write(slot->port, slot->capability + SLOT_STATUS, 2, status & SLOT_EVENTS);
        status = (uint16_t)read(slot, SLOT_STATUS, 2);
        view.status = (view.status & SLOT_EVENTS) | status;
    }
    view.link_is_up = (read(slot, LINK_STATUS, 2) & LINK_ACTIVE) != 0;
    view.is_empty = card_is_empty(slot);
    return view;
}

static void command(struct pci_slot *slot)
{
    uint16_t value;
    if (!slot_command(&slot->slot, fe_clock_monotonic(), &value)) return;
    uint32_t others = read(slot, SLOT_CONTROL, 2) & ~(uint32_t)SLOT_MANAGED;
    pci_write(slot->port, slot->capability + SLOT_CONTROL, 2, others | value);
}

static void tell(const struct pci_slot *slot)
{
    const char *why = slot->slot.error;
    const char *place = slot->device->location;
    if (why != nullptr)
        fe_log("slot %u (%s): %s", slot->number, place, why);
    else
        fe_log("<2>slot %u (%s): %s", slot->number, place, slot_state_name(&slot->slot));
    devices_changed();
}

static void work(struct pci_slot *slot)
{
    enum slot_order order;
    const char *before = slot_state_name(&slot->slot);
    do {
        struct slot_view view = look(slot);
        if (slot->slot.state == SLOT_STOPS && view.is_empty) card_forget(slot);
        order = slot_step(&slot->slot, &view, fe_clock_monotonic());
        if (order == SLOT_ADD) card_add(slot);
        if (order == SLOT_REMOVE || order == SLOT_LOSE) card_remove(slot);
        command(slot);
    } while (order != SLOT_NOTHING);
    if (slot_state_name(&slot->slot) != before) tell(slot);
}

void slots_work(void)
{
    for (struct pci_slot *slot = slots; slot != nullptr; slot = slot->next) work(slot);
    for (struct pci_slot *slot = slots; slot != nullptr; slot = slot->next)
        pci_config_close(slot->port->host);
}

uint64_t slots_due(void)
{
    uint64_t next = FE_FOREVER;
    for (const struct pci_slot *slot = slots; slot != nullptr; slot = slot->next) {
        uint64_t due = slot_due(&slot->slot);
        if (due < next) next = due;
    }
    return next;
}

// A function and the bridges above it, to stay. nullptr: no memory; what is made stays.
static struct pci_function *keep(const struct pci_function *at)
{
    struct pci_function *kept = malloc(sizeof(*kept));
    if (kept == nullptr) return nullptr;
    *kept = *at;
    if (at->bridge != nullptr && (kept->bridge = keep(at->bridge)) == nullptr) {
        free(kept);
        return nullptr;
    }
    return kept;
}

static void release(const struct pci_function *kept)
{
    while (kept != nullptr) {
        const struct pci_function *next = kept->bridge;
        free((void *)kept);
        kept = next;
    }
}

// By a message, since its pin may be its card's too.
static enum status listen(struct pci_slot *slot)
{
    const struct pci_function *at = slot->port;
    pci_name(at, slot->device);
    TRY(pci_add_message(at, slot->device));
    uint32_t command = pci_read(at, CONFIG_COMMAND, 2);
    pci_write(at, CONFIG_COMMAND, 2, command | COMMAND_MASTER);
    return fe_interrupt_bind(slot->device->resources[0].handle, server.event, BIT_SLOT);
}

static void begin(struct pci_slot *slot)
{
    const struct slot_port port = {
        .capabilities = read(slot, SLOT_CAPABILITIES, 4),
        .control = (uint16_t)read(slot, SLOT_CONTROL, 2),
        .tells_link = (read(slot, LINK_CAPABILITIES, 4) & LINK_TELLS) != 0,
    };
    struct slot_view view = look(slot);
    slot->number = port.capabilities >> NUMBER_SHIFT;
    slot_init(&slot->slot, &port, &view, fe_clock_monotonic());
    slot->next = slots;
    slots = slot;
    slot->device->port = slot;
    device_announce(slot->device);
    command(slot);
}

bool pci_slot_open(const struct pci_function *at)
{
    if (!pci_is_slot(at) || pci_slot_of(at) != nullptr) return true;
    struct pci_slot *slot = calloc(1, sizeof(*slot));
    struct pci_function *port = keep(at);
    struct device *device = device_new("pci");
    enum status status = slot && port && device ? OK : ERR_NO_MEMORY;
    if (status == OK) {
        slot->port = port;
        slot->device = device;
        slot->capability = pci_capability(at, CAPABILITY_EXPRESS, 0);
        status = listen(slot);
    }
    if (status == OK) {
        begin(slot);
        return slot->slot.state == SLOT_READY;
    }
    fe_log("pci %x:%x.%x: %s, its slot is not watched", at->bus, at->slot, at->function,
           fe_status_text(status));
    if (device != nullptr) device_discard(device);
    release(port);
    free(slot);
    return true;
}

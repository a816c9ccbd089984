// SPDX-License-Identifier: MIT
// The interrupt of a PCI function: a message by MSI-X or MSI (PCI Local Bus 3.0, section 6.8),
// which no two devices share, else the line that its pin is wired to, where the device tree tells
// that. ACPI tells it in byte code (_PRT), which is not interpreted here.
#include "pci.h"
#include "acpi.h"
#include "tree.h"

#include <abi/syscalls.h>
#include <dtb/dtb.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>

enum : uint32_t {
    CAPABILITY_MSI = 0x05,
    CAPABILITY_MSIX = 0x11,

    MSIX_ENABLE = 1u << 15,
    MSIX_MASK_ALL = 1u << 14,

    MSI_ENABLE = 1u << 0,
    MSI_COUNT = 7u << 4, // how many messages it may send, as a power of two
    MSI_WIDE = 1u << 7,
};

struct message {
    fe_handle interrupt;
    uint64_t address;
    uint32_t data;
};

// A message interrupt of this function, for the requester as the interrupt controller knows it.
static enum status message_create(const struct pci_function *at, struct message *message)
{
    const struct pci_host *host = at->host;
    uint32_t requester = (uint32_t)at->bus << 8 | (uint32_t)at->slot << 3 | at->function, id;
    FE_HANDLE range = FE_NO_HANDLE;
    bool is_heard = host->node != nullptr
                        ? dtb_pci_requester(host->node, requester, &id)
                        : firmware_message_id(host->segment, (uint16_t)requester, &id);
    if (!is_heard) return ERR_NOT_FOUND;
    TRY(fe_resource_derive(host->roots->message, RESOURCE_MSI, id, 1, &range));
    return fe_interrupt_message(range, &message->interrupt, &message->address, &message->data);
}

// Which of its messages a port tells of its slot with (PCI Express base, section 7.5.3.2); other
// functions have one for all that they tell.
static uint32_t message_number(const struct pci_function *at)
{
    uint32_t express = pci_is_bridge(at) ? pci_capability(at, CAPABILITY_EXPRESS, 0) : 0;
    return express == 0 ? 0 : pci_read(at, express + 2, 2) >> 9 & 31;
}

// Writes an entry of the MSI-X table, at the CPU's address `table`.
static enum status write_entry(const struct roots *roots, uint64_t table, struct message message)
{
    uint64_t page = table & ~(uint64_t)(FE_PAGE_SIZE - 1);
    FE_HANDLE range = FE_NO_HANDLE, window = FE_NO_HANDLE;
    TRY(fe_resource_derive(roots->memory, RESOURCE_MEMORY, page, FE_PAGE_SIZE, &range));
    TRY(fe_memory_window(range, page, FE_PAGE_SIZE, MEMORY_DEVICE, &window));
    void *at;
    TRY(fe_memory_map(window, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &at));
    volatile uint32_t *entry = (volatile uint32_t *)((uint8_t *)at + (table - page));
    entry[0] = (uint32_t)message.address;
    entry[1] = (uint32_t)(message.address >> 32);
    entry[2] = message.data;
    entry[3] = 0;
    return fe_memory_unmap(at, FE_PAGE_SIZE);
}

// The command register decodes memory, so that the table can be written; pins stay silent.
static void use_messages(const struct pci_function *at)
{
    uint32_t command = pci_read(at, CONFIG_COMMAND, 2);
    pci_write(at, CONFIG_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_NO_PIN);
}

static enum status use_msix(const struct pci_function *at, struct device *device,
                            uint32_t capability)
{
    uint32_t where = pci_read(at, capability + 4, 4);
    if ((where & 7) >= pci_region_count(at)) return ERR_NOT_FOUND;
    struct pci_region region = pci_region(at, where & 7);
    if (region.is_port || (where & ~7u) >= region.size) return ERR_NOT_FOUND;
    struct message message;
    TRY(message_create(at, &message));
    TRY(device_add_resource(device, "interrupt/0", message.interrupt, 0));
    uint32_t control = pci_read(at, capability + 2, 2) & ~(uint32_t)MSIX_MASK_ALL;
    use_messages(at);
    uint64_t table =
        pci_address(at->host, region.address) + (where & ~7u) + 16 * message_number(at);
    TRY(write_entry(at->host->roots, table, message));
    pci_write(at, capability + 2, 2, control | MSIX_ENABLE);
    return OK;
}

static enum status use_msi(const struct pci_function *at, struct device *device,
                           uint32_t capability)
{
    struct message message;
    uint32_t control = pci_read(at, capability + 2, 2);
    bool is_wide = (control & MSI_WIDE) != 0;
    TRY(message_create(at, &message));
    TRY(device_add_resource(device, "interrupt/0", message.interrupt, 0));
    if (message.address > UINT32_MAX && !is_wide) return ERR_NOT_SUPPORTED;
    use_messages(at);
    pci_write(at, capability + 4, 4, (uint32_t)message.address);
    if (is_wide) pci_write(at, capability + 8, 4, (uint32_t)(message.address >> 32));
    pci_write(at, capability + (is_wide ? 12 : 8), 2, message.data);
    pci_write(at, capability + 2, 2, (control & ~(uint32_t)MSI_COUNT) | MSI_ENABLE);
    return OK;
}

// Behind a bridge, a slot's pins come out at the next ones (PCI-to-PCI Bridge 1.2, section 9.1).
static enum status use_pin(const struct pci_function *at, struct device *device)
{
    const struct pci_host *host = at->host;
    struct dtb_interrupt line;
    uint32_t number, flags, pin = pci_read(at, CONFIG_PIN, 1);
    if (pin < 1 || pin > 4 || host->node == nullptr) return ERR_NOT_FOUND;
    const struct pci_function *from = at;
    for (; from->bridge != nullptr; from = from->bridge) pin = (pin - 1 + from->slot) % 4 + 1;
    uint32_t place =
        (uint32_t)from->bus << 16 | (uint32_t)from->slot << 11 | (uint32_t)from->function << 8;
    if (!dtb_pci_interrupt(host->tree, host->node, place, pin, &line)) return ERR_NOT_FOUND;
    if (!tree_interrupt(&line, &number, &flags)) return ERR_NOT_SUPPORTED;
    pci_write(at, CONFIG_COMMAND, 2, pci_read(at, CONFIG_COMMAND, 2) & ~(uint32_t)COMMAND_NO_PIN);
    return device_add_interrupt(device, host->roots, "interrupt/0", number, flags);
}

enum status pci_add_message(const struct pci_function *at, struct device *device)
{
    enum status status = ERR_NOT_FOUND;
    uint32_t msix = pci_capability(at, CAPABILITY_MSIX, 0);
    uint32_t msi = pci_capability(at, CAPABILITY_MSI, 0);
    if (msix != 0) status = use_msix(at, device, msix);
    if (status == ERR_NOT_FOUND && msi != 0) status = use_msi(at, device, msi);
    return status;
}

enum status pci_add_interrupt(const struct pci_function *at, struct device *device, bool *is_pin)
{
    *is_pin = false;
    enum status status = pci_add_message(at, device);
    if (status != ERR_NOT_FOUND && status != ERR_NOT_SUPPORTED) return status;
    *is_pin = true;
    return use_pin(at, device);
}

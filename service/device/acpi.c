// SPDX-License-Identifier: MIT
// ACPI's static tables through windows of physical memory, which stay mapped: there are few of
// them.
#include "acpi.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/status.h>
#include <stdio.h>

static struct acpi tables;
static bool is_open;

static const void *map(void *context, uint64_t physical, size_t size)
{
    const struct roots *roots = context;
    uint64_t first = physical & ~(uint64_t)(FE_PAGE_SIZE - 1);
    size_t whole = fe_page_round((size_t)(physical - first) + size);
    FE_HANDLE range = FE_NO_HANDLE, window = FE_NO_HANDLE;
    void *at;
    if (fe_resource_derive(roots->memory, RESOURCE_MEMORY, first, whole, &range) != OK ||
        fe_memory_window(range, first, whole, MEMORY_CACHED, &window) != OK ||
        fe_memory_map(window, 0, whole, MAP_READ, &at) != OK) {
        return nullptr;
    }
    return (const uint8_t *)at + (physical - first);
}

void firmware_open(const struct roots *roots, uint64_t rsdp)
{
    static struct roots kept;
    kept = *roots;
    const struct acpi_source source = {.map = map, .context = &kept};
    is_open = acpi_open(&tables, &source, rsdp);
    if (!is_open && rsdp != 0) fe_log("ACPI: no tables at %llx", (unsigned long long)rsdp);
}

uint32_t firmware_isa_interrupt(uint8_t isa, uint32_t *flags)
{
    struct acpi_table madt;
    uint32_t line = isa;
    uint16_t wiring = 0;
    if (is_open && acpi_find(&tables, "APIC", 0, &madt))
        acpi_isa_interrupt(&madt, isa, &line, &wiring);
    // The ISA bus itself is edge-triggered and active high.
    *flags = (wiring & ACPI_TRIGGER) == ACPI_LEVEL ? INTERRUPT_LEVEL : INTERRUPT_EDGE;
    if ((wiring & ACPI_POLARITY) == ACPI_ACTIVE_LOW) *flags |= INTERRUPT_ACTIVE_LOW;
    return line;
}

bool firmware_serial_port(uint16_t *port, uint32_t *interrupt)
{
    struct acpi_table spcr;
    struct acpi_console console;
    if (!is_open || !acpi_find(&tables, "SPCR", 0, &spcr) || !acpi_console_read(&spcr, &console))
        return false;
    bool is_16550 = console.type == ACPI_CONSOLE_16550 || console.type == ACPI_CONSOLE_16450 ||
                    console.type == ACPI_CONSOLE_16550_AT;
    if (!is_16550 || console.registers.space != ACPI_PORT ||
        console.registers.address > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)console.registers.address;
    *interrupt = console.line;
    return true;
}

// The console's UART; whatever else the machine has only byte code (DSDT) tells.
static enum status describe_uart(struct device *device, const struct roots *roots,
                                 const struct acpi_console *console)
{
    uint64_t address = console->registers.address;
    // What a PL011, and what others have of it, is called in byte code.
    device_add_id(device, console->type == ACPI_CONSOLE_PL011 ? "ARMH0011" : "ARMHB000");
    snprintf(device->location, sizeof(device->location), "serial port %llx",
             (unsigned long long)address);
    TRY(device_add_window(device, roots, "registers/0", address, FE_PAGE_SIZE));
    return device_add_interrupt(device, roots, "interrupt/0", console->line, INTERRUPT_LEVEL);
}

enum status firmware_enumerate(const struct roots *roots)
{
    struct acpi_table spcr;
    struct acpi_console console;
    if (!is_open || !acpi_find(&tables, "SPCR", 0, &spcr) || !acpi_console_read(&spcr, &console))
        return OK;
    bool is_pl011 = console.type == ACPI_CONSOLE_PL011 || console.type == ACPI_CONSOLE_SBSA ||
                    console.type == ACPI_CONSOLE_SBSA_32;
    if (!is_pl011 || console.registers.space != ACPI_MEMORY || console.line == 0) return OK;
    struct device *device = device_new("acpi");
    if (device == nullptr) return ERR_NO_MEMORY;
    enum status status = describe_uart(device, roots, &console);
    if (status == OK)
        device_announce(device);
    else
        device_discard(device);
    return status;
}

// The kernel drives the first ITS that the MADT lists. False: there is none.
static bool its_find(uint32_t *its)
{
    struct acpi_table madt;
    struct acpi_controller_entry entry;
    if (!acpi_find(&tables, "APIC", 0, &madt)) return false;
    for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);) {
        if (entry.type != ACPI_GIC_ITS) continue;
        *its = entry.id;
        return true;
    }
    return false;
}

bool firmware_message_id(uint16_t segment, uint16_t requester, uint32_t *id)
{
    struct acpi_table iort;
    struct acpi_sender sender;
    uint32_t its;
    *id = (uint32_t)segment << 16 | requester;
    if (!is_open || !its_find(&its)) return true; // a frame takes messages from anybody
    if (!acpi_find(&tables, "IORT", 0, &iort)) return true;
    if (!acpi_sender_find(&iort, segment, requester, &sender) || sender.its != its) return false;
    *id = sender.id;
    return true;
}

bool firmware_pci_segment(uint32_t index, struct acpi_pci_segment *segment)
{
    struct acpi_table mcfg;
    return is_open && acpi_find(&tables, "MCFG", 0, &mcfg) &&
           acpi_pci_segment(&mcfg, index, segment);
}

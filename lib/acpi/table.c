// SPDX-License-Identifier: MIT
// Tables that describe interrupt controllers, the timer, PCI and the serial console.
#include <acpi/acpi.h>
#include "lib/acpi/field.h"

enum : size_t {
    MADT_ENTRIES = 44,
    MCFG_ENTRIES = 44,
    MCFG_ENTRY = 16,
    SPCR_SIZE = 59,
    HPET_SIZE = 56,
    GTDT_VIRTUAL = 64,
    GTDT_SIZE = 80,
};

// The least size of each kind of entry that is decoded.
static const uint8_t entry_size[] = {
    [ACPI_LAPIC] = 8,
    [ACPI_IOAPIC] = 12,
    [ACPI_OVERRIDE] = 10,
    [ACPI_NMI_SOURCE] = 8,
    [ACPI_LAPIC_NMI] = 6,
    [ACPI_LAPIC_ADDRESS] = 12,
    [ACPI_X2APIC] = 16,
    [ACPI_GIC_CPU] = 76,
    [ACPI_GIC_DISTRIBUTOR] = 24,
    [ACPI_GIC_FRAME] = 24,
    [ACPI_GIC_REDISTRIBUTORS] = 16,
    [ACPI_GIC_ITS] = 20,
};

static void gic_decode(const uint8_t *at, struct acpi_controller_entry *entry)
{
    switch (entry->type) {
    case ACPI_GIC_CPU:
        entry->id = field_32(at + 4);
        entry->flags = field_32(at + 12);
        entry->address = field_64(at + 32);
        entry->redistributor = field_64(at + 60);
        entry->affinity = field_64(at + 68);
        break;
    case ACPI_GIC_DISTRIBUTOR:
        entry->address = field_64(at + 8);
        entry->version = at[20];
        break;
    case ACPI_GIC_FRAME:
        entry->address = field_64(at + 8);
        entry->flags = field_32(at + 16);
        entry->count = field_16(at + 20);
        entry->line = field_16(at + 22);
        break;
    case ACPI_GIC_REDISTRIBUTORS:
        entry->address = field_64(at + 4);
        entry->size = field_32(at + 12);
        break;
    case ACPI_GIC_ITS:
        entry->id = field_32(at + 4);
        entry->address = field_64(at + 8);
        break;
    default: break;
    }
}

static void entry_decode(const uint8_t *at, struct acpi_controller_entry *entry)
{
    switch (entry->type) {
    case ACPI_LAPIC:
        entry->id = at[3];
        entry->flags = field_32(at + 4);
        break;
    case ACPI_IOAPIC:
        entry->id = at[2];
        entry->address = field_32(at + 4);
        entry->line = field_32(at + 8);
        break;
    case ACPI_OVERRIDE:
        entry->source = at[3];
        entry->line = field_32(at + 4);
        entry->flags = field_16(at + 8);
        break;
    case ACPI_NMI_SOURCE:
        entry->flags = field_16(at + 2);
        entry->line = field_32(at + 4);
        break;
    case ACPI_LAPIC_NMI:
        entry->id = at[2];
        entry->flags = field_16(at + 3);
        entry->source = at[5];
        break;
    case ACPI_LAPIC_ADDRESS: entry->address = field_64(at + 4); break;
    case ACPI_X2APIC:
        entry->id = field_32(at + 4);
        entry->flags = field_32(at + 8);
        break;
    default: gic_decode(at, entry); break;
    }
}

bool acpi_controller_next(const struct acpi_table *madt, size_t *position,
                          struct acpi_controller_entry *entry)
{
    if (*position < MADT_ENTRIES) *position = MADT_ENTRIES;
    if (*position > madt->size || madt->size - *position < 2) return false;

    const uint8_t *at = madt->data + *position;
    uint8_t type = at[0], size = at[1];
    if (size < 2 || size > madt->size - *position) return false;
    if (type < sizeof(entry_size) && size < entry_size[type]) return false;
    *entry = (struct acpi_controller_entry){.type = type};
    entry_decode(at, entry);
    *position += size;
    return true;
}

uint64_t acpi_lapic_address(const struct acpi_table *madt)
{
    struct acpi_controller_entry entry;
    uint64_t address = madt->size >= MADT_ENTRIES ? field_32(madt->data + 36) : 0;

    for (size_t position = 0; acpi_controller_next(madt, &position, &entry);) {
        if (entry.type == ACPI_LAPIC_ADDRESS) address = entry.address;
    }
    return address;
}

void acpi_isa_interrupt(const struct acpi_table *madt, uint8_t isa, uint32_t *line, uint16_t *flags)
{
    struct acpi_controller_entry entry;

    *line = isa;
    *flags = 0;
    for (size_t position = 0; acpi_controller_next(madt, &position, &entry);) {
        if (entry.type != ACPI_OVERRIDE || entry.source != isa) continue;
        *line = entry.line;
        *flags = (uint16_t)entry.flags;
    }
}

bool acpi_timer_read(const struct acpi_table *gtdt, uint32_t *line)
{
    if (gtdt->size < GTDT_SIZE) return false;
    *line = field_32(gtdt->data + GTDT_VIRTUAL);
    return *line != 0;
}

bool acpi_hpet_read(const struct acpi_table *hpet, struct acpi_register *registers)
{
    return hpet->size >= HPET_SIZE && field_register(hpet, 40, registers);
}

bool acpi_pci_segment(const struct acpi_table *mcfg, uint32_t index, struct acpi_pci_segment *out)
{
    size_t count = mcfg->size < MCFG_ENTRIES ? 0 : (mcfg->size - MCFG_ENTRIES) / MCFG_ENTRY;
    if (index >= count) return false;

    const uint8_t *at = mcfg->data + MCFG_ENTRIES + index * MCFG_ENTRY;
    *out = (struct acpi_pci_segment){.address = field_64(at),
                                     .segment = field_16(at + 8),
                                     .first_bus = at[10],
                                     .last_bus = at[11]};
    return out->last_bus >= out->first_bus;
}

bool acpi_console_read(const struct acpi_table *spcr, struct acpi_console *console)
{
    *console = (struct acpi_console){};
    if (spcr->size < SPCR_SIZE || !field_register(spcr, 40, &console->registers)) return false;

    const uint8_t *data = spcr->data;
    bool is_global = data[52] & ~1u; // an IO-APIC, GIC or PLIC line rather than only an 8259's
    console->type = data[36];
    console->line = is_global ? field_32(data + 54) : data[53];
    console->baud_code = data[58];
    return true;
}

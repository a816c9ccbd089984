// SPDX-License-Identifier: MIT
// A machine's description by ACPI's static tables (ACPI 6.5, sections 5.2.9 FADT, 5.2.12 MADT and
// 5.2.25 GTDT; Microsoft's SPCR). They tell no sizes where the architecture does.
#include "description.h"
#include <acpi/acpi.h>
#include <arch/arch.h>

enum : uint64_t { AFFINITY = 0xff'00ff'ffff }; // of MPIDR_EL1
enum : uint64_t {
    CONSOLE_SIZE = 0x1000,
    DISTRIBUTOR_SIZE = 0x1000, // of version 2
    CPU_INTERFACE_SIZE = 0x2000,
    FRAME_SIZE = 0x1000,
    DISTRIBUTOR_SIZE_V3 = 0x10000,
    REDISTRIBUTOR_SIZE = 0x20000,
    ITS_SIZE = 0x20000,
};

static struct acpi acpi;
static struct acpi_table madt;

static const void *map(void *, uint64_t physical, size_t size)
{
    return arch_map_device(physical, size, SPACE_READ);
}

static bool is_usable(const struct acpi_controller_entry *entry)
{
    return entry->type == ACPI_GIC_CPU &&
           (entry->flags & (ACPI_CPU_ENABLED | ACPI_CPU_CAN_ENABLE)) != 0;
}

static void cpus(void (*found)(uint64_t affinity))
{
    struct acpi_controller_entry entry;
    for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);)
        if (is_usable(&entry)) found(entry.affinity & AFFINITY);
}

// Each CPU tells of its own unless there are entries for many.
static bool redistributors(uint32_t index, struct place *place)
{
    struct acpi_controller_entry entry;
    uint32_t seen = 0;
    for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);) {
        if (entry.type != ACPI_GIC_REDISTRIBUTORS || seen++ != index) continue;
        *place = (struct place){entry.address, entry.size};
        return true;
    }
    if (seen > 0) return false;
    for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);) {
        if (!is_usable(&entry) || entry.redistributor == 0 || seen++ != index) continue;
        *place = (struct place){entry.redistributor, REDISTRIBUTOR_SIZE};
        return true;
    }
    return false;
}

static void take_entry(struct description *description, const struct acpi_controller_entry *entry)
{
    switch (entry->type) {
    case ACPI_GIC_CPU:
        if (entry->address == 0) break;
        description->cpu_interface = (struct place){entry->address, CPU_INTERFACE_SIZE};
        break;
    case ACPI_GIC_DISTRIBUTOR:
        description->distributor = (struct place){entry->address, DISTRIBUTOR_SIZE};
        description->gic_version = entry->version;
        break;
    case ACPI_GIC_FRAME:
        description->message_frame = (struct place){entry->address, FRAME_SIZE};
        if ((entry->flags & ACPI_FRAME_TOLD) == 0) break;
        description->message_first = entry->line;
        description->message_count = entry->count;
        break;
    case ACPI_GIC_ITS: // the first: service/device counts on that
        if (description->its.size == 0) description->its = (struct place){entry->address, ITS_SIZE};
        break;
    default: break;
    }
}

static void find_gic(struct description *description)
{
    struct acpi_controller_entry entry;
    struct place place;
    if (!acpi_find(&acpi, "APIC", 0, &madt)) return;
    description->cpus = cpus;
    for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);)
        take_entry(description, &entry);
    if (description->distributor.size == 0) return; // and no version either
    bool is_third = description->gic_version >= 3;  // 4 is 3 and more for virtual machines
    if (description->gic_version == 0) is_third = redistributors(0, &place);
    description->gic_version = is_third ? 3 : 2;
    if (!is_third) return;
    description->distributor.size = DISTRIBUTOR_SIZE_V3;
    description->redistributors = redistributors;
}

static void find_console(struct description *description)
{
    struct acpi_table spcr;
    struct acpi_console console;
    if (!acpi_find(&acpi, "SPCR", 0, &spcr) || !acpi_console_read(&spcr, &console)) return;
    bool is_part = console.type == ACPI_CONSOLE_SBSA || console.type == ACPI_CONSOLE_SBSA_32;
    if (!is_part && console.type != ACPI_CONSOLE_PL011) return;
    if (console.registers.space != ACPI_MEMORY) return;
    description->console = (struct place){console.registers.address, CONSOLE_SIZE};
    description->is_console_ready = is_part;
}

static void no_cpus(void (*)(uint64_t)) {}

void describe_by_acpi(struct description *description, uint64_t rsdp)
{
    static const struct acpi_source source = {.map = map};
    struct acpi_table table;
    struct acpi_fixed fixed;
    *description = (struct description){.cpus = no_cpus};
    if (!acpi_open(&acpi, &source, rsdp)) return;
    find_console(description);
    if (acpi_find(&acpi, "GTDT", 0, &table))
        (void)acpi_timer_read(&table, &description->timer_interrupt);
    if (acpi_find(&acpi, "FACP", 0, &table) && acpi_fixed_read(&table, &fixed) && fixed.has_psci)
        description->conduit = fixed.psci_by_hvc ? CONDUIT_HVC : CONDUIT_SMC;
    find_gic(description);
}

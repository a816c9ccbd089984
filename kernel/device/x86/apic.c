// SPDX-License-Identifier: MIT
// Interrupts of a PC by number. A line is numbered as ACPI does (global system interrupt); its
// polarity and trigger come from the MADT's overrides where there is one, else from who configures
// it. Messages have numbers above all lines: MESSAGE_FIRST + vector. Guarded by the kernel lock.
#include "kernel/device/x86/apic.h"
#include <arch/arch.h>
#include "kernel/device/device.h"
#include "kernel/device/x86/lapic.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"

enum : uint32_t {
    IOAPIC_VERSION = 1,
    IOAPIC_ROUTE = 0x10,
    ROUTE_ACTIVE_LOW = 1u << 13,
    ROUTE_LEVEL = 1u << 15,
    ROUTE_MASKED = 1u << 16,
    MESSAGE_FIRST = 0x1000,
    ISA_COUNT = 16,
};
enum : uint64_t { MESSAGE_ADDRESS = 0xfee0'0000 };
enum : size_t { REGISTERS_SIZE = 32 };

struct ioapic {
    struct ioapic *next;
    volatile uint32_t *select, *window;
    uint32_t first, count; // global interrupts
};
static struct slab ioapic_slab;
static struct ioapic *ioapics;
static struct acpi_table madt;

static uint32_t ioapic_read(const struct ioapic *ioapic, uint32_t index)
{
    *ioapic->select = index;
    return *ioapic->window;
}

static void ioapic_write(const struct ioapic *ioapic, uint32_t index, uint32_t value)
{
    *ioapic->select = index;
    *ioapic->window = value;
}

static struct ioapic *ioapic_find(uint32_t number)
{
    struct ioapic *ioapic = ioapics;

    while (ioapic != nullptr && number - ioapic->first >= ioapic->count) ioapic = ioapic->next;
    return ioapic;
}

static uint32_t route_index(const struct ioapic *ioapic, uint32_t number)
{
    return IOAPIC_ROUTE + 2 * (number - ioapic->first);
}

static bool apic_is_valid(uint32_t number)
{
    return ioapic_find(number) != nullptr;
}

// What the board says of a line's wiring wins over what a driver believes.
static uint32_t wiring(uint32_t number, uint32_t flags)
{
    struct acpi_controller_entry entry;

    for (size_t position = 0; acpi_controller_next(&madt, &position, &entry);) {
        if (entry.type != ACPI_OVERRIDE || entry.line != number) continue;
        if ((entry.flags & ACPI_TRIGGER) == ACPI_EDGE) flags |= INTERRUPT_EDGE;
        if ((entry.flags & ACPI_TRIGGER) == ACPI_LEVEL) flags &= ~(uint32_t)INTERRUPT_EDGE;
        if ((entry.flags & ACPI_POLARITY) == ACPI_ACTIVE_LOW) flags |= INTERRUPT_ACTIVE_LOW;
        if ((entry.flags & ACPI_POLARITY) == ACPI_ACTIVE_HIGH) {
            flags &= ~(uint32_t)INTERRUPT_ACTIVE_LOW;
        }
        return flags;
    }
    return number < ISA_COUNT ? INTERRUPT_EDGE : flags;
}

static enum status apic_configure(uint32_t number, uint32_t *flags)
{
    const struct ioapic *ioapic = ioapic_find(number);
    if (ioapic == nullptr) return ERR_BAD_ARGUMENT;

    uint32_t index = route_index(ioapic, number);
    uint32_t vector = ioapic_read(ioapic, index) & 0xff;
    if (vector < LAPIC_FIRST) TRY(vector_allocate(number, &vector));

    uint32_t route = vector | ROUTE_MASKED;
    *flags = wiring(number, *flags);
    if (!(*flags & INTERRUPT_EDGE)) route |= ROUTE_LEVEL;
    if (*flags & INTERRUPT_ACTIVE_LOW) route |= ROUTE_ACTIVE_LOW;
    ioapic_write(ioapic, index, ROUTE_MASKED);
    ioapic_write(ioapic, index + 1, (uint32_t)arch_cpu()->hardware_id << 24); // its driver's CPU
    ioapic_write(ioapic, index, route);
    return OK;
}

static void apic_signal(struct cpu *cpu)
{
    lapic_send((uint32_t)cpu->hardware_id, LAPIC_SIGNAL);
}

static void apic_mask(uint32_t number)
{
    const struct ioapic *ioapic = ioapic_find(number);
    if (ioapic == nullptr) return; // a message: it comes once for each cause

    uint32_t index = route_index(ioapic, number);
    ioapic_write(ioapic, index, ioapic_read(ioapic, index) | ROUTE_MASKED);
}

static void apic_unmask(uint32_t number)
{
    const struct ioapic *ioapic = ioapic_find(number);
    if (ioapic == nullptr) return;

    uint32_t index = route_index(ioapic, number);
    ioapic_write(ioapic, index, ioapic_read(ioapic, index) & ~(uint32_t)ROUTE_MASKED);
}

static enum status apic_message_allocate(uint32_t device, uint32_t *number, uint64_t *address,
                                         uint32_t *data)
{
    uint32_t vector;

    TRY(vector_allocate(MESSAGE_FIRST, &vector));
    vector_free(vector);
    *number = MESSAGE_FIRST + vector;
    TRY(vector_allocate(*number, &vector));
    *address = MESSAGE_ADDRESS | (arch_cpu()->hardware_id & 0xff) << 12;
    *data = vector; // edge, fixed delivery
    return OK;
}

static void apic_message_free(uint32_t number)
{
    vector_free(number - MESSAGE_FIRST);
}

static const struct interrupt_controller apic = {
    .name = "apic",
    .init_cpu = lapic_init_cpu,
    .signal = apic_signal,
    .is_valid = apic_is_valid,
    .configure = apic_configure,
    .mask = apic_mask,
    .unmask = apic_unmask,
    .message_allocate = apic_message_allocate,
    .message_free = apic_message_free,
};

static void ioapic_add(uint64_t physical, uint32_t first)
{
    volatile uint8_t *registers =
        arch_map_device(physical, REGISTERS_SIZE, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
    struct ioapic *ioapic = slab_allocate(&ioapic_slab);
    if (registers == nullptr || ioapic == nullptr) boot_refuse("too little memory for an I/O APIC");

    ioapic->select = (volatile uint32_t *)registers;
    ioapic->window = (volatile uint32_t *)(registers + 0x10);
    ioapic->first = first;
    ioapic->count = (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff) + 1;
    for (uint32_t i = 0; i < ioapic->count; i++) {
        ioapic_write(ioapic, IOAPIC_ROUTE + 2 * i, ROUTE_MASKED);
    }
    ioapic->next = ioapics;
    ioapics = ioapic;
}

void apic_init(const struct acpi_table *table)
{
    struct acpi_controller_entry entry;

    madt = *table;
    slab_init(&ioapic_slab, "ioapic", sizeof(struct ioapic));
    pic_mask();
    lapic_init(acpi_lapic_address(table));
    for (size_t position = 0; acpi_controller_next(table, &position, &entry);) {
        if (entry.type == ACPI_IOAPIC) ioapic_add(entry.address, entry.line);
    }
    if (ioapics == nullptr) panic("ACPI tells of no I/O APIC");
    interrupt_controller_register(&apic);
}

// (8259A data sheet: initialisation command words 1 to 4.)
void pic_mask(void)
{
    enum : uint16_t { MASTER = 0x20, SLAVE = 0xa0 };
    enum : uint8_t { BEGIN = 0x11, CASCADE = 2, MODE_8086 = 1, ALL = 0xff };

    for (uint16_t port = MASTER;; port = SLAVE) {
        bool is_slave = port == SLAVE;
        port_out8(port, BEGIN);
        port_out8(port + 1, is_slave ? 0x28 : 0x20);
        port_out8(port + 1, is_slave ? CASCADE : 1u << CASCADE);
        port_out8(port + 1, MODE_8086);
        port_out8(port + 1, ALL);
        if (is_slave) break;
    }
}

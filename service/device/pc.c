// SPDX-License-Identifier: MIT
// The PC's fixed devices that no bus lists: serial ports where the firmware says that it has its
// console, and at the addresses that the architecture has kept since the PC/AT. Each is looked for
// by its scratch register before it counts as a device, so an absent one is none.
#include "acpi.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <stdio.h>

struct serial_port {
    uint16_t base;
    uint8_t interrupt; // ISA line
};

static const struct serial_port serial_ports[] = {{0x3f8, 4}, {0x2f8, 3}, {0x3e8, 4}, {0x2e8, 3}};

enum : uint32_t { SERIAL_SIZE = 8, SERIAL_SCRATCH = 7 };

// Whether a register that does nothing keeps what is written to it.
static bool is_there(fe_handle ports, uint32_t base)
{
    uint32_t first = 0, second = 0;
    (void)fe_port_write(ports, base + SERIAL_SCRATCH, 1, 0x5a);
    (void)fe_port_read(ports, base + SERIAL_SCRATCH, 1, &first);
    (void)fe_port_write(ports, base + SERIAL_SCRATCH, 1, 0xa5);
    (void)fe_port_read(ports, base + SERIAL_SCRATCH, 1, &second);
    return first == 0x5a && second == 0xa5;
}

static enum status add_serial(const struct roots *roots, uint16_t base, uint32_t interrupt,
                              uint32_t flags)
{
    FE_HANDLE ports = FE_NO_HANDLE;
    TRY(fe_resource_derive(roots->port, RESOURCE_PORT, base, SERIAL_SIZE, &ports));
    if (!is_there(ports, base)) return OK;
    struct device *device = device_new("pc");
    if (device == nullptr) return ERR_NO_MEMORY;
    device_add_id(device, "16550");
    snprintf(device->location, sizeof(device->location), "serial port %x", base);
    enum status status = device_add_resource(device, "port", fe_handle_take(&ports), base);
    if (status == OK) status = device_add_interrupt(device, roots, "interrupt/0", interrupt, flags);
    if (status == OK) {
        device_announce(device);
        return OK;
    }
    device_discard(device);
    // Two ports may share a line; the second one is left alone then.
    return status == ERR_BUSY ? OK : status;
}

enum : uint32_t { CMOS_BASE = 0x70, CMOS_SIZE = 2, CMOS_STATUS_D = 0x0d, CMOS_VALID = 0x80 };

// The real-time clock, whose status register D says that its memory is valid.
static enum status add_cmos(const struct roots *roots)
{
    FE_HANDLE ports = FE_NO_HANDLE;
    uint32_t status_d = 0;
    TRY(fe_resource_derive(roots->port, RESOURCE_PORT, CMOS_BASE, CMOS_SIZE, &ports));
    (void)fe_port_write(ports, CMOS_BASE, 1, CMOS_STATUS_D);
    (void)fe_port_read(ports, CMOS_BASE + 1, 1, &status_d);
    if (status_d != CMOS_VALID) return OK;
    struct device *device = device_new("pc");
    if (device == nullptr) return ERR_NO_MEMORY;
    device_add_id(device, "cmos");
    snprintf(device->location, sizeof(device->location), "real-time clock %x", CMOS_BASE);
    TRY(device_add_resource(device, "port", fe_handle_take(&ports), CMOS_BASE));
    device_announce(device);
    return OK;
}

enum status pc_enumerate(const struct roots *roots)
{
    uint16_t console = 0;
    uint32_t line, flags;
    if (roots->port == FE_NO_HANDLE) return OK;
    // Global interrupts below 16 are the ISA bus's unless the board says otherwise.
    if (firmware_serial_port(&console, &line) && line != 0)
        TRY(add_serial(roots, console, line, line < 16 ? INTERRUPT_EDGE : INTERRUPT_LEVEL));
    else
        console = 0;
    for (size_t i = 0; i < sizeof(serial_ports) / sizeof(serial_ports[0]); i++) {
        if (serial_ports[i].base == console) continue;
        line = firmware_isa_interrupt(serial_ports[i].interrupt, &flags);
        TRY(add_serial(roots, serial_ports[i].base, line, flags));
    }
    return add_cmos(roots);
}

// SPDX-License-Identifier: MIT
// I/O ports for user-space drivers, through the calls port_read and port_write.
#include "kernel/device/x86/port_io.h"
#include "kernel/device/port.h"
#include <arch/arch.h>

static uint32_t x86_port_read(uint16_t port, uint32_t width)
{
    if (width == 1) return port_in8(port);
    return width == 2 ? port_in16(port) : port_in32(port);
}

static void x86_port_write(uint16_t port, uint32_t width, uint32_t value)
{
    if (width == 1) {
        port_out8(port, (uint8_t)value);
    } else if (width == 2) {
        port_out16(port, (uint16_t)value);
    } else {
        port_out32(port, value);
    }
}

static const struct port_access access = {.read = x86_port_read, .write = x86_port_write};

void port_io_init(void)
{
    port_access = &access;
}

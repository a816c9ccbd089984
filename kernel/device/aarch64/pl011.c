// SPDX-License-Identifier: MIT
// Debug console on an Arm PL011 UART (Arm DDI 0183), as firmware set it up.
#include "description.h"
#include "driver.h"
#include "kernel/device/device.h"
#include <arch/arch.h>

enum : uint32_t {
    DATA = 0x00,
    FLAGS = 0x18,
    LINE_CONTROL = 0x2c,
    CONTROL = 0x30,
    FLAG_FULL = 1u << 5,
    LINE_FIFO_8_BITS = 0x70,
    CONTROL_ENABLE_BOTH = 0x301,
};

static volatile uint8_t *uart;

static bool put(char character)
{
    if (mmio_read(uart, FLAGS) & FLAG_FULL) return false;
    mmio_write(uart, DATA, (uint8_t)character);
    return true;
}

static const struct debug_console console = {.name = "pl011", .put = put};

bool pl011_init(const struct description *description)
{
    uart = driver_map(&description->console);
    if (uart == nullptr) return false;
    if (!description->is_console_ready && !(mmio_read(uart, CONTROL) & 1)) { // nobody used it yet
        mmio_write(uart, LINE_CONTROL, LINE_FIFO_8_BITS);
        mmio_write(uart, CONTROL, CONTROL_ENABLE_BOTH);
    }
    debug_console_register(&console);
    return true;
}

volatile void *driver_map(const struct place *place)
{
    if (place->size == 0) return nullptr;
    return arch_map_device(place->base, place->size, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
}

// SPDX-License-Identifier: MIT
// 16550 serial port, transmitting only: what early boot and panics need. The driver process takes
// the chip over later. Registers are I/O ports or memory. (PC16550D data sheet.)
#include "kernel/device/x86/ns16550.h"
#include <arch/arch.h>
#include "kernel/device/device.h"

enum : uint32_t {
    DATA = 0,
    INTERRUPTS = 1,
    FIFO = 2,
    LINE = 3,
    MODEM = 4,
    STATUS = 5,
    SCRATCH = 7,

    LINE_8N1 = 3,
    LINE_DIVISOR = 1u << 7,
    FIFO_ENABLE_CLEAR = 7,
    MODEM_READY = 3, // DTR, RTS
    STATUS_EMPTY = 1u << 5,
    DIVISOR_115200 = 1,
    REGISTER_COUNT = 8,
    GENERIC_16550 = 18, // in SPCR, as 0 and 1
    FIFO_SIZE = 16,
};

static volatile uint8_t *memory; // nullptr: ports
static uint16_t port;
static uint32_t stride = 1;

static uint8_t uart_read(uint32_t index)
{
    if (memory != nullptr) return memory[index * stride];
    return port_in8((uint16_t)(port + index));
}

static void uart_write(uint32_t index, uint8_t value)
{
    if (memory != nullptr) {
        memory[index * stride] = value;
    } else {
        port_out8((uint16_t)(port + index), value);
    }
}

// A transmitter that is empty takes as much as its FIFO holds.
static bool put(char character)
{
    static uint32_t room;
    if (room == 0) {
        if (!(uart_read(STATUS) & STATUS_EMPTY)) return false;
        room = FIFO_SIZE;
    }
    room--;
    uart_write(DATA, (uint8_t)character);
    return true;
}

static const struct debug_console console = {.name = "16550", .put = put};

// A chip is there when its scratch register keeps two different values.
static bool ns16550_probe(void)
{
    uart_write(SCRATCH, 0x5a);
    if (uart_read(SCRATCH) != 0x5a) return false;
    uart_write(SCRATCH, 0xa5);
    return uart_read(SCRATCH) == 0xa5;
}

static bool ns16550_find(const struct acpi_console *where)
{
    static const uint16_t usual[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

    if (where != nullptr && where->registers.space == ACPI_MEMORY) {
        stride = where->registers.bits > 8 ? where->registers.bits / 8 : 1;
        memory = arch_map_device(where->registers.address, REGISTER_COUNT * stride,
                                 SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
        return memory != nullptr;
    }
    if (where != nullptr && where->registers.space == ACPI_PORT) {
        port = (uint16_t)where->registers.address;
        return ns16550_probe();
    }
    for (uint32_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        port = usual[i];
        if (ns16550_probe()) return true;
    }
    return false;
}

bool ns16550_open(const struct acpi_console *where)
{
    bool keeps_speed = where != nullptr && where->baud_code == 0;
    bool is_other = where != nullptr && where->type > 1 && where->type != GENERIC_16550;

    if (is_other || !ns16550_find(where)) return false;
    uart_write(INTERRUPTS, 0);
    if (!keeps_speed) {
        uart_write(LINE, LINE_8N1 | LINE_DIVISOR);
        uart_write(DATA, DIVISOR_115200);
        uart_write(INTERRUPTS, 0); // high byte of the divisor
    }
    uart_write(LINE, LINE_8N1);
    uart_write(FIFO, FIFO_ENABLE_CLEAR);
    uart_write(MODEM, MODEM_READY);
    debug_console_register(&console);
    return true;
}

// SPDX-License-Identifier: MIT
// 16550 serial port (PC16550D data sheet), its registers in memory or in I/O ports.
#include "kernel/device/ns16550.h"
#include "kernel/device/device.h"
#include "kernel/device/port.h"

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
    FIFO_SIZE = 16,
};

static struct ns16550 uart;

static uint32_t read(const struct ns16550 *place, uint32_t number)
{
    if (place->memory == nullptr) return port_access->read((uint16_t)(place->port + number), 1);
    volatile uint8_t *at = place->memory + (number << place->shift);
    return place->width == 4 ? *(volatile uint32_t *)at : *at;
}

static void write(const struct ns16550 *place, uint32_t number, uint32_t value)
{
    if (place->memory == nullptr) {
        port_access->write((uint16_t)(place->port + number), 1, value);
        return;
    }
    volatile uint8_t *at = place->memory + (number << place->shift);
    if (place->width == 4)
        *(volatile uint32_t *)at = value;
    else
        *at = (uint8_t)value;
}

// A transmitter that is empty takes as much as its FIFO holds.
static bool put(char character)
{
    static uint32_t room;
    if (room == 0) {
        if (!(read(&uart, STATUS) & STATUS_EMPTY)) return false;
        room = FIFO_SIZE;
    }
    room--;
    write(&uart, DATA, (uint8_t)character);
    return true;
}

static const struct debug_console console = {.name = "16550", .put = put};

bool ns16550_is_there(const struct ns16550 *place)
{
    write(place, SCRATCH, 0x5a);
    if (read(place, SCRATCH) != 0x5a) return false;
    write(place, SCRATCH, 0xa5);
    return read(place, SCRATCH) == 0xa5;
}

static void set_up(bool keeps_speed)
{
    write(&uart, INTERRUPTS, 0);
    if (!keeps_speed) {
        write(&uart, LINE, LINE_8N1 | LINE_DIVISOR);
        write(&uart, DATA, DIVISOR_115200);
        write(&uart, INTERRUPTS, 0); // high byte of the divisor
    }
    write(&uart, LINE, LINE_8N1);
    write(&uart, FIFO, FIFO_ENABLE_CLEAR);
    write(&uart, MODEM, MODEM_READY);
}

void ns16550_open(const struct ns16550 *place, enum ns16550_setup setup)
{
    uart = *place;
    if (setup != NS16550_AS_IT_IS) set_up(setup == NS16550_AT_ITS_SPEED);
    debug_console_register(&console);
}

// SPDX-License-Identifier: MIT
// Driver of the Arm PrimeCell UART (PL011, technical reference manual DDI 0183), and of what Arm's
// servers must have of it (Server Base System Architecture, generic UART). Firmware has set the
// line's speed; the driver turns the FIFOs on where they can be off, and leaves the rest.
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <serial/serial.h>

enum register_offset : uint32_t {
    DATA = 0x00,
    FLAGS = 0x18,
    LINE_CONTROL = 0x2c,
    CONTROL = 0x30,
    FIFO_LEVEL = 0x34,
    MASK = 0x38,
    CLEAR = 0x44,
    PART_LOW = 0xfe0, // a number that only a whole PL011 has
    PART_HIGH = 0xfe4,
};
enum : uint32_t {
    FLAG_RECEIVE_EMPTY = 1u << 4,
    FLAG_TRANSMIT_FULL = 1u << 5,
    LINE_FIFOS = 1u << 4,
    CONTROL_ENABLE = 1u << 0 | 1u << 8 | 1u << 9, // UART, transmit, receive
    INTERRUPT_RECEIVE = 1u << 4,
    INTERRUPT_TRANSMIT = 1u << 5,
    INTERRUPT_TIMEOUT = 1u << 6, // bytes wait below the FIFO's level
    INTERRUPT_ALL = 0x7ff,
    PART_LOW_PL011 = 0x11,
    PART_HIGH_MASK = 0xf,
    WINDOW_SIZE = 0x1000,
};

static volatile uint8_t *registers;
static uint32_t mask;

static uint32_t read_register(enum register_offset offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

static void write_register(enum register_offset offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

static bool pl011_receive(uint8_t *byte)
{
    if (read_register(FLAGS) & FLAG_RECEIVE_EMPTY) return false;
    *byte = (uint8_t)read_register(DATA);
    return true;
}

static bool pl011_send(uint8_t byte)
{
    if (read_register(FLAGS) & FLAG_TRANSMIT_FULL) return false;
    write_register(DATA, byte);
    return true;
}

static void pl011_wants_room(bool wants)
{
    uint32_t wanted = wants ? mask | INTERRUPT_TRANSMIT : mask & ~INTERRUPT_TRANSMIT;
    if (wanted == mask) return;
    mask = wanted;
    write_register(MASK, mask);
}

static void pl011_acknowledge(void)
{
    write_register(CLEAR, INTERRUPT_ALL);
}

static void enable(void)
{
    mask = INTERRUPT_RECEIVE | INTERRUPT_TIMEOUT;
    write_register(MASK, mask);
}

// What is there of a PL011 elsewhere has no such registers: it is on.
static void set_up(void)
{
    if ((read_register(PART_LOW) & UINT8_MAX) != PART_LOW_PL011) return;
    if ((read_register(PART_HIGH) & PART_HIGH_MASK) != 0) return;
    write_register(LINE_CONTROL, read_register(LINE_CONTROL) | LINE_FIFOS);
    write_register(FIFO_LEVEL, 0); // interrupt at one eighth
    write_register(CONTROL, read_register(CONTROL) | CONTROL_ENABLE);
}

int main(int count, char **arguments)
{
    static const struct serial_chip chip = {.name = "pl011",
                                            .receive = pl011_receive,
                                            .send = pl011_send,
                                            .wants_room = pl011_wants_room,
                                            .acknowledge = pl011_acknowledge};
    const struct fe_start_handle *window = fe_start_find("registers/0");
    void *address;
    if (window == nullptr) return 2;
    enum status status =
        fe_memory_map(window->handle, 0, WINDOW_SIZE, MAP_READ | MAP_WRITE, &address);
    if (status != OK) {
        fe_log("the registers cannot be mapped: error %d", status);
        return 3;
    }
    registers = (volatile uint8_t *)address + window->value;
    write_register(MASK, 0);
    set_up();
    serial_serve(&chip, enable);
}

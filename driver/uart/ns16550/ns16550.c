// SPDX-License-Identifier: MIT
// Driver of 16550 serial ports (PC16550D data sheet), in I/O ports or in memory. Firmware or the
// kernel has set the line's speed; the driver turns the FIFOs on.
#include <abi/syscalls.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <serial/serial.h>

enum register_number : uint32_t {
    DATA = 0,
    ENABLE = 1,
    IDENTIFY = 2, // read; written: FIFO control
    LINE = 3,
    MODEM = 4,
    STATUS = 5,
};
enum : uint32_t {
    ENABLE_RECEIVE = 1,
    ENABLE_ROOM = 2,
    IDENTIFY_NONE = 1,
    FIFO_ON = 1,
    LINE_8N1 = 3,
    MODEM_READY = 1 | 2 | 8, // DTR, RTS, and OUT2, which lets the interrupt out on a PC
    STATUS_RECEIVED = 1,
    STATUS_ROOM = 0x20, // the FIFO is empty
    FIFO_SIZE = 16,
    WINDOW_SIZE = 0x1000,
};

static volatile uint8_t *registers; // in memory, or
static fe_handle ports;             // in I/O ports from
static uint32_t port_base;
static uint32_t enabled, room;

static uint32_t read_register(enum register_number number)
{
    uint32_t value = 0xff;
    if (registers) return registers[number];
    if (fe_port_read(ports, port_base + number, 1, &value) != OK) return 0;
    return value;
}

static void write_register(enum register_number number, uint32_t value)
{
    if (registers) {
        registers[number] = (uint8_t)value;
    } else if (fe_port_write(ports, port_base + number, 1, value) != OK) {
        fe_log("the port is gone");
    }
}

static bool ns16550_receive(uint8_t *byte)
{
    if ((read_register(STATUS) & STATUS_RECEIVED) == 0) return false;
    *byte = (uint8_t)read_register(DATA);
    return true;
}

// An empty FIFO takes sixteen bytes without asking again.
static bool ns16550_send(uint8_t byte)
{
    if (room == 0 && (read_register(STATUS) & STATUS_ROOM) != 0) room = FIFO_SIZE;
    if (room == 0) return false;
    room--;
    write_register(DATA, byte);
    return true;
}

static void ns16550_wants_room(bool wants)
{
    uint32_t wanted = ENABLE_RECEIVE | (wants ? ENABLE_ROOM : 0);
    if (wanted == enabled) return;
    enabled = wanted;
    write_register(ENABLE, enabled);
}

static void ns16550_acknowledge(void)
{
    [[maybe_unused]] uint32_t cause = read_register(IDENTIFY);
}

static bool ns16550_is_pending(void)
{
    return (read_register(IDENTIFY) & IDENTIFY_NONE) == 0;
}

static void enable(void)
{
    write_register(LINE, LINE_8N1);
    write_register(IDENTIFY, FIFO_ON);
    write_register(MODEM, MODEM_READY);
    ns16550_wants_room(false);
}

int main(int count, char **arguments)
{
    static const struct serial_chip chip = {.name = "ns16550",
                                            .receive = ns16550_receive,
                                            .send = ns16550_send,
                                            .wants_room = ns16550_wants_room,
                                            .acknowledge = ns16550_acknowledge,
                                            .is_pending = ns16550_is_pending};
    const struct fe_start_handle *window = fe_start_find("registers/0");
    const struct fe_start_handle *port = fe_start_find("port");
    if (port) {
        ports = port->handle;
        port_base = (uint32_t)port->value;
    } else if (window) {
        void *address;
        if (fe_memory_map(window->handle, 0, WINDOW_SIZE, MAP_READ | MAP_WRITE, &address) != OK) {
            return 3;
        }
        registers = (volatile uint8_t *)address + window->value;
    } else {
        return 2;
    }
    write_register(ENABLE, 0);
    serial_serve(&chip, enable);
}

// SPDX-License-Identifier: MIT
// Interrupts of a device that the test itself makes fire: a PC's serial port, whose line tells once
// for each cause. Boards without I/O ports have no such line.
#include <guest/guest.h>

enum : uint32_t {
    SERIAL_LINE = 4, // of a PC's first serial port
    SERIAL_PORT = 0x3f8,
    SERIAL_SIZE = 8,
    ENABLE = SERIAL_PORT + 1,
    MODEM = SERIAL_PORT + 4,
    ENABLE_ROOM = 2,   // interrupts when the sender is empty, as it is
    MODEM_READY = 0xb, // DTR, RTS, and OUT2, which lets the interrupt out
};

static void fire(fe_handle ports)
{
    EXPECT(fe_port_write(ports, ENABLE, 1, 0) == OK);
    EXPECT(fe_port_write(ports, ENABLE, 1, ENABLE_ROOM) == OK);
}

static bool comes(fe_handle event)
{
    uint64_t bits = 0;
    enum status status = fe_event_wait(event, 1, fe_clock_after(5 * SECOND), &bits);
    return status == OK && bits == 1;
}

TEST("a line that tells once is heard before it is acknowledged, whatever its driver believes")
{
    fe_handle all = guest_resource("port"), ports, interrupt, event;
    if (all == FE_NO_HANDLE) return;
    EXPECT(fe_resource_derive(all, RESOURCE_PORT, SERIAL_PORT, SERIAL_SIZE, &ports) == OK);
    enum status status = fe_port_write(ports, MODEM, 1, MODEM_READY);
    EXPECT(status == OK || status == ERR_NOT_SUPPORTED);
    if (status != OK) return;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_interrupt_create(guest_resource("interrupt"), SERIAL_LINE, 0, &interrupt) == OK);
    EXPECT(fe_interrupt_bind(interrupt, event, 1) == OK);

    fire(ports);
    EXPECT(comes(event));
    fire(ports);
    EXPECT(fe_interrupt_acknowledge(interrupt) == OK);
    EXPECT(comes(event));

    EXPECT(fe_port_write(ports, ENABLE, 1, 0) == OK);
    EXPECT(fe_handle_close(interrupt) == OK && fe_handle_close(event) == OK);
    EXPECT(fe_handle_close(ports) == OK);
}

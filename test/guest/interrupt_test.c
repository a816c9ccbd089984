// SPDX-License-Identifier: MIT
// Interrupts of a device that the test itself makes fire: a PC's serial port, whose line tells once
// for each cause (boards without I/O ports have no such line), and messages, which are a store that
// a device does; emulators take that of a CPU for one of device 0.
#include <guest/guest.h>

#include <ferrite/handle.h>
#include <ferrite/memory.h>

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
    enum status status = fe_event_wait(event, 1, guest_limit(), &bits);
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

struct message {
    fe_handle interrupt, event;
    uint64_t address;
    uint32_t data;
};

static enum status message_create(struct message *message)
{
    FE_HANDLE device = FE_NO_HANDLE;
    TRY(fe_resource_derive(guest_resource("msi"), RESOURCE_MSI, 0, 1, &device));
    return fe_interrupt_message(device, &message->interrupt, &message->address, &message->data);
}

static void listen(struct message *message)
{
    EXPECT(fe_event_create(&message->event) == OK);
    EXPECT(fe_interrupt_bind(message->interrupt, message->event, 1) == OK);
}

static void message_close(const struct message *message)
{
    EXPECT(fe_handle_close(message->interrupt) == OK && fe_handle_close(message->event) == OK);
}

// Stores a message, as its device does it.
static enum status send(const struct message *message)
{
    uint64_t offset = message->address % FE_PAGE_SIZE;
    FE_HANDLE window = FE_NO_HANDLE;
    void *at;
    TRY(fe_memory_window(guest_resource("memory"), message->address - offset, FE_PAGE_SIZE,
                         MEMORY_DEVICE, &window));
    TRY(fe_memory_map(window, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &at));
    *(volatile uint32_t *)((uint8_t *)at + offset) = message->data;
    return fe_memory_unmap(at, FE_PAGE_SIZE);
}

TEST("a message comes once for each store of its data, and to its own event only")
{
    struct message first, second;
    uint64_t bits;
    if (guest_resource("msi") == FE_NO_HANDLE) return;
    enum status status = message_create(&first);
    EXPECT(status == OK || status == ERR_NOT_SUPPORTED);
    if (status != OK) return;
    EXPECT(message_create(&second) == OK);
    EXPECT(first.address != second.address || first.data != second.data);
    listen(&first);
    listen(&second);
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT(send(&first) == OK);
        EXPECT(comes(first.event));
        EXPECT(fe_interrupt_acknowledge(first.interrupt) == OK);
    }
    EXPECT(fe_event_wait(second.event, 1, 0, &bits) == ERR_TIMED_OUT);
    EXPECT(send(&second) == OK);
    EXPECT(comes(second.event));
    EXPECT(fe_event_wait(first.event, 1, 0, &bits) == ERR_TIMED_OUT);
    message_close(&first);
    EXPECT(send(&first) == OK); // it is nobody's any more
    message_close(&second);
}

TEST("messages are given back with their interrupts, however many there were")
{
    struct message message, many[8];
    if (guest_resource("msi") == FE_NO_HANDLE || message_create(&message) != OK) return;
    for (uint32_t round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < 8; i++) EXPECT(message_create(&many[i]) == OK);
        for (uint32_t i = 0; i < 8; i++) EXPECT(fe_handle_close(many[i].interrupt) == OK);
    }
    listen(&message);
    EXPECT(send(&message) == OK);
    EXPECT(comes(message.event));
    message_close(&message);
}

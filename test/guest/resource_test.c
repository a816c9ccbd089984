// SPDX-License-Identifier: MIT
// Resources: ranges that only shrink; interrupts and ports that are reached through them only.
#include <guest/guest.h>

TEST("a resource tells its range, and a derived one lies inside it")
{
    fe_handle all = guest_resource("memory"), part, smaller;
    uint32_t kind;
    uint64_t base, size;
    EXPECT(fe_resource_inspect(all, &kind, &base, &size) == OK && kind == RESOURCE_MEMORY);
    EXPECT(fe_resource_derive(all, RESOURCE_MEMORY, base + 0x1000, 0x3000, &part) == OK);
    EXPECT(fe_resource_derive(part, RESOURCE_MEMORY, base + 0x2000, 0x1000, &smaller) == OK);
    EXPECT(fe_resource_inspect(smaller, &kind, &base, &size) == OK && size == 0x1000);
    EXPECT(fe_handle_close(smaller) == OK && fe_handle_close(part) == OK);
}

TEST("deriving never widens, wraps or changes the kind")
{
    fe_handle all = guest_resource("memory"), part, other;
    uint32_t kind;
    uint64_t base, size;
    EXPECT(fe_resource_inspect(all, &kind, &base, &size) == OK);
    EXPECT(fe_resource_derive(all, RESOURCE_MEMORY, base + 0x1000, 0x1000, &part) == OK);
    EXPECT(fe_resource_derive(part, RESOURCE_MEMORY, base, 0x1000, &other) != OK);
    EXPECT(fe_resource_derive(part, RESOURCE_MEMORY, base + 0x1000, 0x1001, &other) != OK);
    EXPECT(fe_resource_derive(part, RESOURCE_MEMORY, base + 0x1000, UINT64_MAX, &other) != OK);
    EXPECT(fe_resource_derive(part, RESOURCE_MEMORY, UINT64_MAX, 2, &other) != OK);
    EXPECT(fe_resource_derive(part, RESOURCE_MEMORY, base + 0x1000, 0, &other) != OK);
    EXPECT(fe_resource_derive(part, RESOURCE_DEBUG, 0, 1, &other) != OK);
    fe_handle weak = guest_weaken(part, RIGHT_INSPECT);
    EXPECT(fe_resource_derive(weak, RESOURCE_MEMORY, base + 0x1000, 0x1000, &other) ==
           ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(part) == OK);
}

TEST("interrupts are made from a resource that holds their number, once")
{
    fe_handle all = guest_resource("interrupt"), interrupt, other, event;
    uint32_t kind;
    uint64_t base, size;
    EXPECT(fe_resource_inspect(all, &kind, &base, &size) == OK && kind == RESOURCE_INTERRUPT);
    uint32_t last = (uint32_t)(base + size - 1), number = last < 1019 ? last : 1019;
    EXPECT(fe_interrupt_create(guest_resource("memory"), number, 0, &interrupt) != OK);
    if (last != UINT32_MAX) EXPECT(fe_interrupt_create(all, last + 1, 0, &interrupt) != OK);
    while (number > base && fe_interrupt_create(all, number, INTERRUPT_EDGE, &interrupt) != OK)
        number--;
    EXPECT(number > base);
    EXPECT(fe_interrupt_create(all, number, INTERRUPT_EDGE, &other) == ERR_BUSY);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_interrupt_bind(interrupt, event, 1) == OK);
    EXPECT(fe_interrupt_bind(interrupt, NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_interrupt_bind(event, event, 1) == ERR_WRONG_TYPE);
    fe_handle weak = guest_weaken(interrupt, RIGHT_INSPECT);
    EXPECT(fe_interrupt_acknowledge(weak) == ERR_NO_RIGHT);
    EXPECT(fe_interrupt_bind(weak, event, 1) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(interrupt) == OK);
    EXPECT(fe_interrupt_create(all, number, INTERRUPT_EDGE, &interrupt) == OK);
    EXPECT(fe_handle_close(interrupt) == OK && fe_handle_close(event) == OK);
}

TEST("message interrupts come with an address and data, where the machine has them")
{
    fe_handle interrupt;
    uint64_t address;
    uint32_t data;
    EXPECT(fe_interrupt_message(guest_resource("memory"), &interrupt, &address, &data) != OK);
    if (guest_resource("msi") == FE_NO_HANDLE) return;
    enum status status = fe_interrupt_message(guest_resource("msi"), &interrupt, &address, &data);
    EXPECT(status == OK || status == ERR_NOT_SUPPORTED);
    if (status == OK) EXPECT(address != 0 && fe_handle_close(interrupt) == OK);
}

TEST("I/O ports are reached with a resource of ports only")
{
    uint32_t value;
    EXPECT(fe_port_read(guest_resource("memory"), 0x80, 1, &value) != OK);
    EXPECT(fe_port_write(guest_resource("memory"), 0x80, 1, 0) != OK);
    fe_handle ports = guest_resource("port"), part;
    if (ports == FE_NO_HANDLE) return;
    EXPECT(fe_resource_derive(ports, RESOURCE_PORT, 0x80, 1, &part) == OK);
    enum status status = fe_port_write(part, 0x80, 1, 0);
    EXPECT(status == OK || status == ERR_NOT_SUPPORTED);
    if (status != OK) return;
    EXPECT(fe_port_read(part, 0x80, 2, &value) != OK);
    EXPECT(fe_port_read(part, 0x81, 1, &value) != OK);
    EXPECT(fe_port_read(ports, 0x80, 3, &value) == ERR_BAD_ARGUMENT);
    EXPECT(fe_handle_close(part) == OK);
}

// SPDX-License-Identifier: MIT
// Handles: what a process can do to its own numbers, and what numbers that are not its own are
// worth.
#include <guest/guest.h>

TEST("a closed handle is no handle any more")
{
    fe_handle event;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_handle_close(event) == OK);
    EXPECT(fe_handle_close(event) == ERR_BAD_HANDLE);
    EXPECT(fe_event_signal(event, 1) == ERR_BAD_HANDLE);
}

TEST("a number is not used again for another object while it could be remembered")
{
    fe_handle first, second;
    EXPECT(fe_event_create(&first) == OK);
    EXPECT(fe_handle_close(first) == OK);
    EXPECT(fe_event_create(&second) == OK);
    EXPECT(first != second);
    EXPECT(fe_event_signal(first, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(second) == OK);
}

TEST("zero and invented numbers are no handles")
{
    fe_handle copy;
    EXPECT(fe_handle_close(FE_NO_HANDLE) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(NO_SUCH_HANDLE) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_duplicate(NO_SUCH_HANDLE, RIGHT_ALL, &copy) == ERR_BAD_HANDLE);
}

TEST("a duplicate can lose rights and never gains any")
{
    fe_handle event, weak, copy;
    struct fe_handle_info info;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_handle_duplicate(event, RIGHT_EVENT_WAIT | RIGHT_DUPLICATE | RIGHT_INSPECT, &weak) ==
           OK);
    EXPECT(fe_event_signal(weak, 1) == ERR_NO_RIGHT);
    EXPECT(fe_handle_duplicate(weak, RIGHT_ALL, &copy) == OK);
    EXPECT(fe_event_signal(copy, 1) == ERR_NO_RIGHT);
    EXPECT(fe_handle_inspect(copy, &info) == OK);
    EXPECT(info.rights == (RIGHT_EVENT_WAIT | RIGHT_DUPLICATE | RIGHT_INSPECT));
    EXPECT(fe_handle_close(copy) == OK);
    EXPECT(fe_handle_close(weak) == OK);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("a handle without the right to be duplicated is not")
{
    fe_handle event, copy;
    EXPECT(fe_event_create(&event) == OK);
    fe_handle weak = guest_weaken(event, RIGHT_EVENT_SIGNAL);
    EXPECT(weak != FE_NO_HANDLE);
    EXPECT(fe_handle_duplicate(weak, RIGHT_EVENT_SIGNAL, &copy) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("inspecting tells the same object by the same number")
{
    fe_handle event, copy;
    struct fe_handle_info one, two;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_handle_copy(event, &copy) == OK);
    EXPECT(fe_handle_inspect(event, &one) == OK);
    EXPECT(fe_handle_inspect(copy, &two) == OK);
    EXPECT(one.id == two.id && one.type == OBJECT_EVENT && two.type == OBJECT_EVENT);
    EXPECT(one.references == 2);
    EXPECT(fe_handle_inspect(event, (struct fe_handle_info *)kernel_address) == ERR_BAD_ADDRESS);
    EXPECT(fe_handle_inspect(event, (struct fe_handle_info *)unmapped_address) == ERR_BAD_ADDRESS);
    EXPECT(fe_handle_close(copy) == OK);
    EXPECT(fe_handle_inspect(event, &one) == OK && one.references == 1);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("a handle of one kind does not pass for another")
{
    fe_handle event;
    uint64_t address;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_memory_physical(event, 0, &address) == ERR_WRONG_TYPE);
    EXPECT(fe_thread_interrupt(event) == ERR_WRONG_TYPE);
    EXPECT(fe_handle_close(event) == OK);
}

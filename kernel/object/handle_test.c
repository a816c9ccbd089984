// SPDX-License-Identifier: MIT
#include "kernel/object/handle.h"
#include "kernel/none/play.h"
#include "kernel/object/event.h"
#include "test/unit.h"
#include <stdlib.h>

static struct process *process;
static struct event *event;

static void setup(void)
{
    none_reset();
    process = play_process(0);
    play_as(play_thread(process, 10));
    if (event_create(process, &event) != OK) abort();
}

TEST("a handle finds its object, with the rights it has and no others")
{
    setup();
    struct object *object;
    EXPECT(handle_reserve(process, 1) == OK);
    uint32_t handle = handle_insert(process, &event->object, RIGHT_EVENT_WAIT);
    EXPECT(handle != 0 && event->object.handles == 1);
    EXPECT(handle_find(handle, OBJECT_EVENT, RIGHT_EVENT_WAIT, &object) == OK);
    EXPECT(object == &event->object);
    EXPECT(handle_find(handle, OBJECT_EVENT, RIGHT_EVENT_SIGNAL, &object) == ERR_NO_RIGHT);
    EXPECT(handle_find(handle, OBJECT_CHANNEL, 0, &object) == ERR_WRONG_TYPE);
    EXPECT(handle_find(0, OBJECT_EVENT, 0, &object) == ERR_BAD_HANDLE);
    EXPECT(handle_find(UINT32_MAX, OBJECT_EVENT, 0, &object) == ERR_BAD_HANDLE);
}

TEST("a stale number does not name what came into its slot")
{
    setup();
    struct object *object;
    EXPECT(handle_reserve(process, 1) == OK);
    uint32_t first = handle_insert(process, &event->object, RIGHT_ALL);
    object_put_handle(handle_remove(process, first).object);
    for (uint32_t i = 0; i < 100'000; i++) {
        EXPECT(handle_reserve(process, 1) == OK);
        uint32_t handle = handle_insert(process, &event->object, RIGHT_ALL);
        EXPECT(handle != first && handle_find(first, OBJECT_EVENT, 0, &object) == ERR_BAD_HANDLE);
        object_put_handle(handle_remove(process, handle).object);
    }
}

TEST("the table grows up to its limit, and all of it comes back")
{
    setup();
    uint64_t before = process->memory_used;
    process->handles.limit = 5000;
    for (uint32_t i = 0; i < 5000; i++) {
        struct object *object;
        EXPECT(handle_reserve(process, 1) == OK);
        uint32_t handle = handle_insert(process, &event->object, RIGHT_ALL);
        EXPECT(handle_find(handle, OBJECT_EVENT, RIGHT_ALL, &object) == OK);
        for (uint32_t bit = 8; bit < HANDLE_INDEX_BITS; bit++) // in a page that may not be there
            EXPECT(handle == (handle | 1u << bit) ||
                   handle_find(handle | 1u << bit, OBJECT_EVENT, 0, &object) == ERR_BAD_HANDLE);
    }
    EXPECT(handle_reserve(process, 1) == ERR_QUOTA);
    uint32_t steps = 1; // of at most so many handles, and so many slots
    for (; !handle_close_some(process, 16); steps++) EXPECT(process->handles.used > 0);
    EXPECT(steps >= 5000 / 16);
    while (!handle_fini(process)) {
    }
    EXPECT(event->object.handles == 0 && process->memory_used <= before);
}

static uint64_t bits_after_end(uint32_t rights)
{
    event->bits = 0;
    if (handle_reserve(process, 1) != OK) abort();
    handle_insert(process, &event->object, rights);
    while (!handle_close_some(process, 16)) {
    }
    process->handles.closing = 0;
    return event->bits;
}

TEST("an event lent for signalling is told of the holder's end; one's own, or one closed, is not")
{
    setup();
    EXPECT(bits_after_end(RIGHT_EVENT_SIGNAL | RIGHT_EVENT_END) == UINT64_MAX);
    EXPECT(bits_after_end(RIGHT_EVENT_SIGNAL) == 0);
    EXPECT(bits_after_end(RIGHT_EVENT_END) == 0);
    EXPECT(bits_after_end(RIGHT_ALL) == 0);
    EXPECT(handle_reserve(process, 1) == OK);
    uint32_t closed = handle_insert(process, &event->object, RIGHT_EVENT_SIGNAL | RIGHT_EVENT_END);
    EXPECT(sys_handle_close(closed) == OK && event->bits == 0);
}

// SPDX-License-Identifier: MIT
// Mappings in the place of others, when that takes several steps.
#include "kernel/memory/page.h"
#include "kernel/none/play.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/syscall.h"
#include "test/unit.h"

enum : uint32_t { PAGES = 200, FLAGS = MAP_READ | MAP_WRITE | MAP_FIXED | MAP_REPLACE };
static struct process *process;
static uint32_t handle;

static enum status replace(void)
{
    uintptr_t at;
    return sys_process_map(process, handle, 0, PAGES * PAGE_SIZE, PLAY_MEMORY, FLAGS, &at);
}

static bool setup(void)
{
    none_reset();
    process = play_process(1);
    play_as(play_thread(process, 10));
    struct memory *memory;
    if (memory_make(process, PAGES * PAGE_SIZE, &memory) != OK) return false;
    if (handle_reserve(process, 1) != OK) return false;
    handle = handle_insert(process, &memory->object, RIGHT_ALL);
    object_put(&memory->object);
    return replace() == OK;
}

// Pages that were touched make it many steps.
static bool touch(void)
{
    for (uintptr_t i = 0; i < PAGES; i++)
        if (!arch_user_write(PLAY_MEMORY + i * PAGE_SIZE, "x", 1)) return false;
    return true;
}

TEST("a replacement that interrupts stop is the same the next time, and the time after")
{
    EXPECT(setup());
    for (uint32_t round = 0; round < 3; round++) {
        EXPECT(touch());
        uint32_t stops = 0;
        none_machine.interrupt = true;
        enum status status = replace();
        for (; status == CALL_RESTART; stops++) status = replace();
        none_machine.interrupt = false;
        EXPECT(status == OK && stops > 1);
    }
}

TEST("a replacement goes on when another thread has unmapped the rest, and the next is a new one")
{
    EXPECT(setup());
    EXPECT(touch());
    none_machine.interrupt = true;
    EXPECT(replace() == CALL_RESTART);
    none_machine.interrupt = false;
    uintptr_t at = PLAY_MEMORY, end = PLAY_MEMORY + PAGES * PAGE_SIZE;
    while (at < end) EXPECT(space_unmap(&process->space, &at, end) == OK);
    EXPECT(replace() == OK);
    EXPECT(touch() && replace() == OK);
}

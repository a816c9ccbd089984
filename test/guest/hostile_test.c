// SPDX-License-Identifier: MIT
// A program that means harm: processes that make every system call with random arguments, many
// times. The kernel must not fall, and everything they had must come back.
#include <arch/user/syscall.h>
#include <guest/guest.h>
#include <guest/random_call.h>

enum : uint32_t { CALLS = 20'000, ROUNDS = 4 };
enum : uint64_t { PATIENCE = 10 * SECOND };

int guest_child(const char *role)
{
    static struct random_caller caller;
    random_caller_init(&caller, (uint64_t)role[0]);
    for (uint32_t i = 0; i < CALLS; i++) random_call(&caller);
    return 7;
}

TEST("a call number that does not exist is refused")
{
    static const uintptr_t numbers[] = {FE_CALL_COUNT, 12,          1000,
                                        UINT32_MAX,    UINTPTR_MAX, (uintptr_t)INTPTR_MAX + 1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t reg[2] = {};
        fe_syscall2(numbers[i], reg);
        EXPECT((int32_t)reg[0] == ERR_BAD_CALL);
    }
}

// Whether the child ends: by itself, or when it is killed, for it may have made itself wait for
// ever, or have no time left.
static bool ends(struct fe_child *child)
{
    struct fe_process_info info;
    fe_handle event;
    uint64_t bits;
    if (fe_event_create(&event) != OK || fe_process_watch(child->process, event, 1) != OK)
        return false;
    enum status status = fe_event_wait(event, 1, fe_clock_after(PATIENCE), &bits);
    if (status == ERR_TIMED_OUT) status = fe_process_kill(child->process, 1);
    return status == OK && guest_wait(child, &info) == OK && fe_handle_close(event) == OK;
}

TEST("random calls with random arguments break nothing and leave nothing behind")
{
    struct fe_system_info before;
    EXPECT(fe_system_inspect(guest_resource("system"), &before) == OK);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        char role[2] = {(char)('a' + round), 0};
        struct fe_child child;
        EXPECT(guest_spawn(role, nullptr, 0, &child) == OK);
        EXPECT(ends(&child));
    }
    EXPECT(guest_is_as_before(&before, 1 << 20));
}

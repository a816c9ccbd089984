// SPDX-License-Identifier: MIT
// Everything at once: on each CPU a thread that makes processes, lets them run for a moment, stops
// and continues them, and kills them in the midst of whatever they do. They make every system call,
// with random arguments, from several threads. The kernel must not fall, and everything must come
// back.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>
#include <guest/random_call.h>

enum : uint64_t { DURATION = 8 * SECOND };
enum : uint32_t { MAKERS = 4, CALLERS = 3 };

static void call_for_ever(void *caller)
{
    for (;;) random_call(caller);
}

int guest_child(const char *role)
{
    static struct random_caller callers[CALLERS];
    uint64_t seed = fe_clock_monotonic() * 31 + (uint64_t)role[0];
    for (uint32_t i = 0; i < CALLERS; i++) {
        random_caller_init(&callers[i], seed + i);
        if (i > 0 && guest_thread(call_for_ever, &callers[i], 0) != OK) return 1;
    }
    call_for_ever(&callers[0]);
    return 0;
}

static _Atomic uint32_t made, spoilt, over;

static void pause(struct random_caller *dice)
{
    fe_clock_sleep_until(fe_clock_after(random_number(dice) % (4 * MILLISECOND)));
}

// A child's life. It may have ended by itself: a random call may have killed it.
static bool play(struct random_caller *dice, char name)
{
    char role[2] = {name, 0};
    struct fe_child child;
    struct fe_process_info info;
    if (guest_spawn(role, nullptr, 0, &child) != OK) return false;
    pause(dice);
    if (random_number(dice) % 2) {
        (void)!fe_process_stop(child.process);
        pause(dice);
        (void)!fe_process_continue(child.process);
        pause(dice);
    }
    (void)!fe_process_kill(child.process, 5);
    return guest_wait(&child, &info) == OK && info.state == PROCESS_DEAD;
}

static void make(void *name)
{
    struct random_caller dice = {.state = fe_clock_monotonic() * 77 + (uintptr_t)name + 1};
    uint64_t end = fe_clock_after(DURATION);
    for (uint32_t i = 0; (i < 2 || fe_clock_monotonic() < end) && spoilt == 0; i++) {
        if (play(&dice, (char)('a' + (uintptr_t)name)))
            made++;
        else
            spoilt++;
    }
    over++;
}

TEST("processes that make every call are stopped and killed on all CPUs, and leave nothing behind")
{
    struct fe_system_info before;
    EXPECT(fe_system_inspect(guest_resource("system"), &before) == OK);
    for (uintptr_t i = 0; i < MAKERS; i++) EXPECT(guest_thread(make, (void *)i, 20) == OK);
    EXPECT(guest_reaches(&over, MAKERS) && spoilt == 0 && made > MAKERS);
    guest_print("%u processes lived and died\n", made);
    EXPECT(guest_is_as_before(&before, 1 << 20));
}

// SPDX-License-Identifier: MIT
// The fast path of events: what it does, and what it leaves to the ordinary way; and the rest of a
// crowd, which is woken by urgency.
#include "kernel/object/fast_event.h"
#include "kernel/none/play.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"
#include "test/unit.h"
#include <kernel/syscalls.h>

static struct process *process;
static struct thread *one, *two, *urgent;
static struct event *event;
static uint32_t handle;

// As after a way out.
static void settle(void)
{
    arch_cpu()->reschedule = arch_cpu()->timer_stale = false;
}

static void setup(void)
{
    none_reset();
    process = play_process(1);
    one = play_thread(process, 10);
    two = play_thread(process, 10);
    urgent = play_thread(process, 20);
    EXPECT(event_create(process, &event) == OK && handle_reserve(process, 1) == OK);
    handle = handle_insert(process, &event->object, RIGHT_ALL);
}

static void wait(struct thread *thread, uint64_t mask)
{
    play_as(thread);
    EXPECT(sys_event_wait(event, mask, FE_FOREVER, &thread->frame.reg[1]) == CALL_DEFERRED);
}

static struct frame *chosen(void)
{
    arch_cpu()->reschedule = true;
    return schedule_exit();
}

TEST("bits come and go without anybody else")
{
    setup();
    play_as(one);
    settle();
    EXPECT(fast_event_signal(handle, 6).way == FAST_DONE && event->bits == 6);
    struct fast_result taken = fast_event_wait(handle, 3, FE_FOREVER);
    EXPECT(taken.way == FAST_DONE && taken.value == 2 && event->bits == 4);
    EXPECT(fast_event_wait(handle, 3, clock_now() + 5).way == FAST_NOT);
    EXPECT(fast_event_signal(handle + 1, 1).way == FAST_NOT && event->bits == 4);
    EXPECT(handle_reserve(process, 1) == OK);
    uint32_t weak = handle_insert(process, &event->object, RIGHT_EVENT_WAIT);
    EXPECT(fast_event_signal(weak, 1).way == FAST_NOT && event->bits == 4);
}

TEST("a less urgent waiter is made ready, and slices are timed from then on")
{
    setup();
    wait(one, 1);
    play_as(urgent);
    schedule_remove(two);
    settle();
    arch_cpu()->timer_set = UINT64_MAX;
    EXPECT(fast_event_signal(handle, 3).way == FAST_DONE && event->bits == 2);
    EXPECT(one->state == THREAD_READY && one->frame.reg[0] == OK && one->frame.reg[1] == 1);
    EXPECT(tree_is_empty(&event->waiters) && thread_current() == urgent);
    EXPECT(none_machine.timer == arch_cpu()->slice_end);
}

TEST("a more urgent waiter takes over, and who signalled comes before its equals")
{
    setup();
    wait(urgent, 1);
    play_as(one);
    settle();
    one->frame.reg[0] = 77;
    struct fast_result result = fast_event_signal(handle, 1);
    EXPECT(result.way == SCHEDULE_PREEMPT && result.value == (uintptr_t)urgent);
    EXPECT(schedule_exit_by(SCHEDULE_PREEMPT, urgent) == &urgent->frame);
    EXPECT(thread_current() == urgent && one->state == THREAD_READY && one->frame.reg[0] == OK);
    settle();
    result = fast_event_wait(handle, 1, FE_FOREVER);
    EXPECT(result.way == SCHEDULE_STOP && urgent->state != THREAD_READY);
    EXPECT(schedule_exit_by(SCHEDULE_STOP, nullptr) == &one->frame);
    EXPECT(urgent->state == THREAD_WATCHING && event->waiters.first == &urgent->node);
    EXPECT(fast_thread_yield().way == SCHEDULE_PASS);
    EXPECT(schedule_exit_by(SCHEDULE_PASS, nullptr) == &two->frame && one->state == THREAD_READY);
    schedule_remove(one);
    EXPECT(fast_thread_yield().way == FAST_DONE && thread_current() == two);
}

TEST("whatever is unusual about the event, its waiter or the CPU is left to the ordinary way")
{
    setup();
    wait(urgent, 1);
    play_as(one);
    settle();
    bool *flags[] = {&urgent->interrupted, &urgent->kept, &urgent->limited, &process->stopped,
                     &arch_cpu()->reschedule};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        *flags[i] = true;
        EXPECT(fast_event_signal(handle, 1).way == FAST_NOT && event->bits == 0);
        *flags[i] = false;
    }
    timer_arm(&urgent->timeout, clock_now() + 1000);
    settle();
    EXPECT(fast_event_signal(handle, 1).way == FAST_NOT);
    timer_disarm(&urgent->timeout);
    arch_cpu()->trace_kinds = 1;
    EXPECT(fast_event_signal(handle, 1).way == FAST_NOT);
    arch_cpu()->trace_kinds = 0;
    arch_cpu()->shared = true;
    EXPECT(fast_event_signal(handle, 1).way == FAST_NOT && !arch_cpu()->fast);
    wait_break(urgent, ERR_INTERRUPTED);
    settle();
    EXPECT(fast_event_signal(handle, 1).way == FAST_DONE && event->bits == 1);
    lock_next++; // another CPU has the kernel lock, or waits for it
    EXPECT(fast_event_wait(handle, 1, FE_FOREVER).way == FAST_NOT && event->bits == 1);
    lock_next--;
    EXPECT(fast_event_wait(handle, 1, FE_FOREVER).way == FAST_DONE && event->bits == 0);
    arch_cpu()->shared = false;
}

TEST("an interrupt's signal hands the CPU on, or makes ready who is not more urgent")
{
    setup();
    wait(urgent, 1);
    play_as(one);
    settle();
    event_raise(event, 1);
    EXPECT(thread_current() == urgent && one->state == THREAD_READY && !arch_cpu()->reschedule);
    EXPECT(schedule_exit() == &urgent->frame);
    wait(one, 1);
    play_as(urgent);
    settle();
    event_raise(event, 1);
    EXPECT(thread_current() == urgent && one->state == THREAD_READY);
}

TEST("of a crowd a few are woken at once, and the rest before anybody less urgent runs")
{
    enum : uint32_t { CROWD = 40 };
    static struct thread *crowd[CROWD];
    setup();
    for (uint32_t i = 0; i < CROWD; i++) {
        crowd[i] = play_thread(process, 15);
        wait(crowd[i], 1ull << i);
    }
    play_as(urgent);
    settle();
    event_signal(event, UINT64_MAX);
    EXPECT(crowd[2]->state == THREAD_READY && crowd[3]->state == THREAD_WATCHING);
    EXPECT(arch_cpu()->leftover && schedule_exit() == &urgent->frame && arch_cpu()->leftover);
    EXPECT(crowd[3]->state == THREAD_WATCHING); // it is less urgent than who runs
    wait_break(crowd[3], ERR_INTERRUPTED);      // the next to be woken leaves
    crowd[CROWD - 1]->own_urgency = urgency_of(25, UINT64_MAX);
    schedule_update(crowd[CROWD - 1]); // and the last is the most urgent now
    EXPECT(chosen() == &crowd[CROWD - 1]->frame && crowd[8]->state == THREAD_WATCHING);
    schedule_block(THREAD_NEW);
    schedule_remove(urgent);
    EXPECT(chosen() == &crowd[0]->frame && !arch_cpu()->leftover);
    for (uint32_t i = 0; i < CROWD; i++) EXPECT(crowd[i]->state != THREAD_WATCHING);
    EXPECT(event->next == nullptr && (event->bits & (1ull << CROWD) - 1) == 1u << 3);
}

// SPDX-License-Identifier: MIT
#include "kernel/schedule/schedule.h"
#include "kernel/none/play.h"
#include "kernel/trap.h"
#include "test/unit.h"

static struct process *process;

static void setup(void)
{
    none_reset();
    process = play_process(0);
}

static struct thread *chosen(void)
{
    arch_cpu()->reschedule = true;
    return schedule_exit() == nullptr ? nullptr : thread_current();
}

static void set_deadline(struct thread *thread, uint64_t deadline)
{
    thread->own_urgency = urgency_of(urgency_priority(thread->own_urgency), deadline);
    schedule_update(thread);
}

TEST("the highest priority runs, among equals who came first")
{
    setup();
    struct thread *low = play_thread(process, 3), *first = play_thread(process, 9);
    struct thread *second = play_thread(process, 9);
    EXPECT(chosen() == first);
    schedule_block(THREAD_NEW);
    EXPECT(chosen() == second);
    schedule_block(THREAD_NEW);
    EXPECT(chosen() == low);
    schedule_ready(first);
    EXPECT(arch_cpu()->reschedule && chosen() == first);
    schedule_block(THREAD_NEW);
    EXPECT(chosen() == low);
    schedule_block(THREAD_NEW);
    EXPECT(chosen() == nullptr);
}

TEST("within a priority the earliest deadline runs first, those without come last")
{
    setup();
    struct thread *none = play_thread(process, 9), *late = play_thread(process, 9);
    struct thread *early = play_thread(process, 9), *above = play_thread(process, 10);
    set_deadline(late, 2000);
    set_deadline(early, 1000);
    struct thread *order[] = {above, early, late, none};
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT(chosen() == order[i]);
        schedule_block(THREAD_NEW);
    }
}

static void fire_timer(void)
{
    none_machine.counter = none_machine.timer;
    none_machine.timer = UINT64_MAX;
    trap_timer();
}

TEST("a slice that ends lets the next equal run; without an equal nothing is timed")
{
    setup();
    struct thread *one = play_thread(process, 5);
    EXPECT(chosen() == one && none_machine.timer == UINT64_MAX);
    struct thread *other = play_thread(process, 5);
    EXPECT(schedule_exit() != nullptr && thread_current() == one);
    EXPECT(none_machine.timer != UINT64_MAX);
    fire_timer();
    EXPECT(schedule_exit() != nullptr && thread_current() == other);
    fire_timer();
    EXPECT(schedule_exit() != nullptr && thread_current() == one);
}

TEST("preemption by a more urgent thread costs nobody his turn")
{
    setup();
    struct thread *one = play_thread(process, 5);
    EXPECT(chosen() == one);
    struct thread *other = play_thread(process, 5), *urgent = play_thread(process, 6);
    EXPECT(schedule_exit() != nullptr && thread_current() == urgent);
    schedule_block(THREAD_NEW);
    EXPECT(chosen() == one);
    schedule_yield();
    EXPECT(schedule_exit() != nullptr && thread_current() == other);
}

TEST("a loan makes a thread more urgent where it is, and its end less urgent again")
{
    setup();
    struct thread *server = play_thread(process, 2), *middle = play_thread(process, 5);
    struct tree_node loan = {};
    donation_queue(server, &loan, LENDER_FREE, urgency_of(8, UINT64_MAX));
    EXPECT(chosen() == server);
    donation_end(server, &loan);
    EXPECT(arch_cpu()->reschedule && schedule_exit() != nullptr && thread_current() == middle);
}

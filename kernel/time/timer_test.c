// SPDX-License-Identifier: MIT
#include "kernel/time/timer.h"
#include "kernel/object/reap.h"
#include "kernel/schedule/cpu.h"
#include "kernel/trap.h"
#include "test/unit.h"
#include <arch/arch.h>

enum : uint32_t { COUNT = 10'000 };
enum : int32_t { HEIGHT_MAX = 19 }; // 1.44 log2(COUNT)
static struct timer timers[COUNT];
static uint64_t last;
static uint32_t fired, early, disordered;

static void fire(struct timer *timer)
{
    fired++;
    if (clock_now() < timer->node.key) early++;
    if (timer->node.key < last) disordered++;
    last = timer->node.key;
}

TEST("ten thousand timers fire in order, each when it is due and none before")
{
    none_reset();
    uint64_t random = 1;
    for (uint32_t i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        timers[i].fire = fire;
        timer_arm(&timers[i], clock_now() + random % 1'000'000);
    }
    EXPECT(arch_cpu()->timers.tree[0].root->height <=
           HEIGHT_MAX); // so many steps at most for each of them
    for (uint32_t step = 0; step < 1100; step++) {
        none_machine.counter += 1000;
        timer_run();
    }
    EXPECT(fired == COUNT && early == 0 && disordered == 0);
    EXPECT(timer_next() == UINT64_MAX);
}

TEST("the counter's value for a time is the first at which the clock says so")
{
    none_reset();
    uint64_t random = 1;
    for (uint32_t i = 0; i < 1000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t time = random >> (4 + i % 50), counter = clock_to_counter(time);
        EXPECT(clock_from_counter(counter) >= time && clock_from_counter(counter - 1) + 1 <= time);
    }
}

TEST("a disarmed timer does not fire, a rearmed one fires once")
{
    none_reset();
    fired = 0;
    timer_arm(&timers[0], 100);
    timer_arm(&timers[1], 100);
    timer_arm(&timers[1], 200);
    timer_disarm(&timers[0]);
    none_machine.counter += 1000;
    timer_run();
    timer_run();
    EXPECT(fired == 1);
}

TEST("the hardware timer is set to the earliest, and not before it")
{
    none_reset();
    timer_arm(&timers[0], 5'000'000);
    timer_arm(&timers[1], 3'000'000);
    EXPECT(schedule_exit() == nullptr);
    EXPECT(clock_from_counter(none_machine.timer) >= 3'000'000);
    EXPECT(clock_from_counter(none_machine.timer) < 3'000'010);
    EXPECT(clock_to_counter(UINT64_MAX) == UINT64_MAX);
}

static uint32_t fired_as[8];

static void fire_as(struct timer *timer)
{
    fired_as[fired++] = timer->priority;
}

TEST("of those that are due the most urgent fire first, each only when it is due")
{
    static const uint32_t priorities[] = {3, 63, 0, 40, 63, 7};
    none_reset();
    fired = 0;
    for (uint32_t i = 0; i < 6; i++) {
        timers[i].fire = fire_as;
        timer_arm_as(&timers[i], 100 + i, priorities[i]);
    }
    timer_arm_as(&timers[4], 5'000, 63);
    EXPECT(timer_next() == 100);
    none_machine.counter += 1000;
    timer_run();
    static const uint32_t wanted[] = {63, 40, 7, 3, 0};
    EXPECT(fired == 5 && timer_next() == 5'000);
    for (uint32_t i = 0; i < 5; i++) EXPECT(fired_as[i] == wanted[i]);
    timer_disarm(&timers[4]);
    EXPECT(timer_next() == UINT64_MAX);
}

static uint64_t seen;

static bool look(struct reap *)
{
    seen = none_machine.timer;
    return true;
}

TEST("a CPU that cleans up for want of other work has its timer set meanwhile")
{
    static struct reap reap;
    none_reset();
    timers[0].fire = fire;
    timer_arm(&timers[0], 3'000'000);
    reap_init(&reap, look);
    reap_add(&reap);
    none_machine.timer = UINT64_MAX; // as after an interrupt
    trap_timer();
    EXPECT(schedule_exit() == nullptr);
    EXPECT(seen != UINT64_MAX && clock_from_counter(seen) >= 3'000'000);
}

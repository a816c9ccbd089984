// SPDX-License-Identifier: MIT
#include "kernel/schedule/place.h"
#include "kernel/device/device.h"
#include "kernel/none/play.h"
#include "kernel/object/reap.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/trap.h"
#include "test/unit.h"

enum : uint32_t { CPUS = 3 };

static struct cpu further[CPUS - 1];
static struct cpu *cpus[CPUS];
static struct process *process;
static uint32_t signals[CPUS];

static void count_signal(struct cpu *cpu)
{
    signals[cpu->index]++;
}

static void on(uint32_t index)
{
    none_machine.cpu = cpus[index];
}

static void setup(void)
{
    static const struct interrupt_controller controller = {.signal = count_signal};
    none_reset();
    if (interrupt_controller == nullptr) interrupt_controller_register(&controller);
    cpus[0] = arch_cpu();
    for (uint32_t i = 0; i < CPUS; i++) {
        signals[i] = 0;
        if (i > 0) {
            further[i - 1] = (struct cpu){.self = &further[i - 1], .index = i};
            cpus[i] = cpus[i - 1]->next = &further[i - 1];
            schedule_init(cpus[i]);
        }
        cpus[i]->shared = true;
    }
    process = play_process(0);
}

// What `index` runs after it has chosen; nullptr: nothing.
static struct thread *choice(uint32_t index)
{
    on(index);
    cpus[index]->reschedule = true;
    return schedule_exit() == nullptr ? nullptr : thread_current();
}

// A thread that waits, with `home`.
static struct thread *waiting(uint32_t home, uint32_t priority)
{
    on(home);
    struct thread *thread = play_thread(process, priority);
    schedule_remove(thread);
    thread->state = THREAD_NEW;
    thread->cpu = cpus[home];
    thread->cpu_first = 0;
    thread->cpu_count = UINT32_MAX;
    return thread;
}

// The same, running there.
static struct thread *running(uint32_t home, uint32_t priority)
{
    struct thread *thread = waiting(home, priority);
    thread->cpu_first = home;
    thread->cpu_count = 1;
    schedule_ready(thread);
    return choice(home);
}

TEST("a thread goes home if it would run there, else to an idle CPU, which is told")
{
    setup();
    struct thread *busy = running(0, 9);
    struct thread *more = waiting(0, 10), *less = waiting(0, 8);
    EXPECT(place_choose(more) == cpus[0] && place_choose(less) == cpus[1]);
    running(1, 9);
    uint32_t before = signals[2];
    on(0);
    schedule_ready(less);
    EXPECT(less->cpu == cpus[2] && signals[2] == before + 1);
    EXPECT(choice(2) == less && choice(0) == busy);
}

TEST("without an idle CPU it goes where the least urgent runs, or waits at home")
{
    setup();
    running(0, 9);
    running(1, 5);
    running(2, 4);
    EXPECT(place_choose(waiting(0, 7)) == cpus[2]);
    EXPECT(place_choose(waiting(0, 4)) == cpus[0]);
    EXPECT(place_choose(waiting(1, 3)) == cpus[1]);
}

TEST("an affinity keeps a thread to its CPUs, wherever it would run sooner")
{
    setup();
    running(1, 9);
    struct thread *thread = waiting(0, 5);
    thread->cpu_first = 1;
    thread->cpu_count = 1;
    EXPECT(place_choose(thread) == cpus[1]);
    on(0);
    schedule_ready(thread);
    EXPECT(thread->cpu == cpus[1] && choice(0) == nullptr && choice(2) == nullptr);
    thread->cpu_count = UINT32_MAX;
    EXPECT(choice(0) == nullptr && choice(2) == thread); // 0 is not among them
}

TEST("a CPU that chooses takes over what is more urgent than all it has")
{
    setup();
    struct thread *top = running(0, 20);
    struct thread *wants = waiting(0, 10), *own = waiting(1, 5);
    struct thread *other = running(1, 12), *third = running(2, 12);
    on(0);
    schedule_ready(wants);
    EXPECT(wants->cpu == cpus[0]);
    on(1);
    schedule_ready(own);
    schedule_block(THREAD_NEW);
    EXPECT(choice(1) == wants && wants->cpu == cpus[1]);
    EXPECT(own->state == THREAD_READY && own->cpu == cpus[1]);
    EXPECT(choice(0) == top && choice(2) == third && other->state == THREAD_NEW);
}

TEST("what a CPU is about to run itself is not taken from it")
{
    setup();
    running(0, 5);
    struct thread *thread = waiting(0, 9);
    on(0);
    schedule_ready(thread);
    EXPECT(choice(1) == nullptr && choice(0) == thread);
}

TEST("who makes room for a more urgent thread goes on elsewhere")
{
    setup();
    struct thread *first = waiting(0, 5), *urgent = waiting(0, 9);
    on(0);
    schedule_ready(first);
    EXPECT(choice(0) == first);
    urgent->cpu_count = 1;
    schedule_ready(urgent);
    EXPECT(urgent->cpu == cpus[0] && choice(0) == urgent && first->cpu == cpus[1]);
    EXPECT(choice(1) == first);
}

TEST("whose slice is over waits where fewer are")
{
    setup();
    struct thread *thread = running(0, 5);
    thread->cpu_count = 2;
    for (uint32_t i = 0; i < 3; i++) {
        struct thread *more = waiting(0, 5);
        more->cpu_count = 1;
        schedule_ready(more);
    }
    running(1, 5);
    running(2, 5);
    EXPECT(place_rotate(thread) == cpus[1]);
    thread->cpu_count = 1;
    EXPECT(place_rotate(thread) == cpus[0]);
}

TEST("registers are saved when their owner stops running, and what was left behind is not used")
{
    setup();
    struct thread *thread = running(0, 5);
    thread->cpu_count = 2;
    trap_float();
    EXPECT(schedule_exit() != nullptr && cpus[0]->float_owner == thread);
    EXPECT(cpus[0]->float_enabled && thread->float_cpu == cpus[0]);
    on(0);
    schedule_block(THREAD_NEW);
    EXPECT(choice(0) == nullptr && !cpus[0]->float_enabled && cpus[0]->float_owner == thread);
    thread->cpu = cpus[1];
    on(1);
    schedule_ready(thread);
    EXPECT(choice(1) == thread);
    on(1);
    trap_float();
    EXPECT(schedule_exit() != nullptr && thread->float_cpu == cpus[1]);
    schedule_block(THREAD_NEW);
    EXPECT(choice(1) == nullptr);
    thread->cpu = cpus[0];
    thread->float_switches = 0;
    on(0);
    schedule_ready(thread);
    EXPECT(choice(0) == thread && cpus[0]->float_owner == nullptr && !cpus[0]->float_enabled);
}

static bool cleaned_up, was_saved;
static struct thread *back; // is ready again afterwards

static bool look(struct reap *reap)
{
    cleaned_up = true;
    if (back != nullptr) schedule_ready(back);
    was_saved = !arch_cpu()->float_enabled && arch_cpu()->space == nullptr;
    return true;
}

// A thread of CPU 0 waits, and the CPU cleans up.
static struct thread *cleans_up_after(struct thread *comes_back)
{
    struct reap reap;
    reap_init(&reap, look);
    reap_add(&reap);
    back = comes_back;
    schedule_block(THREAD_NEW);
    struct thread *thread = choice(0);
    back = nullptr;
    return thread;
}

TEST("a CPU that cleans up keeps nothing of who ran on it: others may run him meanwhile")
{
    setup();
    struct thread *thread = running(0, 5);
    trap_float();
    EXPECT(schedule_exit() == &thread->frame && cpus[0]->float_enabled);
    EXPECT(cleans_up_after(nullptr) == nullptr && cleaned_up && was_saved);
}

TEST("who comes back after a CPU has cleaned up has all registers loaded")
{
    setup();
    struct thread *thread = running(0, 5);
    thread->frame.whole = false;
    EXPECT(choice(0) == thread && !thread->frame.whole);
    EXPECT(cleans_up_after(thread) == thread && thread->frame.whole);
}

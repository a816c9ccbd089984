// SPDX-License-Identifier: MIT
// Who runs. Handlers of traps only note what changed; the choice is made once, on the way out of
// the kernel. A slice is timed only while somebody else is ready: a machine with one thing to do,
// or none, has no ticks.
#include "kernel/schedule/schedule.h"
#include "kernel/log.h"
#include "kernel/memory/user.h"
#include "kernel/object/fault.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/float.h"
#include "kernel/schedule/later.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/place.h"
#include "kernel/time/timer.h"
#include "kernel/trace.h"
#include "kernel/trap.h"

enum : uint64_t { SLICE = 5'000'000 }; // ns
static uint64_t slice;                 // the same in ticks of the counter

void schedule_init(struct cpu *cpu)
{
    queue_init(&cpu->queue);
    slice = clock_ns_to_ticks(SLICE);
    cpu->since = arch_counter();
    cpu->timer_set = cpu->alarm_ns = cpu->alarm = UINT64_MAX;
}

// Books the time since the last switch to whoever had it.
static inline void account(struct cpu *cpu)
{
    uint64_t now = arch_counter(), ticks = now - cpu->since;
    cpu->since = now;
    if (cpu->current == nullptr) {
        cpu->idle_ticks += ticks;
        return;
    }
    cpu->current->cpu_ticks += ticks;
    cpu->current->process->cpu_ticks += ticks;
    if (cpu->current->limited) budget_charge(cpu->current->payer, ticks);
}

void schedule_account(struct cpu *cpu)
{
    account(cpu);
}

// What is left of the current thread's slice comes back with it, so that interruptions, however
// many, do not make it longer. 0: a whole one.
static inline uint64_t slice_left(const struct cpu *cpu)
{
    return cpu->slice_end > cpu->since ? cpu->slice_end - cpu->since : 0;
}

static void enqueue(struct cpu *cpu, struct thread *thread, bool first)
{
    thread->cpu = cpu;
    queue_add(&cpu->queue, thread, first);
    if (cpu->current == nullptr || thread->urgency < cpu->current->urgency)
        place_reschedule(cpu);
    else if (cpu->queue.count == 1)
        place_retime(cpu); // slices are timed from now on
}

void schedule_enqueue(struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    enqueue(cpu->shared ? place_choose(thread) : cpu, thread, false);
}

void schedule_ready(struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    trace_wake(thread);
    if (thread->process->stopped) {
        thread->state = THREAD_PARKED;
        list_append(&thread->process->parked, &thread->run);
        return;
    }
    thread->state = THREAD_READY;
    if (cpu->shared) {
        enqueue(place_choose(thread), thread, false);
        return;
    }
    queue_add(&cpu->queue, thread, false);
    if (cpu->current == nullptr || thread->urgency < cpu->current->urgency)
        cpu->reschedule = true;
    else if (cpu->queue.count == 1)
        cpu->timer_stale = true; // slices are timed from now on
}

void schedule_block(enum thread_state state)
{
    struct cpu *cpu = arch_cpu();
    account(cpu);
    cpu->current->state = state;
    cpu->current->waits++;
    cpu->current = nullptr;
    cpu->reschedule = true;
}

// Whether it may run here; else it is made ready where it may.
[[gnu::noinline]] static bool is_admitted(struct cpu *cpu, struct thread *thread)
{
    if (!place_is_allowed(thread, cpu)) {
        schedule_ready(thread);
        return false;
    }
    thread->cpu = cpu;
    return true;
}

void schedule_switch_to(struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    ASSERT(cpu->current == nullptr);
    if (cpu->shared && !is_admitted(cpu, thread)) return;
    thread->state = THREAD_RUNNING;
    cpu->current = thread;
    // Another CPU may have queued somebody more urgent while this one waited for the lock.
    cpu->reschedule = cpu->shared && queue_has_rival(&cpu->queue, thread->urgency);
    cpu->switches++;
}

void schedule_resume(struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    bool first = cpu->queue.ready == 0 || thread->urgency <= queue_top(&cpu->queue)->urgency;
    if (first && !thread->process->stopped)
        schedule_switch_to(thread);
    else
        schedule_ready(thread);
}

void schedule_remove(struct thread *thread)
{
    if (thread->state == THREAD_READY) {
        queue_remove(&thread->cpu->queue, thread);
    } else if (thread->state == THREAD_PARKED) {
        list_remove(&thread->run);
    } else if (arch_cpu()->current == thread) {
        schedule_block(THREAD_NEW);
    } else if (thread->state == THREAD_RUNNING) {
        place_stop(thread);
    }
}

void schedule_yield(void)
{
    struct cpu *cpu = arch_cpu();
    if (!queue_has_rival(&cpu->queue, cpu->current->urgency)) return;
    cpu->rotate = true;
    cpu->reschedule = true;
}

// Of `thread`, which has become the current one. The timer is set anew only if it would come too
// late: where it comes early, there is nothing to do yet.
static inline void begin_slice(struct cpu *cpu, struct thread *thread)
{
    cpu->slice_end = cpu->since + (thread->slice_left != 0 ? thread->slice_left : slice);
    thread->slice_left = 0;
    if (cpu->queue.ready != 0 && cpu->slice_end < cpu->timer_set) cpu->timer_stale = true;
}

// Before its equals.
static inline void queue_put_back(struct run_queue *queue, struct thread *thread)
{
    if (urgency_has_deadline(thread->urgency)) {
        queue_add(queue, thread, true);
        return;
    }
    uint32_t priority = urgency_priority(thread->urgency);
    queue->ready |= 1ull << priority;
    queue->count++;
    list_prepend(&queue->level[priority].list, &thread->run);
}

static inline void make_current(struct cpu *cpu, struct thread *thread)
{
    thread->state = THREAD_RUNNING;
    cpu->current = thread;
    cpu->switches++;
    begin_slice(cpu, thread);
}

// `thread`, in no queue and more urgent than anybody, takes over.
static inline void preempt(struct cpu *cpu, struct thread *thread)
{
    struct thread *current = cpu->current;
    account(cpu);
    if (current != nullptr) {
        current->slice_left = slice_left(cpu);
        current->state = THREAD_READY;
        queue_put_back(&cpu->queue, current);
    }
    make_current(cpu, thread);
}

void schedule_wake(struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    const struct thread *current = cpu->current;
    bool is_first = current == nullptr || thread->urgency < current->urgency;
    if (cpu->concerns == 0 && is_first && !thread->process->stopped)
        preempt(cpu, thread);
    else
        schedule_ready(thread);
}

// The current thread goes behind its equals, of whom there are some.
static inline void pass(struct cpu *cpu)
{
    struct thread *current = cpu->current;
    struct list *equals = &cpu->queue.level[urgency_priority(current->urgency)].list;
    struct list_node *next = equals->head.next;
    account(cpu);
    list_remove(next);
    list_append(equals, &current->run);
    current->state = THREAD_READY;
    make_current(cpu, CONTAINER(next, struct thread, run));
}

// The current thread waits, and the most urgent goes on, if there is one.
static inline void stop(struct cpu *cpu)
{
    struct thread *top = queue_top(&cpu->queue);
    schedule_block(THREAD_WATCHING);
    if (top == nullptr) return;
    cpu->reschedule = false;
    queue_remove(&cpu->queue, top);
    make_current(cpu, top);
}

// The end of the slice matters only to a thread without deadline that has an equal. It is timed
// while anybody is ready, because control passes between threads of unlike urgency without a look
// at the timer.
static bool is_sliced(const struct cpu *cpu)
{
    if (cpu->current == nullptr || urgency_has_deadline(cpu->current->urgency)) return false;
    uint32_t priority = urgency_priority(cpu->current->urgency);
    return !list_is_empty(&cpu->queue.level[priority].list);
}

static void set_timer(struct cpu *cpu)
{
    uint64_t next = timer_next();
    if (cpu->queue.ready != 0 && cpu->slice_end < next) next = cpu->slice_end;
    if (cpu->current != nullptr && cpu->current->limited) {
        uint64_t end = cpu->since + cpu->current->payer->left;
        if (end < next) next = end;
    }
    cpu->timer_stale = false;
    if (next == cpu->timer_set) return;
    cpu->timer_set = next;
    arch_timer_set(next);
}

void trap_timer(void)
{
    struct cpu *cpu = arch_cpu();
    lock_enter(cpu);
    cpu->interrupts++;
    cpu->timer_set = UINT64_MAX;
    if (cpu->current != nullptr && cpu->current->limited) account(cpu);
    timer_run();
    uint64_t now = arch_counter();
    if (now < cpu->slice_end) return;
    cpu->slice_end = now + slice;
    if (is_sliced(cpu)) schedule_yield();
}

// With several CPUs: one that had to make room for a more urgent one, or whose slice is over, may
// go on elsewhere.
[[gnu::noinline]] static void put_back(struct cpu *cpu, struct thread *thread, bool rotate)
{
    struct cpu *to = rotate ? place_rotate(thread) : place_choose(thread);
    enqueue(to, thread, to == cpu && !rotate);
}

// Makes the most urgent thread the current one. The one that was keeps its place before its equals,
// unless its slice is over.
[[gnu::noinline]] static void pick(struct cpu *cpu)
{
    cpu->reschedule = false;
    bool rotate = cpu->rotate;
    cpu->rotate = false;
    if (cpu->shared) place_pull(cpu);
    struct thread *top = queue_top(&cpu->queue), *current = cpu->current;
    if (top == nullptr) return;
    if (current != nullptr) {
        if (rotate ? top->urgency > current->urgency : top->urgency >= current->urgency) return;
        account(cpu);
        current->slice_left = rotate ? 0 : slice_left(cpu);
        current->state = THREAD_READY;
        if (!cpu->shared) queue_add(&cpu->queue, current, !rotate);
        cpu->current = nullptr;
    } else {
        account(cpu);
    }
    queue_remove(&cpu->queue, top);
    schedule_switch_to(top);
    if (cpu->shared && current != nullptr) put_back(cpu, current, rotate);
    begin_slice(cpu, top);
}

// Chooses when everybody's urgency is what it should be; booking time may use up a budget. What an
// interrupt comes before is left for the next time.
static void choose(struct cpu *cpu)
{
    bool is_settled;
    do {
        is_settled = schedule_settle();
        pick(cpu);
        uint64_t urgency = cpu->current == nullptr ? UINT64_MAX : cpu->current->urgency;
        is_settled = later_step(urgency) && is_settled;
    } while (is_settled && cpu->reschedule);
    if (!is_settled) cpu->reschedule = true;
}

static inline void load(struct cpu *cpu, struct thread *thread)
{
    struct space *space = &thread->process->space;
    if (cpu->space != space) {
        cpu->space = space;
        arch_space_switch(&space->arch);
    }
    float_switch(cpu, thread);
    // A call returns without a look at what the CPU still has of the thread that made it. Since
    // then it may have run elsewhere: then it was taken from here (settle, place_stop).
    if (cpu->frame != &thread->frame) arch_frame_load_whole(&thread->frame);
    cpu->frame = &thread->frame;
    trace_switch(cpu, thread);
}

// An idle CPU keeps nothing that others may need: neither registers nor an address space.
static void settle(struct cpu *cpu)
{
    float_leave(cpu);
    cpu->frame = nullptr;
    if (cpu->space == nullptr) return;
    cpu->space = nullptr;
    arch_space_switch(nullptr);
}

// Nobody to run: a bounded piece of cleaning up, unless something else may have happened. True when
// there is nothing left to do but wait. What others may need is given up first: they may have the
// lock, and run who ran here, between two pieces.
[[gnu::noinline]] static bool is_idle(struct cpu *cpu)
{
    if (cpu->shared) settle(cpu);
    if (cpu->timer_stale) set_timer(cpu); // what is due during the cleaning up has to be seen
    if (!arch_interrupt_pending() && reap_step()) {
        if (cpu->shared) lock_pass(cpu);
        return false;
    }
    trace_switch(cpu, nullptr);
    set_timer(cpu);
    cpu->frame = nullptr;
    return true;
}

[[gnu::noinline]] static void call_up(struct thread *thread)
{
    if (thread_upcall(thread)) return;
    if (user_copy_stopped())
        arch_cpu()->reschedule = true; // the interrupt first, then here again
    else
        fault_report(&thread->frame, FAULT_WRITE, arch_frame_place(&thread->frame).stack);
}

// The way out when the next thread has to be chosen, or there is more to do.
[[gnu::noinline]] static struct frame *exit_otherwise(struct cpu *cpu)
{
    for (;;) {
        if (cpu->reschedule | cpu->leftover) choose(cpu);
        struct thread *thread = cpu->current;
        if (thread == nullptr) {
            if (is_idle(cpu)) return nullptr;
            continue;
        }
        load(cpu, thread);
        if (thread->interrupted && thread->upcall_entry != 0 && !thread->upcalling) {
            call_up(thread);
            if (cpu->current != thread) continue;
        }
        if (cpu->timer_stale || thread->limited) set_timer(cpu);
        return &thread->frame;
    }
}

// Apart, so that the registers that it takes need not be saved by who goes without.
[[gnu::noinline]] static void load_float(struct cpu *cpu, struct thread *thread)
{
    float_switch(cpu, thread);
}

// The same when nothing asks for the scheduler: to whom control was handed, or back to whom it was
// taken from. What is new about the latter sets `reschedule`, so there is nothing to look at.
static inline struct frame *exit_quietly(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    if (thread == nullptr) return exit_otherwise(cpu);
    if (cpu->frame == &thread->frame) return cpu->frame;
    if (thread->interrupted | thread->limited) return exit_otherwise(cpu);
    struct space *space = &thread->process->space;
    if (cpu->space != space) {
        cpu->space = space;
        arch_space_switch(&space->arch);
    }
    if ((cpu->float_enabled | thread->float_switches) != 0) load_float(cpu, thread);
    return cpu->frame = &thread->frame;
}

struct frame *schedule_exit_by(enum schedule_way way, struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    ASSERT(cpu->concerns == 0);
    cpu->calls++;
    if (way == SCHEDULE_STOP)
        stop(cpu);
    else if (way == SCHEDULE_PASS)
        pass(cpu);
    else
        preempt(cpu, thread);
    return cpu->concerns == 0 ? exit_quietly(cpu) : exit_otherwise(cpu);
}

// An interrupt that was none after all comes here without the lock.
[[gnu::noinline]] static struct frame *exit_shared(struct cpu *cpu)
{
    lock_take(cpu);
    struct frame *frame = exit_otherwise(cpu);
    lock_give(cpu);
    return frame;
}

struct frame *schedule_exit(void)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->concerns == 0) return exit_quietly(cpu);
    return cpu->shared ? exit_shared(cpu) : exit_otherwise(cpu);
}

void trap_signal(void)
{
    struct cpu *cpu = arch_cpu();
    lock_enter(cpu);
    cpu->interrupts++;
}

bool trap_enter(void)
{
    return lock_enter(arch_cpu());
}

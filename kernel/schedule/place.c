// SPDX-License-Identifier: MIT
// Placing threads on CPUs: see the header.
#include "kernel/schedule/place.h"
#include "kernel/device/device.h"
#include "kernel/log.h"
#include "kernel/object/process.h"
#include "kernel/schedule/float.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"

enum : uint32_t { SCAN_MAX = 16 }; // threads of a queue that are looked at for one that may move

// Whether `thread` would run on `cpu` at once.
static bool would_run(const struct cpu *cpu, const struct thread *thread)
{
    if (cpu->current != nullptr && cpu->current->urgency <= thread->urgency) return false;
    return cpu->queue.ready == 0 || !queue_has_rival(&cpu->queue, thread->urgency);
}

static bool is_idle(const struct cpu *cpu)
{
    return cpu->current == nullptr && cpu->queue.ready == 0;
}

struct cpu *place_choose(const struct thread *thread)
{
    struct cpu *home = thread->cpu, *best = nullptr, *allowed = nullptr;
    if (place_is_allowed(thread, home) && would_run(home, thread)) return home;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (!place_is_allowed(thread, cpu)) continue;
        allowed = cpu;
        if (is_idle(cpu)) return cpu;
        if (!would_run(cpu, thread) || cpu->current == nullptr) continue;
        if (best == nullptr || cpu->current->urgency > best->current->urgency) best = cpu;
    }
    if (best != nullptr) return best;
    return place_is_allowed(thread, home) ? home : allowed;
}

struct cpu *place_promise(const struct thread *thread)
{
    struct cpu *best = thread->cpu;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu->index - thread->cpu_first >= thread->cpu_count) continue;
        if (cpu->promised < best->promised || !place_is_allowed(thread, best)) best = cpu;
    }
    return best;
}

void place_apply(struct thread *thread)
{
    bool is_placed = thread->state == THREAD_READY || thread->state == THREAD_RUNNING;
    if (!is_placed || place_is_allowed(thread, thread->cpu)) return;
    schedule_remove(thread);
    thread->state = THREAD_READY;
    schedule_enqueue(thread);
}

static uint32_t load_of(const struct cpu *cpu)
{
    return cpu->queue.count + (cpu->current == nullptr ? 0 : 1);
}

struct cpu *place_rotate(const struct thread *thread)
{
    struct cpu *home = thread->cpu, *best = home;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu == home || !place_is_allowed(thread, cpu)) continue;
        if (cpu->current != nullptr && cpu->current->urgency < thread->urgency) continue;
        if (load_of(cpu) < load_of(best)) best = cpu;
    }
    return best;
}

// The most urgent thread that waits in vain at `from` and may run on `cpu`; nullptr: none.
static struct thread *movable(const struct cpu *from, const struct cpu *cpu)
{
    struct thread *thread = queue_top(&from->queue);
    if (thread != nullptr &&
        (from->current == nullptr || thread->urgency < from->current->urgency)) {
        thread = queue_next(&from->queue, thread); // the first it takes itself
    }
    for (uint32_t i = 0; thread != nullptr && i < SCAN_MAX; i++) {
        if (place_is_allowed(thread, cpu)) return thread;
        thread = queue_next(&from->queue, thread);
    }
    return nullptr;
}

void place_pull(struct cpu *cpu)
{
    const struct thread *top = queue_top(&cpu->queue);
    if (top == nullptr || (cpu->current != nullptr && cpu->current->urgency < top->urgency))
        top = cpu->current;
    struct thread *best = nullptr;
    for (struct cpu *from = cpu_list; from != nullptr; from = from->next) {
        if (from == cpu || from->queue.ready == 0) continue;
        if (top != nullptr && !queue_has_rival(&from->queue, top->urgency)) continue;
        struct thread *thread = movable(from, cpu);
        if (thread == nullptr || (top != nullptr && thread->urgency >= top->urgency)) continue;
        if (best == nullptr || thread->urgency < best->urgency) best = thread;
    }
    if (best == nullptr) return;
    queue_remove(&best->cpu->queue, best);
    best->cpu = cpu;
    queue_add(&cpu->queue, best, false);
}

static void tell(struct cpu *cpu)
{
    if (cpu != arch_cpu() && !cpu->waiting) interrupt_controller->signal(cpu);
}

// What is noted already will be looked at already: both flags are gone when a CPU leaves the
// kernel.
void place_reschedule(struct cpu *cpu)
{
    bool is_told = cpu->reschedule || cpu->timer_stale;
    cpu->reschedule = true;
    if (!is_told) tell(cpu);
}

void place_retime(struct cpu *cpu)
{
    bool is_told = cpu->reschedule || cpu->timer_stale;
    cpu->timer_stale = true;
    if (!is_told) tell(cpu);
}

// On the thread's CPU, which waits for the lock: what the thread came into the kernel for has not
// begun.
static void stop(struct cpu *cpu, void *context)
{
    struct thread *thread = context;
    if (cpu->in_call) arch_frame_restart(&thread->frame);
    float_leave(cpu);
    schedule_block(THREAD_NEW);
    cpu->frame = nullptr;
}

void place_stop(struct thread *thread)
{
    ASSERT(thread->state == THREAD_RUNNING && thread->cpu->current == thread);
    lock_ask(thread->cpu, stop, thread);
}

static void leave(struct cpu *cpu, void *context)
{
    cpu->space = nullptr;
    arch_space_switch(nullptr);
}

void place_leave_space(struct space *space)
{
    struct cpu *self = arch_cpu();
    if (self->space == space) leave(self, nullptr);
    lock_ask_users(space, leave, nullptr);
}

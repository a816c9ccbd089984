// SPDX-License-Identifier: MIT
// See the header. What is here is what happens most often: at most one thread waits, without a
// deadline, and nothing else is the matter with the event, the thread or the CPU.
#include "kernel/object/fast_event.h"
#include "kernel/object/event.h"
#include "kernel/object/fast_step.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"

static constexpr struct fast_result NOT = {FAST_NOT, 0};

[[gnu::always_inline]] static inline struct fast_result done(struct cpu *cpu, uint64_t value)
{
    cpu->calls++;
    return (struct fast_result){FAST_DONE, value};
}

// The caller's result, when it gets on: of a wait, who wakes it has another.
[[gnu::always_inline]] static inline struct fast_result go_on(enum schedule_way way,
                                                              struct thread *thread)
{
    arch_cpu()->current->frame.reg[0] = OK;
    return (struct fast_result){way, (uintptr_t)thread};
}

[[gnu::always_inline]] static inline struct event *find_event(const struct thread *thread,
                                                              uint64_t handle, uint32_t right)
{
    return (struct event *)find(&thread->process->handles, (uint32_t)handle, OBJECT_EVENT, right);
}

// --- Several CPUs: what changes nothing but the event's bits, beside other CPUs (kernel/schedule/
// lock.h), which may be about to change them too.

[[gnu::noinline]] static struct fast_result signal_beside(uint64_t handle, uint64_t bits)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_begin_fast(cpu)) return NOT;
    struct event *event = find_event(cpu->current, handle, RIGHT_EVENT_SIGNAL);
    bool is_alone = event != nullptr && event->channel == nullptr && tree_is_empty(&event->waiters);
    if (is_alone) __atomic_fetch_or(&event->bits, bits, __ATOMIC_ACQ_REL);
    lock_end_fast(cpu);
    return is_alone ? done(cpu, 0) : NOT;
}

[[gnu::noinline]] static struct fast_result wait_beside(uint64_t handle, uint64_t mask)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_begin_fast(cpu)) return NOT;
    struct event *event = find_event(cpu->current, handle, RIGHT_EVENT_WAIT);
    uint64_t taken = 0;
    if (event != nullptr && !event->timer_rests)
        taken = __atomic_fetch_and(&event->bits, ~mask, __ATOMIC_ACQ_REL) & mask;
    lock_end_fast(cpu);
    return taken == 0 ? NOT : done(cpu, taken);
}

// --- One CPU

// Whether waking `thread`, which is the event's only waiter, is nothing but that.
[[gnu::always_inline]] static inline bool is_plain(const struct thread *thread)
{
    return thread->server_condition == THREAD_WATCHING && !timer_is_armed(&thread->timeout) &&
           !thread->process->stopped && !urgency_has_deadline(thread->urgency);
}

// (The event does not go with the waiter's reference: there is a handle.)
[[gnu::always_inline]] static inline void wake(struct event *event, struct thread *thread,
                                               uint64_t taken)
{
    event->waiters = (struct tree){};
    event->object.references--;
    thread->node.height = 0;
    thread->uninterrupted = false;
    thread->frame.reg[0] = OK;
    thread->frame.reg[1] = taken;
}

struct fast_result fast_event_signal(uint64_t handle, uint64_t bits)
{
    struct cpu *cpu = arch_cpu();
    struct thread *self = cpu->current;
    if (cpu->concerns != 0) [[clang::unlikely]]
        return signal_beside(handle, bits);
    struct event *event = find_event(self, handle, RIGHT_EVENT_SIGNAL);
    if (event == nullptr || event->channel != nullptr) return NOT;
    uint64_t set = event->bits | bits;
    struct tree_node *node = event->waiters.root;
    if (node == nullptr) {
        event->bits = set;
        return done(cpu, 0);
    }
    struct thread *thread = CONTAINER(node, struct thread, node);
    uint64_t taken = set & thread->wait_mask;
    if (taken == 0 || node->height != 1 || !is_plain(thread)) return NOT;
    event->bits = set & ~taken;
    wake(event, thread, taken);
    if (thread->urgency < self->urgency) return go_on(SCHEDULE_PREEMPT, thread);
    schedule_append(cpu, thread);
    return done(cpu, 0);
}

struct fast_result fast_event_wait(uint64_t handle, uint64_t mask, uint64_t deadline)
{
    struct cpu *cpu = arch_cpu();
    struct thread *self = cpu->current;
    if (cpu->concerns != 0) [[clang::unlikely]]
        return wait_beside(handle, mask);
    struct event *event = find_event(self, handle, RIGHT_EVENT_WAIT);
    if (event == nullptr || event->timer_rests) return NOT;
    uint64_t taken = event->bits & mask;
    if (taken != 0) {
        event->bits -= taken;
        return done(cpu, taken);
    }
    if (mask == 0 || deadline != FE_FOREVER || !tree_is_empty(&event->waiters)) return NOT;
    if (self->server_condition != THREAD_RUNNING) return NOT;
    event->object.references++;
    event->waiters.root = event->waiters.first = &self->node;
    self->node = (struct tree_node){.key = self->urgency, .height = 1};
    self->wait_mask = mask;
    self->wait_event = event;
    self->uninterrupted = false;
    return go_on(SCHEDULE_STOP, nullptr);
}

struct fast_result fast_thread_yield(void)
{
    struct cpu *cpu = arch_cpu();
    struct thread *self = cpu->current;
    if (cpu->concerns != 0) [[clang::unlikely]]
        return NOT;
    if (!queue_has_rival(&cpu->queue, self->urgency)) return done(cpu, 0);
    if (self->server_condition != THREAD_RUNNING || urgency_has_deadline(self->urgency)) return NOT;
    if (!schedule_has_equal(cpu, self)) return NOT;
    return go_on(SCHEDULE_PASS, nullptr);
}

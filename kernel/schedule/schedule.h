// SPDX-License-Identifier: MIT
// The scheduler: who runs, who is ready, who lends urgency to whom. A trap handler changes states
// by these functions; on the way out schedule_exit() (kernel/trap.h) acts on them. Guarded by the
// kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

void schedule_init(struct cpu *cpu);

// `thread`, in no queue, may run from now on (or will, when its process is continued).
void schedule_ready(struct thread *thread);

// The same for who does nothing afterwards that depends on who is current: an interrupt. Control
// passes to it at once where that is all there is to be done.
void schedule_wake(struct thread *thread);

// The same for a ready thread that was taken out of its queue.
void schedule_enqueue(struct thread *thread);

// The current thread stops running: it waits in `state`, or is dead.
void schedule_block(enum thread_state state);

// Control passes straight to `thread`, in no queue; nobody is current. Where it may not run on this
// CPU it is made ready.
void schedule_switch_to(struct thread *thread);

// The same if nobody ready is more urgent; otherwise it is made ready.
void schedule_resume(struct thread *thread);

// Takes a ready, running or parked thread off the CPU; its state is the caller's to set.
void schedule_remove(struct thread *thread);

// The current thread goes behind its equals.
void schedule_yield(void);

// --- For fast paths, while one CPU runs and nothing asks for the scheduler (cpu->concerns) ---

// How a call of the current thread's ends with another one running.
enum schedule_way : uint64_t {
    SCHEDULE_PREEMPT = 2, // `thread`, in no queue, is the most urgent of all
    SCHEDULE_PASS,        // it goes behind its equals, of whom some are ready without a deadline
    SCHEDULE_STOP,        // it waits, THREAD_WATCHING
};

// Does that; then as schedule_exit().
struct frame *schedule_exit_by(enum schedule_way way, struct thread *thread);

// Whether the most urgent of those who are ready are `thread`'s equals, all without a deadline.
[[gnu::always_inline]] static inline bool schedule_has_equal(const struct cpu *cpu,
                                                             const struct thread *thread)
{
    uint32_t priority = urgency_priority(thread->urgency);
    return cpu->queue.ready >> priority == 1 && tree_is_empty(&cpu->queue.level[priority].deadline);
}

// `thread`, in no queue, without a deadline and not more urgent than the current one, is
// made ready. Calls nothing.
[[gnu::always_inline]] static inline void schedule_append(struct cpu *cpu, struct thread *thread)
{
    uint32_t priority = urgency_priority(thread->urgency);
    thread->state = THREAD_READY;
    cpu->queue.ready |= 1ull << priority;
    cpu->queue.count++;
    list_append(&cpu->queue.level[priority].list, &thread->run);
    if (cpu->slice_end >= cpu->timer_set) return;
    cpu->timer_set = cpu->slice_end; // slices are timed from now on
    arch_timer_set(cpu->slice_end);
}

// --- For all ---

// Books the time since the last switch to whoever runs on `cpu`, and charges its budget.
void schedule_account(struct cpu *cpu);

// Computes `thread`'s urgency and payer from its own and its donors', and carries a change to where
// it matters: its queue, and those whom it waits for in turn. A long chain is only begun;
// schedule_settle goes on with it.
void schedule_update(struct thread *thread);

// The same on the way out of the kernel.
void schedule_update_later(struct thread *thread);

// Works off what is left of changes. False: an interrupt has to be taken first.
bool schedule_settle(void);

// What lends urgency to a thread, in the tag of its node among the donors.
enum lender : uint32_t {
    LENDER_FREE,    // a caller, at nobody's cost
    LENDER_CALLER,  // a caller with a payer
    LENDER_CHANNEL, // a channel with callers queued
    LENDER_MUTEX,   // a lock with threads waiting
};

// The caller whose node this is lends `urgency` to `server` until donation_end; it may be lending
// already, less or more.
void donation_begin(struct thread *server, struct tree_node *node, uint64_t urgency);

// A queue lends the urgency of its first.
void donation_queue(struct thread *server, struct tree_node *node, enum lender lender,
                    uint64_t urgency);
void donation_end(struct thread *server, struct tree_node *node);

// `thread` dies: nobody pays for it.
void inherit_forget(struct thread *thread);

void inherit_init(void);

// All threads of `process` stop, or go on, in bounded steps; true when done.
bool schedule_park_some(struct process *process);
bool schedule_unpark_some(struct process *process);

// SPDX-License-Identifier: MIT
// Periods, deadlines and budgets of threads. A period begins with its release; by its deadline the
// thread is to have said that its work is done (thread_period_wait), or it has missed it. In each
// period it may use its budget; then it is at the bottom until the next release.
//
// Who is charged: whose urgency it is. A server that runs at a caller's urgency uses the caller's
// budget, through any chain; when that is used up, the caller's urgency, and with it what it lends,
// drops to the bottom, and the server goes on by its own urgency or another caller's. So nobody's
// urgency is ever used for longer than his budget, and nobody waits for a caller that overran.
//
// A thread without any of this has two null pointers and a flag. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"

struct event;
struct resource;

struct budget {
    struct thread *thread; // nullptr: it is dead, or has no period any more
    struct timer timer;    // the next deadline or release
    uint64_t release;      // ns: the present period's
    uint64_t limit, left;  // counter ticks in each period, and in the present one; limit 0: none
    uint64_t misses, told; // deadlines missed: ever, and when the thread was last told
    uint64_t overruns;     // periods in which the budget was used up
    bool is_done;          // the thread waits for the next release
    bool is_due;           // the present release has not been given to the thread
    bool is_judged;        // the present deadline has passed
    bool is_exhausted;
    uint32_t references; // the thread's, and those of whom it pays for
    uint32_t share;      // parts per million of `cpu`'s time, admitted
    struct cpu *cpu;
    struct resource *time; // out of which it was admitted, a reference
    struct event *event;   // signalled at each miss, a reference; may be nullptr
    uint64_t event_bits;
    struct process *charged;
};

// What a thread pays with now; nullptr: it has no budget, or no more.
static inline struct budget *budget_payer(struct budget *budget)
{
    return budget == nullptr || budget->limit == 0 || budget->is_exhausted ? nullptr : budget;
}

void budget_init_all(void);
void budget_get(struct budget *budget);
void budget_put(struct budget *budget);

// Checks `schedule` for `thread` and makes what it needs, the one thing that may fail.
// ERR_BAD_ARGUMENT, ERR_NOT_ADMITTED, ERR_QUOTA, ERR_NO_MEMORY, and those of the handle.
enum status budget_prepare(struct thread *thread, const struct fe_schedule *schedule,
                           struct resource **time);

// Schedules `thread` so, from now on. `time` is what budget_prepare found.
void budget_apply(struct thread *thread, const struct fe_schedule *schedule, struct resource *time);

// `thread` is dead.
void budget_drop(struct thread *thread);

// So many counter ticks were used.
void budget_charge(struct budget *budget, uint64_t ticks);

// SPDX-License-Identifier: MIT
// Which CPU a thread runs on. A thread has a home, the CPU where it ran last or is queued, and an
// affinity, the CPUs that it may run on; one that has been promised time, on one of them, runs on
// that. It goes home if it would run there at once, else to the
// allowed CPU that has the least urgent thing to do, if that is less urgent than it; else it waits
// at home. A CPU that chooses takes over from the others' queues what is more urgent than anything
// of its own. Only for machines with several CPUs; guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/cpu.h"

static inline bool place_is_allowed(const struct thread *thread, const struct cpu *cpu)
{
    const struct budget *budget = thread->budget;
    if (budget != nullptr && budget->share != 0) return cpu == budget->cpu;
    return cpu->index - thread->cpu_first < thread->cpu_count;
}

// Where `thread`, in no queue, is to be queued.
struct cpu *place_choose(const struct thread *thread);

// Where `thread`, whose slice on its CPU is over, waits for the next one: where fewer are.
struct cpu *place_rotate(const struct thread *thread);

// Takes a thread over into `cpu`'s queue that is more urgent than all it has, if there is one.
void place_pull(struct cpu *cpu);

// The CPU that promises `thread` a share of its time: the one that promised least.
struct cpu *place_promise(const struct thread *thread);

// The thread's affinity may have changed: it leaves a CPU that it may not run on.
void place_apply(struct thread *thread);

// `cpu` is to choose anew, or to set its timer anew, soon.
void place_reschedule(struct cpu *cpu);
void place_retime(struct cpu *cpu);

// Takes a thread that runs on another CPU off it: it is in no queue then.
void place_stop(struct thread *thread);

// No other CPU has `space` loaded any more.
void place_leave_space(struct space *space);

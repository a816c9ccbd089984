// SPDX-License-Identifier: MIT
// Floating point and SIMD registers. A thread that never used them has none. They stay in the CPU
// for whoever used them last, and another's use of them traps. Compilers use them for any copy, and
// a trap at each would cost more than the copy of the registers: so a thread that trapped gets them
// with its next switches, and then has to show again that it needs them. Guarded by the kernel
// lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

// Makes `thread`, which has such registers, their owner.
void float_take(struct cpu *cpu, struct thread *thread);

// With several CPUs: the registers go to memory when their owner stops running, so that it may go
// on on any CPU; they stay in this one too, for it to come back to. Off from then on.
void float_leave(struct cpu *cpu);

// The same when `thread`, perhaps their owner, is next: what it left here may be out of date.
void float_settle(struct cpu *cpu, const struct thread *thread);

static inline void float_switch(struct cpu *cpu, struct thread *thread)
{
    if (cpu->shared) float_settle(cpu, thread);
    if (thread->float_switches != 0 && cpu->float_owner != thread) {
        thread->float_switches--;
        float_take(cpu, thread);
        return;
    }
    bool enable = cpu->float_owner == thread;
    if (cpu->float_enabled == enable) return;
    cpu->float_enabled = enable;
    arch_float_enable(enable);
}

void float_init(void);

// `thread` dies: its registers are nobody's.
void float_forget(struct thread *thread);

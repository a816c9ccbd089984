// SPDX-License-Identifier: MIT
// Floating point and SIMD registers. A thread that never used them has none, and its first use
// traps: until then they stay in the CPU for whoever used them last. A thread that has them gets
// them with the switch, because compilers use them for any copy, and a trap at each would cost more
// than the copy of the registers. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

// Makes `thread`, which has such registers, their owner.
void float_take(struct cpu *cpu, struct thread *thread);

static inline void float_switch(struct cpu *cpu, struct thread *thread)
{
    if (thread->float_state != nullptr && cpu->float_owner != thread) float_take(cpu, thread);
    bool enable = cpu->float_owner == thread;
    if (cpu->float_enabled == enable) return;
    cpu->float_enabled = enable;
    arch_float_enable(enable);
}

void float_init(void);

// `thread` dies: its registers are nobody's.
void float_forget(struct thread *thread);

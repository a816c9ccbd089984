// SPDX-License-Identifier: MIT
// Floating point and SIMD registers, lazily: they stay in the CPU until another thread uses them.
// Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

static inline void float_switch(struct cpu *cpu, const struct thread *thread)
{
    bool enable = cpu->float_owner == thread;
    if (cpu->float_enabled == enable) return;
    cpu->float_enabled = enable;
    arch_float_enable(enable);
}

void float_init(void);

// `thread` dies: its registers are nobody's.
void float_forget(struct thread *thread);

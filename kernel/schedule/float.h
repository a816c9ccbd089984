// SPDX-License-Identifier: MIT
// Floating point and SIMD registers. A thread that never used them has none. They stay in the CPU
// for whoever used them last, and another's use of them traps. Compilers use them for any copy, and
// a trap at each would cost more than the copy of the registers: so a thread that trapped gets them
// with its next switches, and then has to show again that it needs them. Guarded by the kernel
// lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

// With several CPUs: the registers go to memory when their owner stops running, so that it may go
// on on any CPU; they stay in this one too, for it to come back to. Off from then on.
void float_leave(struct cpu *cpu);

// `thread` is about to run, while there is one CPU only; `sender` has made a call of a message.
[[gnu::always_inline]] static inline void float_switch_alone(struct cpu *cpu, struct thread *thread,
                                                             const struct thread *sender)
{
    struct thread *owner = cpu->float_owner;
    bool is_owner = owner == thread;
    if (thread->float_switches == 0 || is_owner) {
        if (cpu->float_enabled == is_owner) return;
        cpu->float_enabled = is_owner;
        arch_float_enable(is_owner);
        return;
    }
    thread->float_switches--;
    if (!cpu->float_enabled) {
        cpu->float_enabled = true;
        arch_float_enable(true);
    }
    if (owner != nullptr) arch_float_save(owner->float_state, owner == sender);
    arch_float_restore(thread->float_state);
    cpu->float_owner = thread;
}

// The same while there are several.
void float_switch_shared(struct cpu *cpu, struct thread *thread);

static inline void float_switch(struct cpu *cpu, struct thread *thread)
{
    if (cpu->shared)
        float_switch_shared(cpu, thread);
    else
        float_switch_alone(cpu, thread, nullptr);
}

void float_init(void);

// `thread` dies: its registers are nobody's.
void float_forget(struct thread *thread);

// SPDX-License-Identifier: MIT
// The kernel lock. Whoever enters the kernel takes it and gives it up on the way out; with one CPU
// there is nothing to take. It is shared by fast paths and exclusive for everything else: a fast
// path only raises its own CPU's flag, and whoever takes the lock waits until no flag is up. Turns
// are by ticket, so nobody waits for more turns than there are CPUs.
//
// A fast path changes nothing but threads that are on its CPU or that it takes out of a channel's
// wait queue, that channel, under its own flag, and its CPU's own data. It neither waits, nor
// allocates, nor touches user memory, nor another CPU's queue or timers.
//
// While a CPU waits for its turn it answers whoever has the lock: see lock_ask().
#pragma once

#include "kernel/schedule/cpu.h"
#include <arch/arch.h>

// Tickets: the next to be taken, and the one whose turn it is.
extern uint32_t lock_next, lock_serving;

// Takes the lock, unless this CPU has it. False: the thread that was current has been taken off
// this CPU meanwhile, and what it came for is not to be done.
bool lock_take(struct cpu *cpu);
void lock_give(struct cpu *cpu);

static inline bool lock_enter(struct cpu *cpu)
{
    return !cpu->shared || lock_take(cpu);
}

// The same for a system call, which begins again when its thread is taken away before.
static inline bool lock_enter_call(struct cpu *cpu)
{
    if (!cpu->shared) return true;
    cpu->in_call = true;
    bool is_there = lock_take(cpu);
    cpu->in_call = false;
    return is_there;
}

// Lets those who wait for the lock go first, if anybody does.
void lock_pass(struct cpu *cpu);

// Whether another CPU waits for it.
bool lock_is_wanted(void);

// True when a long operation is to stop here, and restart: an interrupt waits, or another CPU.
static inline bool lock_should_pass(void)
{
    return arch_interrupt_pending() || (arch_cpu()->shared && lock_is_wanted());
}

// A fast path begins, without the lock; false: somebody has it, or waits for it. It ends by
// lock_end_fast(). For several CPUs only.
// Inline, because fast paths call nothing.
static inline void lock_end_fast(struct cpu *cpu)
{
    __atomic_store_n(&cpu->fast, false, __ATOMIC_RELEASE);
}

// Between saying something to other CPUs and looking at what they say. Explicit, because emulators
// do not order a store-release before a load-acquire.
static inline void lock_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

// A few looks, because who queues for a turn at once keeps the next one from the fast path too, and
// so on for ever.
enum : uint32_t { FAST_LOOKS = 64 };

// Raising the flag comes before looking at the lock, taking a ticket before looking at the flags:
// one of the two sees the other.
static inline bool lock_try_fast(struct cpu *cpu)
{
    for (uint32_t look = 0; look < FAST_LOOKS; look++) {
        __atomic_store_n(&cpu->fast, true, __ATOMIC_RELAXED);
        lock_fence();
        uint32_t now = __atomic_load_n(&lock_serving, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&lock_next, __ATOMIC_SEQ_CST) == now) return true;
        lock_end_fast(cpu);
        if (__atomic_load_n(&cpu->asked, __ATOMIC_RELAXED)) return false;
        arch_relax();
    }
    return false;
}

// The same, unless this CPU has something to look at first. In the midst of a system call.
[[gnu::always_inline]] static inline bool lock_begin_fast(struct cpu *cpu)
{
    if (!cpu->shared || !lock_try_fast(cpu)) return false;
    if (cpu->trace_kinds == 0 && !(cpu->reschedule | cpu->timer_stale | cpu->leftover)) return true;
    lock_end_fast(cpu);
    return false;
}

// Has `cpu`, another one, call `answer` inside the kernel, and waits until it has. This CPU has the
// lock; `answer` may use that CPU's own data.
typedef void (*lock_answer)(struct cpu *cpu, void *context);
void lock_ask(struct cpu *cpu, lock_answer answer, void *context);

// The same of all others that have `space` loaded, all at once.
void lock_ask_users(const struct space *space, lock_answer answer, void *context);

// A panic: whoever waits for the lock, or comes into the kernel, stops.
void lock_break(void);

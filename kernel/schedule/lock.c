// SPDX-License-Identifier: MIT
// The kernel lock: a ticket for each turn. One question at a time is asked, by the holder.
#include "kernel/schedule/lock.h"
#include "kernel/device/device.h"
#include "kernel/log.h"
#include <arch/arch.h>

static uint32_t next_ticket, serving;
static bool is_broken;
static void (*question)(struct cpu *cpu, void *context);
static void *question_context;

void lock_break(void)
{
    __atomic_store_n(&is_broken, true, __ATOMIC_RELEASE);
}

static void answer(struct cpu *cpu)
{
    if (__atomic_load_n(&is_broken, __ATOMIC_ACQUIRE)) arch_halt();
    if (!__atomic_load_n(&cpu->asked, __ATOMIC_ACQUIRE)) return;
    question(cpu, question_context);
    __atomic_store_n(&cpu->asked, false, __ATOMIC_RELEASE);
}

static void wait_turn(struct cpu *cpu, uint32_t ticket)
{
    if (__atomic_load_n(&serving, __ATOMIC_ACQUIRE) == ticket) return;
    cpu->lock_waits++;
    __atomic_store_n(&cpu->waiting, true, __ATOMIC_RELEASE);
    while (__atomic_load_n(&serving, __ATOMIC_ACQUIRE) != ticket) {
        answer(cpu);
        arch_relax();
    }
    __atomic_store_n(&cpu->waiting, false, __ATOMIC_RELAXED);
}

bool lock_take(struct cpu *cpu)
{
    if (cpu->inside) return true;
    struct thread *before = cpu->current;
    wait_turn(cpu, __atomic_fetch_add(&next_ticket, 1, __ATOMIC_SEQ_CST));
    for (struct cpu *other = cpu_list; other != nullptr; other = other->next) {
        while (other != cpu && __atomic_load_n(&other->fast, __ATOMIC_SEQ_CST)) arch_relax();
    }
    cpu->inside = true;
    cpu->lock_since = arch_counter();
    return cpu->current == before;
}

void lock_give(struct cpu *cpu)
{
    ASSERT(cpu->inside);
    cpu->lock_ticks += arch_counter() - cpu->lock_since;
    cpu->inside = false;
    __atomic_store_n(&serving, serving + 1, __ATOMIC_RELEASE);
}

bool lock_is_wanted(void)
{
    return __atomic_load_n(&next_ticket, __ATOMIC_RELAXED) != serving + 1;
}

void lock_pass(struct cpu *cpu)
{
    if (!lock_is_wanted()) return;
    lock_give(cpu);
    lock_take(cpu);
}

// Raising the flag comes before looking at the lock, taking a ticket before looking at the flags:
// one of the two sees the other.
bool lock_try_fast(struct cpu *cpu)
{
    if (!cpu->shared) return true;
    __atomic_store_n(&cpu->fast, true, __ATOMIC_SEQ_CST);
    uint32_t now = __atomic_load_n(&serving, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&next_ticket, __ATOMIC_SEQ_CST) == now) return true;
    lock_end_fast(cpu);
    return false;
}

void lock_end_fast(struct cpu *cpu)
{
    __atomic_store_n(&cpu->fast, false, __ATOMIC_RELEASE);
}

void lock_ask(struct cpu *cpu, void (*answer)(struct cpu *cpu, void *context), void *context)
{
    ASSERT(arch_cpu()->inside && !arch_cpu()->asked && cpu != arch_cpu());
    question = answer;
    question_context = context;
    __atomic_store_n(&cpu->asked, true, __ATOMIC_RELEASE);
    if (!__atomic_load_n(&cpu->waiting, __ATOMIC_ACQUIRE)) interrupt_controller->signal(cpu);
    while (__atomic_load_n(&cpu->asked, __ATOMIC_ACQUIRE)) arch_relax();
}

// SPDX-License-Identifier: MIT
// The kernel lock: a ticket for each turn. Who waits looks for a while, then sleeps until the one
// before wakes it: whoever holds the lock may itself be kept from running, by a hypervisor. One
// question at a time is asked, by the holder.
#include "kernel/schedule/lock.h"
#include "kernel/device/device.h"
#include "kernel/log.h"
#include <arch/arch.h>

enum : uint32_t { LOOKS = 1000 }; // before it sleeps

uint32_t lock_next, lock_serving;
static uint32_t sleepers;
static bool is_broken;
static struct cpu *asker;
static lock_answer question;
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
    struct cpu *from = asker; // who may ask another as soon as this is told
    __atomic_store_n(&cpu->asked, false, __ATOMIC_RELEASE);
    lock_fence();
    if (__atomic_load_n(&from->sleeping, __ATOMIC_SEQ_CST)) interrupt_controller->signal(from);
}

// Saying so comes before looking once more, the turn and the question before looking who sleeps.
static void sleep(struct cpu *cpu, uint32_t ticket)
{
    __atomic_store_n(&cpu->sleeping, true, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&sleepers, 1, __ATOMIC_SEQ_CST);
    lock_fence();
    if (__atomic_load_n(&lock_serving, __ATOMIC_SEQ_CST) != ticket &&
        !__atomic_load_n(&cpu->asked, __ATOMIC_SEQ_CST)) {
        arch_doze();
    }
    __atomic_fetch_sub(&sleepers, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&cpu->sleeping, false, __ATOMIC_SEQ_CST);
}

static void wait_turn(struct cpu *cpu, uint32_t ticket)
{
    if (__atomic_load_n(&lock_serving, __ATOMIC_ACQUIRE) == ticket) return;
    cpu->lock_waits++;
    cpu->ticket = ticket;
    __atomic_store_n(&cpu->waiting, true, __ATOMIC_RELEASE);
    for (uint32_t look = 0; __atomic_load_n(&lock_serving, __ATOMIC_ACQUIRE) != ticket; look++) {
        answer(cpu);
        if (look < LOOKS)
            arch_relax();
        else
            sleep(cpu, ticket);
    }
    __atomic_store_n(&cpu->waiting, false, __ATOMIC_RELAXED);
}

// It is the next one's turn: it is woken if it sleeps.
static void wake(uint32_t ticket)
{
    lock_fence();
    if (__atomic_load_n(&sleepers, __ATOMIC_SEQ_CST) == 0) return;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (__atomic_load_n(&cpu->sleeping, __ATOMIC_SEQ_CST) && cpu->ticket == ticket)
            interrupt_controller->signal(cpu);
    }
}

bool lock_take(struct cpu *cpu)
{
    if (cpu->inside) return true;
    struct thread *before = cpu->current;
    wait_turn(cpu, __atomic_fetch_add(&lock_next, 1, __ATOMIC_SEQ_CST));
    lock_fence();
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
    uint32_t ticket = lock_serving + 1;
    __atomic_store_n(&lock_serving, ticket, __ATOMIC_SEQ_CST);
    wake(ticket);
}

bool lock_is_wanted(void)
{
    return __atomic_load_n(&lock_next, __ATOMIC_RELAXED) != lock_serving + 1;
}

void lock_pass(struct cpu *cpu)
{
    if (!lock_is_wanted()) return;
    lock_give(cpu);
    lock_take(cpu);
}

static void ask(struct cpu *cpu, lock_answer answer, void *context)
{
    ASSERT(arch_cpu()->inside && !arch_cpu()->asked && cpu != arch_cpu());
    asker = arch_cpu();
    question = answer;
    question_context = context;
    __atomic_store_n(&cpu->asked, true, __ATOMIC_RELEASE);
    lock_fence();
    bool looks = __atomic_load_n(&cpu->waiting, __ATOMIC_SEQ_CST) &&
                 !__atomic_load_n(&cpu->sleeping, __ATOMIC_SEQ_CST);
    if (!looks) interrupt_controller->signal(cpu);
}

static void await(struct cpu *cpu)
{
    for (uint32_t look = 0; __atomic_load_n(&cpu->asked, __ATOMIC_ACQUIRE); look++) {
        if (look < LOOKS) {
            arch_relax();
            continue;
        }
        __atomic_store_n(&asker->sleeping, true, __ATOMIC_SEQ_CST);
        lock_fence();
        if (__atomic_load_n(&cpu->asked, __ATOMIC_SEQ_CST)) arch_doze();
        __atomic_store_n(&asker->sleeping, false, __ATOMIC_SEQ_CST);
    }
}

void lock_ask(struct cpu *cpu, lock_answer answer, void *context)
{
    ask(cpu, answer, context);
    await(cpu);
}

void lock_ask_users(const struct space *space, lock_answer answer, void *context)
{
    struct cpu *self = arch_cpu();
    if (!self->shared) return;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu != self && cpu->space == space) ask(cpu, answer, context);
    }
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) await(cpu);
}

// SPDX-License-Identifier: MIT
// What a thread does that it may not, as a signal: SIGSEGV, SIGBUS, SIGFPE, SIGILL. The kernel
// calls the thread up where it was (decision 14), on its stack or on the one of sigaltstack. A
// handler may leave by a jump, or return when it has mended what was wrong: the instruction is
// tried again. Where there is no handler, or it blocks the signal, the kernel is told so and the
// instruction tried again, which then ends the process with the kernel's report of where and why.
#include "context.h"
#include "signals.h"
#include "thread.h"
#include <abi/object.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/start.h>
#include <signal.h>

static bool is_armed; // under context_lock

bool fault_is_signal(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL;
}

// What the kernel knows of this thread's other stack, and of the process's entry.
static void tell(const struct thread *thread)
{
    stack_t stack = {.ss_sp = (void *)thread->stack_base, .ss_size = thread->stack_size};
    uintptr_t top = thread->stack_size == 0 ? 0 : signal_stack_top(&stack);
    if (fe_thread_fault_set(is_armed ? (uintptr_t)posix_upcall_entry : 0, top) != OK) return;
}

void fault_arm(struct thread *thread)
{
    context_lock();
    is_armed = true;
    tell(thread);
    context_unlock();
}

void fault_stack_changed(struct thread *thread)
{
    context_lock();
    tell(thread);
    context_unlock();
}

static void describe(const struct fe_upcall *fault, struct fe_signal_slot *known)
{
    known->value = fault->address;
    switch ((enum fault_reason)fault->reason) {
    case FAULT_INSTRUCTION:
        known->number = SIGILL;
        known->code = ILL_ILLOPC;
        break;
    case FAULT_ARITHMETIC:
        known->number = SIGFPE;
        known->code = FPE_INTDIV;
        break;
    case FAULT_ALIGNMENT:
    case FAULT_BUS:
        known->number = SIGBUS;
        known->code = fault->reason == FAULT_BUS ? BUS_ADRERR : BUS_ADRALN;
        break;
    default: known->number = SIGSEGV; known->code = fault->access == 0 ? SEGV_MAPERR : SEGV_ACCERR;
    }
}

static bool is_within(const struct thread *thread, uintptr_t address)
{
    return address - thread->stack_base < thread->stack_size;
}

// A handler that did not ask for the other stack does not run there when its own is full.
static bool is_caught(const struct thread *thread, const struct fe_upcall *fault, int number)
{
    const struct signal_action *action = &context_current()->actions[number];
    if (action->handler == SIG_DFL || action->handler == SIG_IGN) return false;
    if ((thread->blocked & signal_bit(number)) != 0) return false;
    bool has_moved =
        is_within(thread, (uintptr_t)fault) && !is_within(thread, (uintptr_t)fault->stack);
    return !has_moved || (action->flags & SA_ONSTACK) != 0;
}

// What was under way is, for the handler, as if it was not: it may make calls, and may jump away.
void fault_run(const struct fe_upcall *fault)
{
    struct thread *thread = thread_self();
    struct fe_signal_slot known = {};
    describe(fault, &known);
    if (!is_caught(thread, fault, (int)known.number)) {
        if (fe_thread_fault_set(0, 0) != OK) fe_exit(128 + (int)known.number);
        return;
    }
    int error = errno;
    uint32_t held = signal_held;
    signal_held = 0;
    signal_deliver(thread, &known);
    signal_held = held;
    errno = error;
}

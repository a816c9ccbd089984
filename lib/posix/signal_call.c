// SPDX-License-Identifier: MIT
// The calls about signals.
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "signals.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/status.h>
#include <signal.h>
#include <string.h>

static bool is_valid(long number)
{
    return number > 0 && number < SIGNAL_COUNT;
}

int64_t call_rt_sigaction(const int64_t *a)
{
    int number = (int)a[0];
    const struct signal_action *action = (const struct signal_action *)a[1];
    if (!is_valid(a[0])) return -EINVAL;
    struct context *context = context_current();
    struct signal_action before = context->actions[number];
    if (action != nullptr) {
        if (number == SIGKILL || number == SIGSTOP) return -EINVAL;
        bool is_new = action->handler != before.handler;
        context->actions[number] = *action;
        long error = is_new ? signal_publish(context) : 0;
        if (error < 0) return error;
        bool is_caught = action->handler != SIG_DFL && action->handler != SIG_IGN;
        if (is_caught && fault_is_signal(number)) fault_arm(thread_self());
    }
    if (a[2] != 0) *(struct signal_action *)a[2] = before;
    return 0;
}

// The C library blocks nearly all for a moment when it starts a thread: not worth telling the
// process service.
static bool is_for_a_moment(uint64_t set)
{
    return __builtin_popcountll(set) > 48;
}

static long set_mask(struct context *context, uint64_t blocked)
{
    if (context->parent != nullptr) {
        context->blocked = blocked;
        return 0;
    }
    if (blocked != 0 && !is_for_a_moment(blocked)) {
        long error = signal_publish(context);
        if (error < 0) return error;
    }
    struct thread *thread = thread_self();
    signal_arm(thread);
    signal_set_blocked(thread, blocked);
    return 0;
}

int64_t call_rt_sigprocmask(const int64_t *a)
{
    struct context *context = context_current();
    uint64_t before = context->parent != nullptr ? context->blocked : thread_self()->blocked;
    uint64_t blocked = before;
    if (a[1] != 0) {
        uint64_t set = *(const uint64_t *)a[1];
        switch (a[0]) {
        case SIG_BLOCK: blocked = before | set; break;
        case SIG_UNBLOCK: blocked = before & ~set; break;
        case SIG_SETMASK: blocked = set; break;
        default: return -EINVAL;
        }
    }
    if (a[2] != 0) *(uint64_t *)a[2] = before;
    return blocked == before ? 0 : set_mask(context, blocked);
}

int64_t call_rt_sigpending(const int64_t *a)
{
    struct thread unblocked = *thread_self();
    uint64_t blocked = unblocked.blocked;
    unblocked.blocked = 0;
    *(uint64_t *)a[0] = signal_deliverable(&unblocked) & blocked;
    return 0;
}

int64_t call_rt_sigsuspend(const int64_t *a)
{
    struct thread *thread = thread_self();
    if (!thread->restores) thread->restored = thread->blocked;
    thread->restores = true;
    signal_set_blocked(thread, *(const uint64_t *)a[0]);
    while (signal_deliverable(thread) == 0) {
        long result = thread_sleep_until(FE_FOREVER);
        if (result < 0 && result != RESTART_UNLESS_HANDLED) return result;
    }
    return RESTART_UNLESS_HANDLED;
}

// What is waited for stays blocked: for the process service, that nobody takes it by default.
int64_t call_rt_sigtimedwait(const int64_t *a)
{
    struct thread *thread = thread_self();
    uint64_t deadline, wanted = *(const uint64_t *)a[0];
    if (!time_deadline((const struct timespec *)a[2], &deadline)) return -EINVAL;
    long result = 0;
    signal_arm(thread);
    fe_flags_write(&thread->awaited, wanted, __ATOMIC_SEQ_CST);
    while (result == 0) {
        struct fe_signal_slot known;
        int number = signal_take(thread, wanted, &known);
        if (number != 0) {
            if (a[1] != 0) signal_describe(&known, (siginfo_t *)a[1]);
            result = number;
        } else if (signal_deliverable(thread) != 0) {
            result = -EINTR;
        } else if (thread_sleep_until(deadline) == 0) {
            result = -EAGAIN;
        }
    }
    fe_flags_write(&thread->awaited, 0, __ATOMIC_SEQ_CST);
    return result;
}

// The alternate stack, and whether the caller is on it.
stack_t signal_stack(const struct thread *thread)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    stack_t stack = {.ss_sp = (void *)thread->stack_base, .ss_size = thread->stack_size};
    if (thread->stack_size == 0)
        stack.ss_flags = SS_DISABLE;
    else if (here - thread->stack_base < thread->stack_size)
        stack.ss_flags = SS_ONSTACK;
    return stack;
}

int64_t call_sigaltstack(const int64_t *a)
{
    struct thread *thread = thread_self();
    const stack_t *wish = (const stack_t *)a[0];
    stack_t before = signal_stack(thread);
    if (wish != nullptr) {
        bool off = (wish->ss_flags & SS_DISABLE) != 0;
        if ((wish->ss_flags & ~SS_DISABLE) != 0) return -EINVAL;
        if (before.ss_flags == SS_ONSTACK) return -EPERM;
        if (!off && wish->ss_size < (size_t)MINSIGSTKSZ) return -ENOMEM;
        thread->stack_base = off ? 0 : (uintptr_t)wish->ss_sp;
        thread->stack_size = off ? 0 : wish->ss_size;
        fault_stack_changed(thread);
    }
    if (a[1] != 0) *(stack_t *)a[1] = before;
    return 0;
}

static long send_to_number(long number, long signal)
{
    if (signal < 0 || signal >= SIGNAL_COUNT) return -EINVAL;
    long result = -ESRCH;
    context_lock();
    for (struct thread *at = thread_list(); at != nullptr && result == -ESRCH; at = at->next) {
        if (at->number == (uint32_t)number) {
            result = signal == 0 ? 0 : signal_send_thread(at, (int)signal);
        }
    }
    context_unlock();
    return result;
}

// To the process a[0], with what a[2] tells. What only the system sends nobody may pretend.
int64_t call_rt_sigqueueinfo(const int64_t *a)
{
    const siginfo_t *info = (const siginfo_t *)a[2];
    if (a[1] < 0 || a[1] >= SIGNAL_COUNT || a[0] <= 0) return -EINVAL;
    if (info->si_code >= 0) return -EPERM;
    struct fe_signal_wish wish = {.selector = (int32_t)a[0],
                                  .number = (uint32_t)a[1],
                                  .code = info->si_code,
                                  .value = (uintptr_t)info->si_value.sival_ptr};
    struct p9_control control = {
        .request = CONTROL_PROCESS_SIGNAL, .data = &wish, .size = sizeof wish};
    return process_control(&control);
}

int64_t call_tkill(const int64_t *a)
{
    return send_to_number(a[0], a[1]);
}

int64_t call_tgkill(const int64_t *a)
{
    return send_to_number(a[1], a[2]);
}

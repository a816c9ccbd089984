// SPDX-License-Identifier: MIT
// Futexes. The word is compared and the thread put to sleep with nothing in between, so no wake is
// lost. Wakes of many stop for interrupts and restart; those woken before count as woken.
#include "kernel/object/futex.h"
#include "kernel/log.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/user.h"
#include "kernel/object/process.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

struct thread *futex_first(struct process *process, uintptr_t word)
{
    struct tree_node *node = tree_find(&process->futex_waiters, word);
    if (node == nullptr || node->key != word) return nullptr;
    return CONTAINER(node, struct thread, node);
}

void futex_leave(struct thread *thread)
{
    ASSERT(thread->state == THREAD_FUTEX);
    tree_take(&thread->process->futex_waiters, &thread->node);
}

uint32_t futex_wake(struct process *process, uintptr_t word, uint32_t count)
{
    uint32_t woken = 0;
    for (struct thread *thread; woken < count; woken++) {
        thread = futex_first(process, word);
        if (thread == nullptr) break;
        futex_leave(thread);
        wait_end(thread, OK);
    }
    return woken;
}

enum status sys_futex_wait(uintptr_t word, uint32_t expected, uint64_t deadline)
{
    uint32_t value;
    if (word % sizeof value != 0) return ERR_BAD_ARGUMENT;
    TRY(user_read(&value, word, sizeof value));
    if (value != expected) return ERR_AGAIN;
    struct thread *thread = thread_current();
    TRY(wait_check(thread, deadline));
    wait_arm(thread, deadline);
    tree_add(&thread->process->futex_waiters, &thread->node, word);
    schedule_block(THREAD_FUTEX);
    return CALL_DEFERRED;
}

enum : uint32_t { FUTEX_STEP = 4, REQUEUE_WAKE_MAX = 16 };

enum status sys_futex_wake(uintptr_t word, uint32_t count, uint32_t *woken)
{
    struct process *process = process_current();
    if (!user_range_is_valid(word, sizeof(uint32_t))) return ERR_BAD_ADDRESS;
    if (word % sizeof(uint32_t) != 0) return ERR_BAD_ARGUMENT;
    if (count <= FUTEX_STEP) {
        *woken = futex_wake(process, word, count);
        return OK;
    }
    const uint64_t arguments[3] = {word, count};
    struct progress *progress = progress_get((const void *)sys_futex_wake, arguments, 0);
    while (progress->position < count) {
        uint32_t left = count - (uint32_t)progress->position;
        uint32_t step = futex_wake(process, word, left < FUTEX_STEP ? left : FUTEX_STEP);
        progress->position += step;
        if (step < FUTEX_STEP) break;
        if (progress_should_stop()) return CALL_RESTART;
    }
    *woken = (uint32_t)progress->position;
    progress_end(progress);
    return OK;
}

static bool requeue_step(struct process *process, uintptr_t word, uintptr_t target)
{
    for (uint32_t step = 0; step < FUTEX_STEP; step++) {
        struct thread *thread = futex_first(process, word);
        if (thread == nullptr) return true;
        futex_leave(thread);
        tree_add(&process->futex_waiters, &thread->node, target);
    }
    return false;
}

enum status sys_futex_requeue(uintptr_t word, uint32_t count, uintptr_t target, uint32_t *woken)
{
    struct process *process = process_current();
    if (!user_range_is_valid(word, sizeof(uint32_t))) return ERR_BAD_ADDRESS;
    if (!user_range_is_valid(target, sizeof(uint32_t))) return ERR_BAD_ADDRESS;
    if ((target | word) % sizeof(uint32_t) != 0 || target == word || count > REQUEUE_WAKE_MAX) {
        return ERR_BAD_ARGUMENT;
    }
    const uint64_t arguments[3] = {word, count, target};
    struct progress *progress =
        progress_get((const void *)sys_futex_requeue, arguments, UINT64_MAX);
    if (progress->position == UINT64_MAX) progress->position = futex_wake(process, word, count);
    while (!requeue_step(process, word, target)) {
        if (progress_should_stop()) return CALL_RESTART;
    }
    *woken = (uint32_t)progress->position;
    progress_end(progress);
    return OK;
}

// SPDX-License-Identifier: MIT
// Priority ceilings: who has a mutex of the protocol PTHREAD_PRIO_PROTECT is at least as urgent as
// the ceiling says, from before he takes it (port/musl/overlay/mutex.c). The highest of those that
// a thread is under counts; each is counted, as they may be left in any order.
#include "call.h"
#include "context.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/status.h>

enum : uint32_t { CEILINGS = PRIORITY_COUNT - PRIORITY_DEFAULT };

static _Thread_local uint8_t entered[CEILINGS];

int posix_ceiling_enter(unsigned ceiling);
void posix_ceiling_leave(unsigned ceiling);

// What it is without a ceiling. Periods would begin anew with the next schedule.
static int learn_base(struct thread *thread)
{
    struct fe_thread_info info;
    fe_handle handle;
    enum status status = thread_handle(thread, &handle);
    if (status == OK) status = fe_thread_inspect(handle, &info);
    if (status != OK) return fe_status_errno(status);
    if (info.schedule.period != 0) return ENOTSUP;
    thread->base = (uint8_t)info.schedule.priority;
    return 0;
}

// Under context_lock. 0 or an error.
static int move(struct thread *thread, uint32_t ceiling)
{
    int error = thread->ceiling == 0 ? learn_base(thread) : 0;
    if (error != 0) return error;
    uint8_t before = thread->ceiling;
    thread->ceiling = (uint8_t)ceiling;
    error = (int)-sched_apply(thread);
    if (error != 0) thread->ceiling = before;
    return error;
}

static int move_locked(struct thread *thread, uint32_t ceiling)
{
    thread_enter(thread); // an upcall wants the lock, too
    context_lock();
    int error = move(thread, ceiling);
    context_unlock();
    thread_leave(thread);
    return error;
}

int posix_ceiling_enter(unsigned ceiling)
{
    struct thread *thread = thread_self();
    if (ceiling == 0 || ceiling >= CEILINGS || thread->priority > ceiling) return EINVAL;
    if (entered[ceiling] == UINT8_MAX) return EAGAIN;
    int error = ceiling > thread->ceiling ? move_locked(thread, ceiling) : 0;
    if (error == 0) entered[ceiling]++;
    return error;
}

void posix_ceiling_leave(unsigned ceiling)
{
    struct thread *thread = thread_self();
    if (ceiling >= CEILINGS || entered[ceiling] == 0) return;
    entered[ceiling]--;
    uint32_t highest = thread->ceiling;
    while (highest != 0 && entered[highest] == 0) highest--;
    if (highest != thread->ceiling) (void)move_locked(thread, highest);
}

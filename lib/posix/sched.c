// SPDX-License-Identifier: MIT
// The C library's policies of scheduling. The usual one is the kernel's usual priority, and what is
// above it are SCHED_FIFO and SCHED_RR: only for who may be as urgent. Threads of one priority
// share in turn with both, which are the same here but for their names.
#include "call.h"
#include "context.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <ferrite/thread.h>
#include <sched.h>
#include <string.h>

enum : long { REAL_TIME_LEAST = 1, REAL_TIME_MOST = PRIORITY_COUNT - 1 - PRIORITY_DEFAULT };
enum : long { SLICE = 5'000'000 }; // ns, of threads that share in turn

static bool is_real_time(long policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static long priority_of(long policy, long real_time)
{
    switch (policy) {
    case SCHED_FIFO:
    case SCHED_RR: return real_time;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE: return 0;
    default: return -EINVAL;
    }
}

int64_t call_sched_get_priority_max(const int64_t *a)
{
    return priority_of(a[0], REAL_TIME_MOST);
}

int64_t call_sched_get_priority_min(const int64_t *a)
{
    return priority_of(a[0], REAL_TIME_LEAST);
}

// The thread with this number, 0: the calling one. Under context_lock.
static struct thread *find(long number)
{
    if (number == 0) return thread_self();
    struct thread *at = thread_list();
    while (at != nullptr && at->number != (uint32_t)number) at = at->next;
    return at;
}

// As urgent as it is without a ceiling, or as the ceiling has it. Under context_lock.
long sched_apply(struct thread *thread)
{
    fe_handle handle;
    uint32_t least = thread->ceiling == 0 ? 0 : PRIORITY_DEFAULT + thread->ceiling;
    struct fe_schedule schedule = {.priority = thread->base > least ? thread->base : least};
    enum status status = thread_handle(thread, &handle);
    if (status == OK) status = fe_thread_schedule(handle, &schedule);
    return status == ERR_NO_RIGHT ? -EPERM : -fe_status_errno(status);
}

static long change(struct thread *thread, long policy, long priority)
{
    long least = priority_of(policy, REAL_TIME_LEAST);
    if (least < 0) return -EINVAL;
    if (priority < least || priority > priority_of(policy, REAL_TIME_MOST)) return -EINVAL;
    if (is_real_time(policy) || is_real_time(thread->policy)) {
        uint8_t base = thread->base;
        thread->base = (uint8_t)(PRIORITY_DEFAULT + priority);
        long error = sched_apply(thread);
        if (error < 0) thread->base = base;
        if (error < 0) return error;
    }
    long before = thread->policy;
    thread->policy = (uint8_t)policy;
    thread->priority = (uint8_t)priority;
    return before;
}

static long change_found(long number, long policy, const struct sched_param *wish)
{
    if (wish == nullptr) return -EINVAL;
    context_lock();
    struct thread *thread = find(number);
    long result = -ESRCH;
    if (thread != nullptr)
        result = change(thread, policy < 0 ? thread->policy : policy, wish->sched_priority);
    context_unlock();
    return result;
}

// These take a thread's number.
int64_t call_sched_setscheduler(const int64_t *a)
{
    long result = a[1] < 0 ? -EINVAL : change_found(a[0], a[1], (const struct sched_param *)a[2]);
    return result < 0 ? result : 0;
}

int64_t call_sched_setparam(const int64_t *a)
{
    long result = change_found(a[0], -1, (const struct sched_param *)a[1]);
    return result < 0 ? result : 0;
}

int64_t call_sched_getscheduler(const int64_t *a)
{
    context_lock();
    const struct thread *thread = find(a[0]);
    long result = thread == nullptr ? -ESRCH : thread->policy;
    context_unlock();
    return result;
}

int64_t call_sched_getparam(const int64_t *a)
{
    context_lock();
    const struct thread *thread = find(a[0]);
    if (thread != nullptr)
        *(struct sched_param *)a[1] = (struct sched_param){.sched_priority = thread->priority};
    context_unlock();
    return thread == nullptr ? -ESRCH : 0;
}

// --- By process --------------------------------------------------------------------------------

static long answer(long result)
{
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}

// A process may know and change its own only. 0 or a negative errno.
static long is_own(pid_t pid)
{
    if (pid < 0) return -EINVAL;
    if (pid == 0 || pid == call_getpid(nullptr)) return 0;
    long error = call_kill((const int64_t[6]){pid, 0});
    return error < 0 ? error : -EPERM;
}

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *wish)
{
    long error = is_own(pid);
    if (error == 0 && policy < 0) error = -EINVAL;
    return (int)answer(error < 0 ? error : change_found(0, policy, wish));
}

int sched_setparam(pid_t pid, const struct sched_param *wish)
{
    long error = is_own(pid);
    if (error == 0) error = change_found(0, -1, wish);
    return (int)answer(error < 0 ? error : 0);
}

int sched_getscheduler(pid_t pid)
{
    long error = is_own(pid);
    return (int)answer(error < 0 ? error : thread_self()->policy);
}

int sched_getparam(pid_t pid, struct sched_param *value)
{
    long error = value == nullptr ? -EINVAL : is_own(pid);
    if (error == 0) *value = (struct sched_param){.sched_priority = thread_self()->priority};
    return (int)answer(error);
}

int sched_rr_get_interval(pid_t pid, struct timespec *value)
{
    long error = is_own(pid);
    if (error == 0) *value = (struct timespec){.tv_nsec = SLICE};
    return (int)answer(error);
}

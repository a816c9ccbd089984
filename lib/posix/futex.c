// SPDX-License-Identifier: MIT
// The C library's futexes: waiting on words, and locks that pass urgency on. Its locks name the
// owner and flag waiters and dead owners in the same bits as the kernel's (abi/object.h).
#include "call.h"
#include "deadline.h"
#include "signals.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/status.h>

enum : long {
    FUTEX_WAIT,
    FUTEX_WAKE,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE,
    FUTEX_LOCK_PI = 6,
    FUTEX_UNLOCK_PI,
    FUTEX_TRYLOCK_PI,
    FUTEX_WAIT_BITSET,
    FUTEX_WAIT_OWNED = 64, // its own (port/musl/overlay/mutex.c): with a time of day, or 0
    FUTEX_OWN_SHARED,
};
enum : long { FUTEX_PRIVATE = 128, FUTEX_REALTIME = 256 };

static enum status wait_as(const int64_t *a, uint64_t deadline)
{
    uintptr_t word = (uintptr_t)a[0];
    uint32_t expected = (uint32_t)a[2];
    if (a[1] == FUTEX_WAIT_OWNED) return fe_futex_wait_owned(word, expected, deadline);
    if ((a[1] & FUTEX_PRIVATE) == 0) return fe_futex_wait_shared(word, expected, deadline);
    return fe_futex_wait(word, expected, deadline);
}

// A wait that ended without reason is allowed: the C library looks at the word again.
static long futex_wait(const int64_t *a, uint64_t deadline)
{
    enum status status = wait_as(a, deadline);
    if (status == ERR_OWNER_DEAD) return -EOWNERDEAD;
    if (status == ERR_TIMED_OUT) return -ETIMEDOUT;
    if (status != ERR_INTERRUPTED) return -fe_status_errno(status);
    return signal_ended_wait(thread_self()) ? RESTART_UNLESS_HANDLED : 0;
}

// Wakes up to a[2], and moves the rest to the word at a[4]: all of it, for those who ask for less
// (a[3]) know that there is no more.
static long futex_requeue(const int64_t *a, uint32_t count)
{
    uint32_t woken = 0, moved = 0;
    enum status status = count == 0 ? OK : fe_futex_wake((uintptr_t)a[0], count, &woken);
    if (status == OK) {
        status = fe_futex_requeue((uintptr_t)a[0], 0, (uintptr_t)a[4], &moved);
    }
    return status == OK ? (long)(woken + moved) : -fe_status_errno(status);
}

// Whether an owner died, the caller sees in the word.
static long futex_lock(const int64_t *a, uint64_t deadline, int late)
{
    for (;;) {
        enum status status = fe_futex_lock((uintptr_t)a[0], deadline);
        if (status == OK || status == ERR_OWNER_DEAD) return 0;
        if (status == ERR_TIMED_OUT) return -late;
        if (status != ERR_INTERRUPTED) return -fe_status_errno(status);
        if (signal_ended_wait(thread_self())) return RESTART_UNLESS_HANDLED;
    }
}

int64_t call_futex(const int64_t *a)
{
    uint32_t woken = 0, count = a[2] < 0 ? UINT32_MAX : (uint32_t)a[2];
    uint64_t deadline;
    enum status status;
    const struct timespec *time = (const struct timespec *)a[3];
    switch (a[1] & ~(FUTEX_PRIVATE | FUTEX_REALTIME)) {
    case FUTEX_WAIT:
        if (!time_deadline(time, &deadline)) return -EINVAL;
        return futex_wait(a, deadline);
    case FUTEX_WAIT_BITSET:
        if (!time_deadline_at(time, (a[1] & FUTEX_REALTIME) != 0, &deadline)) return -EINVAL;
        return futex_wait(a, deadline);
    case FUTEX_WAIT_OWNED:
        if (!time_deadline_at(time, true, &deadline)) return -EINVAL;
        return futex_wait(a, deadline);
    case FUTEX_OWN_SHARED: return -fe_status_errno(fe_futex_own_shared());
    case FUTEX_WAKE:
        status = (a[1] & FUTEX_PRIVATE) != 0 ? fe_futex_wake((uintptr_t)a[0], count, &woken)
                                             : fe_futex_wake_shared((uintptr_t)a[0], count, &woken);
        return status == OK ? (long)woken : -fe_status_errno(status);
    case FUTEX_LOCK_PI:
        if (!time_deadline_at(time, true, &deadline)) return -EINVAL;
        return futex_lock(a, deadline, ETIMEDOUT);
    case FUTEX_TRYLOCK_PI: return futex_lock(a, 0, EAGAIN);
    case FUTEX_UNLOCK_PI: return -fe_status_errno(fe_futex_unlock((uintptr_t)a[0]));
    case FUTEX_CMP_REQUEUE:
        if (__atomic_load_n((uint32_t *)a[0], __ATOMIC_SEQ_CST) != (uint32_t)a[5]) return -EAGAIN;
        [[fallthrough]];
    case FUTEX_REQUEUE: return futex_requeue(a, count);
    default: return -ENOSYS;
    }
}

// There is none: the kernel knows whose a lock is when its owner dies.
int64_t call_get_robust_list(const int64_t *a)
{
    *(void **)a[1] = nullptr;
    *(size_t *)a[2] = 0;
    return 0;
}

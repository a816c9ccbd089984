// SPDX-License-Identifier: MIT
// Mutexes are the kernel's locks (futex_lock(2)), whatever their attributes: the word is the
// owner's number, so all of them pass urgency on, and the kernel knows when an owner died. The
// library's own put that on top of two other schemes. A mutex of type 4 is robust; LOST says that
// nobody mended it after its owner died. Those that processes share are the exception: the kernel
// hands no lock to another process, so they are plain words that are waited on, with the owner's
// number, and cannot pass urgency on (prepare makes pthread_mutex_init say so). Who takes a robust
// one of these has told the kernel that he does; so it is known when he died (futex_wait_owned(2)).
// Who wants one of the protocol PTHREAD_PRIO_PROTECT is raised to its ceiling first: protocol.h.
#include "protocol.h"
#include "pthread_impl.h"
#include <threads.h>

enum { OWNER = 0x3fffffff, DEAD = 0x40000000, ROBUST = 4, LOST = 64, SHARED = 128 };
#define WAITED ((int)0x80000000)
enum { FUTEX_WAIT_OWNED = 64, FUTEX_OWN_SHARED }; // lib/posix/futex.c

static _Thread_local _Bool owns_shared;

// Before the first of them is taken.
static void own(const pthread_mutex_t *m)
{
    if ((m->_m_type & (SHARED | ROBUST)) != (SHARED | ROBUST) || owns_shared) return;
    __syscall(SYS_futex, 0, FUTEX_OWN_SHARED);
    owns_shared = 1;
}

static int kind_of(const pthread_mutex_t *m)
{
    return m->_m_type & 3;
}

static int is_own(const pthread_mutex_t *m)
{
    return (m->_m_lock & OWNER) == __pthread_self()->tid;
}

static void give(pthread_mutex_t *m)
{
    int tid = __pthread_self()->tid;
    if (a_cas(&m->_m_lock, tid, 0) != tid)
        __syscall(SYS_futex, &m->_m_lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE);
}

// Of the waiters for a robust one each may die before it takes it: all look. A lost one has an
// owner that is dead from then on.
static void shared_give(pthread_mutex_t *m)
{
    if (a_swap(&m->_m_lock, m->_m_type & LOST ? DEAD : 0) & WAITED)
        __wake(&m->_m_lock, m->_m_type & ROBUST ? -1 : 1, 0);
}

static int shared_wait(pthread_mutex_t *m, int old, const struct timespec *at)
{
    if (!(m->_m_type & ROBUST)) return __timedwait(&m->_m_lock, old, CLOCK_REALTIME, at, 0);
    return -__syscall(SYS_futex, &m->_m_lock, FUTEX_WAIT_OWNED, old, at);
}

// Who has waited cannot tell whether others still do, and marks it.
static int shared_lock(pthread_mutex_t *m, const struct timespec *at)
{
    int tid = __pthread_self()->tid, r = 0, old = 0;
    if (at && at->tv_nsec >= 1000000000UL) return EINVAL;
    for (;;) {
        if (r == EOWNERDEAD && a_cas(&m->_m_lock, old, tid | WAITED | DEAD) == old) return 0;
        old = m->_m_lock;
        if (!old) {
            if (!a_cas(&m->_m_lock, 0, tid | WAITED)) return 0;
            continue;
        }
        if (r == ETIMEDOUT || r == EINVAL) return r;
        if (!(old & WAITED) && a_cas(&m->_m_lock, old, old | WAITED) != old) continue;
        r = shared_wait(m, old |= WAITED, at);
    }
}

// Without waiting: a lock whose owner died is taken.
static int shared_try(pthread_mutex_t *m, int old)
{
    if (!(m->_m_type & ROBUST)) return EBUSY;
    int r = -__syscall(SYS_futex, &m->_m_lock, FUTEX_WAIT_OWNED, old, &(struct timespec){0});
    if (r != EOWNERDEAD) return EBUSY;
    return a_cas(&m->_m_lock, old, __pthread_self()->tid | WAITED | DEAD) == old ? 0 : EBUSY;
}

// The caller has the lock: what its last owner left behind.
static int take_over(pthread_mutex_t *m)
{
    if (!(m->_m_lock & DEAD)) return 0;
    m->_m_count = 0;
    if (!(m->_m_type & ROBUST)) {
        a_and(&m->_m_lock, ~DEAD);
        return 0;
    }
    if (!(m->_m_type & LOST)) return EOWNERDEAD;
    __mutex_unlock_plainly(m);
    return ENOTRECOVERABLE;
}

// The caller has the lock already.
static int take_again(pthread_mutex_t *m, int otherwise)
{
    if (kind_of(m) != PTHREAD_MUTEX_RECURSIVE) return otherwise;
    if ((unsigned)m->_m_count >= INT_MAX) return EAGAIN;
    m->_m_count++;
    return 0;
}

static int try_plainly(pthread_mutex_t *m)
{
    int tid = __pthread_self()->tid, r;
    own(m);
    int old = a_cas(&m->_m_lock, 0, tid);
    if (!old) return 0;
    if ((old & OWNER) == tid) return take_again(m, EBUSY);
    if (m->_m_type & SHARED) {
        r = shared_try(m, old);
        return r ? r : take_over(m);
    }
    if ((old & OWNER) && !(m->_m_type & ROBUST)) return EBUSY;
    r = -__syscall(SYS_futex, &m->_m_lock, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE, 0, 0);
    if (r) return r == EAGAIN ? EBUSY : r;
    return take_over(m);
}

static int lock_plainly(pthread_mutex_t *m, const struct timespec *at)
{
    int tid = __pthread_self()->tid, r;
    own(m);
    int old = a_cas(&m->_m_lock, 0, tid);
    if (!old) return 0;
    if ((old & OWNER) == tid) {
        r = take_again(m, EDEADLK);
        if (r != EDEADLK || kind_of(m) == PTHREAD_MUTEX_ERRORCHECK) return r;
        do r = __timedwait(&(int){0}, 0, CLOCK_REALTIME, at, 1);
        while (r != ETIMEDOUT && r != EINVAL);
        return r;
    }
    if (m->_m_type & SHARED) {
        r = shared_lock(m, at);
        return r ? r : take_over(m);
    }
    if (at && at->tv_nsec >= 1000000000UL) return EINVAL;
    do r = -__syscall(SYS_futex, &m->_m_lock, FUTEX_LOCK_PI | FUTEX_PRIVATE, 0, at);
    while (r == EINTR);
    return r ? r : take_over(m);
}

int __mutex_lock_plainly(pthread_mutex_t *m)
{
    return is_own(m) ? EDEADLK : lock_plainly(m, 0);
}

void __mutex_unlock_plainly(pthread_mutex_t *m)
{
    if ((m->_m_lock & DEAD) && (m->_m_type & ROBUST)) m->_m_type |= LOST;
    if (m->_m_type & SHARED)
        shared_give(m);
    else
        give(m);
}

static unsigned ceiling_of(const pthread_mutex_t *m)
{
    return (unsigned)m->_m_type >> CEILING_SHIFT;
}

// The caller, raised to `ceiling`, has tried to take it: whether it has it, and the ceiling is
// another by now.
static int settle(pthread_mutex_t *m, unsigned ceiling, int r)
{
    if ((!r || r == EOWNERDEAD) && ceiling_of(m) == ceiling) return r;
    if (!r || r == EOWNERDEAD) {
        int error = posix_ceiling_enter(ceiling_of(m));
        if (error) __mutex_unlock_plainly(m);
        if (error) r = error;
    }
    posix_ceiling_leave(ceiling);
    return r;
}

int __pthread_mutex_trylock(pthread_mutex_t *m)
{
    if (!(m->_m_type & PROTECT) || is_own(m)) return try_plainly(m);
    unsigned ceiling = ceiling_of(m);
    int r = posix_ceiling_enter(ceiling);
    return r ? r : settle(m, ceiling, try_plainly(m));
}

int __pthread_mutex_timedlock(pthread_mutex_t *restrict m, const struct timespec *restrict at)
{
    if (!(m->_m_type & PROTECT) || is_own(m)) return lock_plainly(m, at);
    unsigned ceiling = ceiling_of(m);
    int r = posix_ceiling_enter(ceiling);
    return r ? r : settle(m, ceiling, lock_plainly(m, at));
}

int __pthread_mutex_lock(pthread_mutex_t *m)
{
    int is_plain = !(m->_m_type & (SHARED | PROTECT));
    if (is_plain && !a_cas(&m->_m_lock, 0, __pthread_self()->tid)) return 0;
    return __pthread_mutex_timedlock(m, 0);
}

int __pthread_mutex_unlock(pthread_mutex_t *m)
{
    if (!is_own(m)) return EPERM;
    if (kind_of(m) == PTHREAD_MUTEX_RECURSIVE && m->_m_count) {
        m->_m_count--;
        return 0;
    }
    int type = m->_m_type;
    __mutex_unlock_plainly(m);
    if (type & PROTECT) posix_ceiling_leave((unsigned)type >> CEILING_SHIFT);
    return 0;
}

weak_alias(__pthread_mutex_lock, pthread_mutex_lock);
weak_alias(__pthread_mutex_trylock, pthread_mutex_trylock);
weak_alias(__pthread_mutex_timedlock, pthread_mutex_timedlock);
weak_alias(__pthread_mutex_unlock, pthread_mutex_unlock);

int mtx_lock(mtx_t *m)
{
    switch (__pthread_mutex_lock((pthread_mutex_t *)m)) {
    case 0: return thrd_success;
    default: return thrd_error;
    }
}

int mtx_trylock(mtx_t *m)
{
    switch (__pthread_mutex_trylock((pthread_mutex_t *)m)) {
    case 0: return thrd_success;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
    }
}

// SPDX-License-Identifier: MIT
// Protocols of mutexes, and their priority ceilings, which are above the bits of the type that the
// library knows; see mutex.c. No ceiling set means the highest one.
#include "pthread_impl.h"
#include "protocol.h"
#include <sched.h>

static int set(unsigned *type, int ceiling)
{
    if (ceiling < sched_get_priority_min(SCHED_FIFO)) return EINVAL;
    if (ceiling > sched_get_priority_max(SCHED_FIFO)) return EINVAL;
    *type = (*type & ((1u << CEILING_SHIFT) - 1)) | (unsigned)ceiling << CEILING_SHIFT;
    return 0;
}

static int get(unsigned type)
{
    unsigned ceiling = type >> CEILING_SHIFT;
    return ceiling ? (int)ceiling : sched_get_priority_max(SCHED_FIFO);
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *a, int protocol)
{
    unsigned bits = protocol == PTHREAD_PRIO_INHERIT ? INHERIT : protocol == PTHREAD_PRIO_PROTECT ? PROTECT : 0;
    if (!bits && protocol != PTHREAD_PRIO_NONE) return EINVAL;
    a->__attr = (a->__attr & ~(INHERIT | PROTECT)) | bits;
    return bits == PROTECT ? set(&a->__attr, get(a->__attr)) : 0;
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *restrict a, int *restrict protocol)
{
    *protocol = PTHREAD_PRIO_NONE;
    if (a->__attr & INHERIT) *protocol = PTHREAD_PRIO_INHERIT;
    if (a->__attr & PROTECT) *protocol = PTHREAD_PRIO_PROTECT;
    return 0;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *a, int ceiling)
{
    return set(&a->__attr, ceiling);
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *restrict a, int *restrict ceiling)
{
    *ceiling = get(a->__attr);
    return 0;
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict m, int *restrict ceiling)
{
    if (!(m->_m_type & PROTECT)) return EINVAL;
    *ceiling = get((unsigned)m->_m_type);
    return 0;
}

// Nobody has it meanwhile but the caller, who is not raised for it.
int pthread_mutex_setprioceiling(pthread_mutex_t *restrict m, int ceiling, int *restrict before)
{
    unsigned type = (unsigned)m->_m_type;
    int old = get(type);
    if (!(type & PROTECT) || set(&type, ceiling)) return EINVAL;
    int r = __mutex_lock_plainly(m);
    if (r) return r;
    m->_m_type = (m->_m_type & ((1 << CEILING_SHIFT) - 1)) | ceiling << CEILING_SHIFT;
    __mutex_unlock_plainly(m);
    if (before) *before = old;
    return 0;
}

// SPDX-License-Identifier: MIT
// Mutexes of every kind through the C library.
#include "test/unit.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <threads.h>
#include <time.h>

static pthread_mutex_t mutex;

static bool create(int type, int robust, int protocol)
{
    pthread_mutexattr_t attributes;
    return pthread_mutexattr_init(&attributes) == 0 &&
           pthread_mutexattr_settype(&attributes, type) == 0 &&
           pthread_mutexattr_setrobust(&attributes, robust) == 0 &&
           pthread_mutexattr_setprotocol(&attributes, protocol) == 0 &&
           pthread_mutex_init(&mutex, &attributes) == 0;
}

static struct timespec soon(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += 20'000'000;
    if (time.tv_nsec >= 1'000'000'000) {
        time.tv_sec++;
        time.tv_nsec -= 1'000'000'000;
    }
    return time;
}

static void *try_it(void *result)
{
    *(int *)result = pthread_mutex_trylock(&mutex);
    if (*(int *)result == 0) pthread_mutex_unlock(&mutex);
    return nullptr;
}

static int tried_by_another(void)
{
    pthread_t thread;
    int result = -1;
    if (pthread_create(&thread, nullptr, try_it, &result) != 0) return -1;
    return pthread_join(thread, nullptr) == 0 ? result : -1;
}

TEST("each type says what it does when it is taken twice, and who may give it up")
{
    struct timespec time = soon();
    EXPECT(create(PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_INHERIT));
    EXPECT(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_lock(&mutex) == 0);
    EXPECT(pthread_mutex_unlock(&mutex) == 0 && tried_by_another() == EBUSY);
    EXPECT(pthread_mutex_unlock(&mutex) == 0 && tried_by_another() == 0);
    EXPECT(pthread_mutex_unlock(&mutex) == EPERM);
    EXPECT(create(PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_NONE));
    EXPECT(pthread_mutex_lock(&mutex) == 0);
    EXPECT(pthread_mutex_lock(&mutex) == EDEADLK);
    EXPECT(pthread_mutex_trylock(&mutex) == EBUSY && pthread_mutex_unlock(&mutex) == 0);
    EXPECT(create(PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT));
    EXPECT(pthread_mutex_lock(&mutex) == 0);
    EXPECT(pthread_mutex_timedlock(&mutex, &time) == ETIMEDOUT && tried_by_another() == EBUSY);
    EXPECT(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_destroy(&mutex) == 0);
}

static void *keep(void *)
{
    return (void *)(long)pthread_mutex_lock(&mutex);
}

static long kept_by_another(void)
{
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, nullptr, keep, nullptr) != 0) return -1;
    return pthread_join(thread, &result) == 0 ? (long)result : -1;
}

TEST("a robust mutex tells that its owner died, until it is mended, or is lost")
{
    static const int protocols[] = {PTHREAD_PRIO_NONE, PTHREAD_PRIO_INHERIT};
    for (int i = 0; i < 2; i++) {
        EXPECT(create(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, protocols[i]));
        EXPECT(kept_by_another() == 0 && pthread_mutex_trylock(&mutex) == EOWNERDEAD);
        EXPECT(pthread_mutex_consistent(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
        EXPECT(kept_by_another() == 0);
        EXPECT(kept_by_another() == EOWNERDEAD);
        EXPECT(pthread_mutex_lock(&mutex) == EOWNERDEAD && pthread_mutex_unlock(&mutex) == 0);
        EXPECT(pthread_mutex_lock(&mutex) == ENOTRECOVERABLE);
        EXPECT(tried_by_another() == ENOTRECOVERABLE && pthread_mutex_destroy(&mutex) == 0);
    }
}

enum { WAITERS = 6 };
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int waiting, passed;
static bool is_open;

static void *wait_until_open(void *)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    while (!is_open) pthread_cond_wait(&condition, &mutex);
    passed++;
    pthread_mutex_unlock(&mutex);
    return nullptr;
}

TEST("a broadcast lets all go on, one after the other through the mutex")
{
    pthread_t thread[WAITERS];
    EXPECT(create(PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_INHERIT));
    for (int i = 0; i < WAITERS; i++) {
        EXPECT(pthread_create(&thread[i], nullptr, wait_until_open, nullptr) == 0);
    }
    for (bool all = false; !all;) {
        EXPECT(pthread_mutex_lock(&mutex) == 0);
        all = waiting == WAITERS;
        if (all) is_open = true;
        EXPECT(pthread_mutex_unlock(&mutex) == 0);
        nanosleep(&(struct timespec){.tv_nsec = 1'000'000}, nullptr);
    }
    EXPECT(pthread_mutex_lock(&mutex) == 0 && pthread_cond_broadcast(&condition) == 0);
    EXPECT(passed == 0 && pthread_mutex_unlock(&mutex) == 0);
    for (int i = 0; i < WAITERS; i++) EXPECT(pthread_join(thread[i], nullptr) == 0);
    struct timespec time = soon();
    EXPECT(passed == WAITERS && pthread_mutex_lock(&mutex) == 0);
    EXPECT(pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT);
    EXPECT(pthread_mutex_unlock(&mutex) == 0);
}

TEST("C's own mutexes are the same")
{
    mtx_t own;
    EXPECT(mtx_init(&own, mtx_plain) == thrd_success && mtx_lock(&own) == thrd_success);
    EXPECT(mtx_trylock(&own) == thrd_busy && mtx_unlock(&own) == thrd_success);
    EXPECT(mtx_trylock(&own) == thrd_success && mtx_unlock(&own) == thrd_success);
    EXPECT(mtx_init(&own, mtx_plain | mtx_recursive) == thrd_success);
    EXPECT(mtx_lock(&own) == thrd_success && mtx_lock(&own) == thrd_success);
    EXPECT(mtx_unlock(&own) == thrd_success && mtx_unlock(&own) == thrd_success);
}

TEST("a ceiling is one of the priorities, which attributes and mutexes tell, and may be changed")
{
    pthread_mutexattr_t attributes;
    int most = sched_get_priority_max(SCHED_FIFO), least = sched_get_priority_min(SCHED_FIFO);
    int ceiling = 0, protocol = 0;
    EXPECT(pthread_mutexattr_init(&attributes) == 0);
    EXPECT(pthread_mutexattr_getprioceiling(&attributes, &ceiling) == 0 && ceiling == most);
    EXPECT(pthread_mutexattr_setprioceiling(&attributes, most + 1) == EINVAL);
    EXPECT(pthread_mutexattr_setprioceiling(&attributes, least - 1) == EINVAL);
    EXPECT(pthread_mutexattr_setprioceiling(&attributes, 7) == 0);
    EXPECT(pthread_mutexattr_setprotocol(&attributes, 9) == EINVAL);
    EXPECT(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_PROTECT) == 0);
    EXPECT(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE) == 0);
    EXPECT(pthread_mutexattr_getprotocol(&attributes, &protocol) == 0);
    EXPECT(protocol == PTHREAD_PRIO_PROTECT && pthread_mutex_init(&mutex, &attributes) == 0);
    EXPECT(pthread_mutex_getprioceiling(&mutex, &ceiling) == 0 && ceiling == 7);
    EXPECT(pthread_mutex_setprioceiling(&mutex, most + 1, nullptr) == EINVAL);
    EXPECT(pthread_mutex_setprioceiling(&mutex, 5, &ceiling) == 0 && ceiling == 7);
    EXPECT(pthread_mutex_getprioceiling(&mutex, &ceiling) == 0 && ceiling == 5);
    EXPECT(create(PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT));
    EXPECT(pthread_mutex_getprioceiling(&mutex, &ceiling) == EINVAL);
    EXPECT(pthread_mutex_setprioceiling(&mutex, 5, &ceiling) == EINVAL);
}

TEST("who may not be as urgent as a mutex's ceiling does not get it, and leaves it free")
{
    pthread_mutexattr_t attributes;
    struct timespec time = soon();
    EXPECT(pthread_mutexattr_init(&attributes) == 0);
    EXPECT(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_PROTECT) == 0);
    EXPECT(pthread_mutex_init(&mutex, &attributes) == 0);
    EXPECT(pthread_mutex_lock(&mutex) == EPERM && pthread_mutex_trylock(&mutex) == EPERM);
    EXPECT(pthread_mutex_timedlock(&mutex, &time) == EPERM);
    EXPECT(pthread_mutex_unlock(&mutex) == EPERM && pthread_mutex_destroy(&mutex) == 0);
}

// SPDX-License-Identifier: MIT
// Scheduling and priority ceilings through the C library, as the unit `urgent`, which may be more
// urgent than a user's program: see test/scenario/posix.py. Ends with the number of the line that
// does not hold, above 100, or with 0.
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum : uint32_t { USUAL = PRIORITY_DEFAULT, UNIT = 24 };
enum : int { MOST = UNIT - USUAL };

#define HOLDS(condition) ((condition) ? (void)0 : exit(100 + __LINE__ % 156))

static pthread_mutex_t high, low;

// What the kernel has for the first thread.
static uint32_t priority_now(void)
{
    struct fe_thread_info info;
    return fe_thread_inspect(fe_start_handle("thread"), &info) == OK ? info.schedule.priority : 0;
}

static int become(int policy, int priority)
{
    const struct sched_param wish = {.sched_priority = priority};
    return pthread_setschedparam(pthread_self(), policy, &wish);
}

static void create(pthread_mutex_t *mutex, int ceiling)
{
    pthread_mutexattr_t attributes;
    HOLDS(pthread_mutexattr_init(&attributes) == 0);
    HOLDS(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE) == 0);
    HOLDS(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_PROTECT) == 0);
    HOLDS(pthread_mutexattr_setprioceiling(&attributes, ceiling) == 0);
    HOLDS(pthread_mutex_init(mutex, &attributes) == 0);
}

// Given up in any order, taken twice, and changed meanwhile.
static void try_ceilings(void)
{
    create(&high, MOST);
    create(&low, 5);
    HOLDS(pthread_mutex_lock(&low) == 0 && priority_now() == USUAL + 5);
    HOLDS(pthread_mutex_trylock(&high) == 0 && priority_now() == UNIT);
    HOLDS(pthread_mutex_lock(&high) == 0 && pthread_mutex_unlock(&high) == 0);
    HOLDS(pthread_mutex_unlock(&low) == 0 && priority_now() == UNIT);
    HOLDS(pthread_mutex_lock(&low) == 0 && pthread_mutex_unlock(&high) == 0);
    HOLDS(priority_now() == USUAL + 5);
    HOLDS(become(SCHED_FIFO, 3) == 0 && priority_now() == USUAL + 5);
    HOLDS(pthread_mutex_unlock(&low) == 0 && priority_now() == USUAL + 3);
    HOLDS(pthread_mutex_unlock(&low) == EPERM && priority_now() == USUAL + 3);
    HOLDS(pthread_mutex_setprioceiling(&low, 4, nullptr) == 0 && priority_now() == USUAL + 3);
    HOLDS(pthread_mutex_lock(&low) == 0 && priority_now() == USUAL + 4);
    HOLDS(pthread_mutex_setprioceiling(&low, 5, nullptr) == EDEADLK);
    HOLDS(pthread_mutex_unlock(&low) == 0 && priority_now() == USUAL + 3);
}

// Too low for the caller, or too high.
static void try_refusals(void)
{
    HOLDS(pthread_mutex_setprioceiling(&low, 2, nullptr) == 0);
    HOLDS(pthread_mutex_lock(&low) == EINVAL && priority_now() == USUAL + 3);
    HOLDS(pthread_mutex_setprioceiling(&low, MOST + 1, nullptr) == 0);
    HOLDS(pthread_mutex_lock(&low) == EPERM && priority_now() == USUAL + 3);
    HOLDS(become(SCHED_FIFO, MOST + 1) == EPERM && become(SCHED_FIFO, MOST) == 0);
    HOLDS(become(SCHED_OTHER, 0) == 0 && priority_now() == USUAL);
}

// Who does not get it in time is as before, and so is a thread that is made under a ceiling.
static void *try_another(void *unused)
{
    struct timespec past = {};
    struct sched_param now;
    struct fe_thread_info info;
    uint64_t id = 0;
    int policy;
    fe_handle self;
    HOLDS(fe_thread_current(&id) == OK);
    HOLDS(fe_process_thread(fe_process_self(), id - 1, &self, &id) == OK);
    HOLDS(fe_thread_inspect(self, &info) == OK && info.schedule.priority == USUAL + 2);
    HOLDS(pthread_getschedparam(pthread_self(), &policy, &now) == 0);
    HOLDS(policy == SCHED_RR && now.sched_priority == 2);
    HOLDS(pthread_mutex_trylock(&high) == EBUSY);
    HOLDS(fe_thread_inspect(self, &info) == OK && info.schedule.priority == USUAL + 2);
    HOLDS(pthread_mutex_timedlock(&high, &past) == ETIMEDOUT);
    HOLDS(fe_thread_inspect(self, &info) == OK && info.schedule.priority == USUAL + 2);
    return unused;
}

// What a program that is started now has; it ends with that.
static uint32_t priority_of_child(void)
{
    pid_t pid;
    int status = 0;
    char *const arguments[] = {"urgent", "child", nullptr}, *const nothing[] = {nullptr};
    int error = posix_spawn(&pid, "/test/urgent", nullptr, nullptr, arguments, nothing);
    if (error != 0) exit(error);
    HOLDS(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return (uint32_t)WEXITSTATUS(status);
}

int main(int count, char **arguments)
{
    pthread_t thread;
    if (count == 2 && strcmp(arguments[1], "child") == 0) return (int)priority_now();
    HOLDS(priority_now() == UNIT && become(SCHED_FIFO, 1) == 0 && priority_now() == USUAL + 1);
    HOLDS(become(SCHED_OTHER, 0) == 0 && priority_now() == USUAL);
    try_ceilings();
    try_refusals();
    HOLDS(become(SCHED_RR, 2) == 0 && pthread_mutex_lock(&high) == 0 && priority_now() == UNIT);
    HOLDS(pthread_create(&thread, nullptr, try_another, nullptr) == 0);
    HOLDS(pthread_join(thread, nullptr) == 0 && priority_now() == UNIT);
    HOLDS(priority_of_child() == USUAL + 2 && priority_now() == UNIT);
    HOLDS(pthread_mutex_unlock(&high) == 0 && priority_now() == USUAL + 2);
    HOLDS(priority_of_child() == USUAL + 2);
    return 0;
}

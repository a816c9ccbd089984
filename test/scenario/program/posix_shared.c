// SPDX-License-Identifier: MIT
// Locks, conditions and barriers in memory that two processes share.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/test/posix_shared"

enum : int { ROUNDS = 2000 };

static struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    pthread_barrier_t barrier;
    pthread_rwlock_t rwlock;
    sem_t semaphore;
    pthread_mutex_t robust;
    int counter, turn;
} *shared;

static bool map_it(int flags)
{
    int file = shm_open("/shared", O_RDWR | flags, 0600);
    if (file < 0 || ftruncate(file, sizeof *shared) != 0) return false;
    shared = mmap(nullptr, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return shared != MAP_FAILED;
}

static bool create(void)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    pthread_barrierattr_t barrier;
    pthread_rwlockattr_t rwlock;
    shm_unlink("/shared");
    return map_it(O_CREAT | O_EXCL) && pthread_mutexattr_init(&mutex) == 0 &&
           pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0 &&
           pthread_mutex_init(&shared->mutex, &mutex) == 0 &&
           pthread_condattr_init(&condition) == 0 &&
           pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED) == 0 &&
           pthread_cond_init(&shared->condition, &condition) == 0 &&
           pthread_barrierattr_init(&barrier) == 0 &&
           pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED) == 0 &&
           pthread_barrier_init(&shared->barrier, &barrier, 2) == 0 &&
           pthread_rwlockattr_init(&rwlock) == 0 &&
           pthread_rwlockattr_setpshared(&rwlock, PTHREAD_PROCESS_SHARED) == 0 &&
           pthread_rwlock_init(&shared->rwlock, &rwlock) == 0 &&
           sem_init(&shared->semaphore, 1, 0) == 0;
}

// Both count, and give way in the midst of it.
static int count_up(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (pthread_mutex_lock(&shared->mutex) != 0) return 1;
        int before = shared->counter;
        if (i % 16 == 0) sched_yield();
        shared->counter = before + 1;
        if (pthread_mutex_unlock(&shared->mutex) != 0) return 2;
    }
    return 7;
}

static int take_turns(int mine)
{
    for (int i = 0; i < 200; i++) {
        if (pthread_mutex_lock(&shared->mutex) != 0) return 1;
        while (shared->turn % 2 != mine)
            if (pthread_cond_wait(&shared->condition, &shared->mutex) != 0) return 2;
        shared->turn++;
        pthread_cond_broadcast(&shared->condition);
        pthread_mutex_unlock(&shared->mutex);
    }
    return 7;
}

static int meet(void)
{
    for (int i = 0; i < 200; i++) {
        int result = pthread_barrier_wait(&shared->barrier);
        if (result != 0 && result != PTHREAD_BARRIER_SERIAL_THREAD) return 1;
    }
    return 7;
}

static int look(void)
{
    struct timespec time = after(20'000'000);
    if (pthread_mutex_trylock(&shared->mutex) != EBUSY) return 1;
    if (pthread_mutex_timedlock(&shared->mutex, &time) != ETIMEDOUT) return 2;
    if (pthread_mutex_unlock(&shared->mutex) != EPERM) return 3;
    if (pthread_rwlock_tryrdlock(&shared->rwlock) != EBUSY) return 4;
    if (sem_post(&shared->semaphore) != 0) return 5;
    if (pthread_mutex_lock(&shared->mutex) != 0) return 6; // when the other gives it up
    pthread_mutex_unlock(&shared->mutex);
    return pthread_rwlock_rdlock(&shared->rwlock) == 0 ? 7 : 8;
}

// Takes the robust one, says so, and has it until he is killed.
static int die_with_it(void)
{
    int result = pthread_mutex_lock(&shared->robust);
    if (result != 0 && result != EOWNERDEAD) return 1;
    if (sem_post(&shared->semaphore) != 0) return 2;
    for (;;) pause();
}

// Waits for what another has taken; who dies then leaves it to him.
static int inherit_it(void)
{
    int result = pthread_mutex_lock(&shared->robust);
    if (result == EOWNERDEAD && pthread_mutex_consistent(&shared->robust) == 0)
        return pthread_mutex_unlock(&shared->robust) == 0 ? 7 : 1;
    return result == 0 ? 2 : result == ENOTRECOVERABLE ? 5 : 3;
}

static int do_job(const char *job)
{
    if (!map_it(0)) return 9;
    if (strcmp(job, "die") == 0) return die_with_it();
    if (strcmp(job, "inherit") == 0) return inherit_it();
    if (strcmp(job, "count") == 0) return count_up();
    if (strcmp(job, "turns") == 0) return take_turns(1);
    return strcmp(job, "meet") == 0 ? meet() : look();
}

// The first: what is to be done in the other process.
TEST("a mutex keeps the other process out, and lets it in when it is given up")
{
    if (getenv("JOB") != nullptr) _exit(do_job(getenv("JOB")));
    EXPECT(create() && pthread_mutex_lock(&shared->mutex) == 0);
    EXPECT(pthread_rwlock_wrlock(&shared->rwlock) == 0);
    pid_t pid = start_job(PROGRAM, "look");
    EXPECT(sem_wait(&shared->semaphore) == 0);
    EXPECT(pthread_mutex_unlock(&shared->mutex) == 0 &&
           pthread_rwlock_unlock(&shared->rwlock) == 0);
    EXPECT(exit_code(pid) == 7);
}

TEST("two processes count together, and nothing is lost")
{
    EXPECT(create());
    pid_t pid = start_job(PROGRAM, "count");
    EXPECT(count_up() == 7 && exit_code(pid) == 7 && shared->counter == 2 * ROUNDS);
}

TEST("two processes take turns by a condition, and meet at a barrier")
{
    EXPECT(create());
    pid_t pid = start_job(PROGRAM, "turns");
    EXPECT(take_turns(0) == 7 && exit_code(pid) == 7 && shared->turn == 400);
    pid = start_job(PROGRAM, "meet");
    EXPECT(meet() == 7 && exit_code(pid) == 7);
}

static bool create_robust(void)
{
    pthread_mutexattr_t attributes;
    return create() && pthread_mutexattr_init(&attributes) == 0 &&
           pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
           pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0 &&
           pthread_mutex_init(&shared->robust, &attributes) == 0;
}

// Another process that has the robust mutex.
static pid_t start_owner(void)
{
    pid_t pid = start_job(PROGRAM, "die");
    while (sem_wait(&shared->semaphore) != 0 && errno == EINTR) continue;
    return pid;
}

// The C library marks so what somebody waits for.
static bool is_waited_for(void)
{
    return __atomic_load_n(&shared->robust.__u.__vi[1], __ATOMIC_SEQ_CST) < 0;
}

static bool is_killed(pid_t pid)
{
    int status;
    return kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

TEST("a robust mutex whose owner's process was killed is the next one's, who is told")
{
    EXPECT(create_robust());
    pid_t pid = start_owner();
    struct timespec time = after(20'000'000);
    EXPECT(pthread_mutex_trylock(&shared->robust) == EBUSY);
    EXPECT(pthread_mutex_timedlock(&shared->robust, &time) == ETIMEDOUT);
    EXPECT(is_killed(pid) && pthread_mutex_trylock(&shared->robust) == EOWNERDEAD);
    EXPECT(pthread_mutex_trylock(&shared->robust) == EBUSY);
    EXPECT(pthread_mutex_consistent(&shared->robust) == 0);
    EXPECT(pthread_mutex_unlock(&shared->robust) == 0);
    EXPECT(pthread_mutex_lock(&shared->robust) == 0 && pthread_mutex_unlock(&shared->robust) == 0);
    EXPECT(is_killed(start_owner()) && pthread_mutex_lock(&shared->robust) == EOWNERDEAD);
    EXPECT(pthread_mutex_unlock(&shared->robust) == 0); // not mended
    EXPECT(pthread_mutex_trylock(&shared->robust) == ENOTRECOVERABLE);
    EXPECT(pthread_mutex_lock(&shared->robust) == ENOTRECOVERABLE);
    EXPECT(exit_code(start_job(PROGRAM, "inherit")) == 5);
}

TEST("who waits for a robust mutex is woken by the death of its owner, in whatever process")
{
    EXPECT(create_robust());
    pid_t owner = start_owner(), heir = start_job(PROGRAM, "inherit");
    while (!is_waited_for()) sched_yield();
    EXPECT(is_killed(owner) && exit_code(heir) == 7);
    EXPECT(pthread_mutex_lock(&shared->robust) == 0);
    heir = start_job(PROGRAM, "inherit");
    EXPECT(pthread_mutex_unlock(&shared->robust) == 0 && exit_code(heir) == 2);
    EXPECT(pthread_mutex_trylock(&shared->robust) == EOWNERDEAD); // it ended with it
    EXPECT(pthread_mutex_consistent(&shared->robust) == 0);
    EXPECT(pthread_mutex_unlock(&shared->robust) == 0);
}

TEST("a shared mutex that is to inherit is refused")
{
    pthread_mutex_t mutex;
    pthread_mutexattr_t attributes;
    EXPECT(pthread_mutexattr_init(&attributes) == 0);
    EXPECT(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
    EXPECT(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) == 0);
    EXPECT(pthread_mutex_init(&mutex, &attributes) == ENOTSUP);
    EXPECT(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
    EXPECT(pthread_mutex_init(&mutex, &attributes) == ENOTSUP);
    EXPECT(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_NONE) == 0);
    EXPECT(pthread_mutex_init(&mutex, &attributes) == 0);
    EXPECT(shm_unlink("/shared") == 0);
}

// SPDX-License-Identifier: MIT
// Threads, memory and time through the C library.
#include "test/unit.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter;
static _Thread_local int own = 7;

static void *count(void *argument)
{
    for (int i = 0; i < 10'000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        own++;
    }
    return (void *)(long)own;
}

TEST("threads share memory under a mutex, and have variables of their own")
{
    pthread_t threads[8];
    void *result;
    counter = 0;
    for (int i = 0; i < 8; i++) EXPECT(pthread_create(&threads[i], nullptr, count, nullptr) == 0);
    for (int i = 0; i < 8; i++) {
        EXPECT(pthread_join(threads[i], &result) == 0 && (long)result == 10'007);
    }
    EXPECT(counter == 80'000 && own == 7);
}

static void *ping(void *argument)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        while (counter % 2 != (int)(long)argument) pthread_cond_wait(&condition, &mutex);
        counter++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return nullptr;
}

TEST("two threads take turns by a condition")
{
    pthread_t threads[2];
    counter = 0;
    for (long i = 0; i < 2; i++) {
        EXPECT(pthread_create(&threads[i], nullptr, ping, (void *)i) == 0);
    }
    for (int i = 0; i < 2; i++) EXPECT(pthread_join(threads[i], nullptr) == 0);
    EXPECT(counter == 2000);
}

static sem_t ended;

static void *end(void *argument)
{
    sem_post(&ended);
    return nullptr;
}

TEST("detached threads come and go")
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sem_init(&ended, 0, 0);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        EXPECT(pthread_create(&thread, &attributes, end, nullptr) == 0);
        EXPECT(sem_wait(&ended) == 0);
    }
}

static void *wait_forever(void *argument)
{
    for (;;) pause();
}

TEST("a waiting thread can be cancelled")
{
    pthread_t thread;
    void *result;
    EXPECT(pthread_create(&thread, nullptr, wait_forever, nullptr) == 0);
    usleep(20'000);
    EXPECT(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
    EXPECT(result == PTHREAD_CANCELED);
}

TEST("waits with a deadline end at it")
{
    struct timespec before, after, deadline;
    clock_gettime(CLOCK_MONOTONIC, &before);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 100'000'000;
    if (deadline.tv_nsec >= 1'000'000'000) deadline.tv_sec++, deadline.tv_nsec -= 1'000'000'000;
    pthread_mutex_lock(&mutex);
    EXPECT(pthread_cond_timedwait(&condition, &mutex, &deadline) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long passed =
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
    EXPECT(passed >= 99 && passed < 3000);
}

static sigjmp_buf back;
static volatile sig_atomic_t jumps;

static void jump(int number)
{
    jumps++;
    siglongjmp(back, 1);
}

TEST("a handler may jump out, again and again, of waiting and of computing")
{
    struct sigaction action = {.sa_handler = jump};
    sigaction(SIGALRM, &action, nullptr);
    struct itimerval soon = {.it_value.tv_usec = 50'000};
    jumps = 0;
    sigsetjmp(back, 1);
    if (jumps < 3) {
        setitimer(ITIMER_REAL, &soon, nullptr);
        for (;;) pause();
    }
    sigsetjmp(back, 1);
    if (jumps < 6) {
        setitimer(ITIMER_REAL, &soon, nullptr);
        for (volatile int i = 0;; i++) continue;
    }
    EXPECT(jumps == 6);
    signal(SIGALRM, SIG_DFL);
}

static atomic_int interrupted;

static void note(int number)
{
    interrupted++;
}

static void *sleep_long(void *argument)
{
    struct timespec time = {100, 0};
    return (void *)(long)(nanosleep(&time, nullptr) == -1 && errno == EINTR);
}

TEST("a signal can be sent to one thread")
{
    pthread_t thread;
    void *result;
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGUSR2, &action, nullptr);
    EXPECT(pthread_create(&thread, nullptr, sleep_long, nullptr) == 0);
    usleep(20'000);
    EXPECT(pthread_kill(thread, SIGUSR2) == 0 && pthread_join(thread, &result) == 0);
    EXPECT(result == (void *)1 && interrupted == 1);
}

TEST("memory is zero at first, protected as asked, and can be given back")
{
    size_t size = 8 << 20;
    unsigned char *memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(memory != MAP_FAILED && memory[0] == 0 && memory[size - 1] == 0);
    memset(memory, 1, size);
    EXPECT(madvise(memory, 4096, MADV_DONTNEED) == 0 && memory[0] == 0 && memory[4096] == 1);
    EXPECT(mprotect(memory, 4096, PROT_READ) == 0 && memory[1] == 0);
    EXPECT(munmap(memory + 4096, 4096) == 0 && memory[8192] == 1);
    EXPECT(munmap(memory, size) == 0);
}

TEST("the heap takes and gives back blocks of every size")
{
    static unsigned char *blocks[500];
    srandom(1);
    for (int round = 0; round < 20'000; round++) {
        int i = (int)(random() % 500);
        if (blocks[i] != nullptr) EXPECT(blocks[i][0] == (unsigned char)i);
        free(blocks[i]);
        blocks[i] = malloc((size_t)(random() % 20'000) + 1);
        EXPECT(blocks[i] != nullptr);
        blocks[i][0] = (unsigned char)i;
    }
    for (int i = 0; i < 500; i++) free(blocks[i]);
}

TEST("random bytes differ, and the system tells about itself")
{
    char first[32], second[32];
    struct rlimit limit;
    EXPECT(getrandom(first, 32, 0) == 32 && getrandom(second, 32, 0) == 32);
    EXPECT(memcmp(first, second, 32) != 0);
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 1024);
    EXPECT(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_NPROCESSORS_ONLN) >= 1);
}

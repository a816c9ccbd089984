// SPDX-License-Identifier: MIT
// Stacks of threads: those of ended threads are kept for the next ones, which must not notice.
#include "test/unit.h"
#include <abi/syscalls.h>
#include <ferrite/memory.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum : size_t { STACK = 256 << 10 };
enum : int { MANY = 40, TIMES = 50 };

static struct fe_process_info used(void)
{
    struct fe_process_info info = {};
    return fe_process_inspect(fe_process_self(), &info) == OK ? info : (struct fe_process_info){};
}

// The same when nothing is being given back any more, which the kernel does when nobody runs.
static struct fe_process_info used_at_rest(void)
{
    struct fe_process_info before, now = used();
    do {
        before = now;
        usleep(20'000);
        now = used();
    } while (now.memory_used != before.memory_used);
    return now;
}

// Whether the kernel may write there on this process's behalf; no fault comes of it.
static bool is_writable(void *at)
{
    return fe_entropy_read(at, 1) != ERR_BAD_ADDRESS;
}

static _Thread_local char zeroes[600];
static _Thread_local int seven = 7;
static pthread_key_t key;

// Whether the thread's own variables are as they should be at its beginning; then spoils them.
static void *look_and_spoil(void *argument)
{
    bool good = seven == 7 && pthread_getspecific(key) == nullptr;
    for (size_t i = 0; i < sizeof zeroes; i++) good &= zeroes[i] == 0;
    memset(zeroes, 0xff, sizeof zeroes);
    seven = 8;
    good &= pthread_setspecific(key, argument) == 0;
    return good ? argument : nullptr;
}

TEST("a thread's own variables are fresh in each thread, and in detached ones")
{
    pthread_t thread;
    void *result;
    EXPECT(pthread_key_create(&key, nullptr) == 0);
    for (int i = 0; i < TIMES; i++) {
        EXPECT(pthread_create(&thread, nullptr, look_and_spoil, &thread) == 0);
        if (i % 5 == 0) {
            EXPECT(pthread_detach(thread) == 0);
            continue;
        }
        EXPECT(pthread_join(thread, &result) == 0 && result == &thread);
    }
}

// Whether the C library calls this thread what the kernel calls it.
static void *find_number(void *argument)
{
    uint64_t id;
    bool same = fe_thread_current(&id) == OK && (id & LOCK_OWNER) == (uint64_t)gettid();
    return same ? argument : nullptr;
}

TEST("a thread knows its number from the beginning")
{
    pthread_t thread;
    void *result;
    for (int i = 0; i < 5; i++) {
        EXPECT(pthread_create(&thread, nullptr, find_number, &thread) == 0);
        EXPECT(pthread_join(thread, &result) == 0 && result == &thread);
    }
}

static void *find_stack(void *argument)
{
    return __builtin_frame_address(0);
}

TEST("a thread that is given a stack runs on it, and leaves it to its owner")
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *at;
    char *stack = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(stack != MAP_FAILED && pthread_attr_init(&attributes) == 0);
    EXPECT(pthread_attr_setstack(&attributes, stack, STACK) == 0);
    for (int i = 0; i < 3; i++) {
        EXPECT(pthread_create(&thread, &attributes, find_stack, nullptr) == 0);
        EXPECT(pthread_join(thread, &at) == 0);
        EXPECT((char *)at > stack && (char *)at < stack + STACK);
    }
    EXPECT(pthread_create(&thread, nullptr, find_stack, nullptr) == 0);
    EXPECT(pthread_join(thread, &at) == 0);
    EXPECT((char *)at < stack || (char *)at >= stack + STACK);
    EXPECT(is_writable(stack) && munmap(stack, STACK) == 0);
}

// The thread's own guard and lowest byte.
static void *feel_guard(void *argument)
{
    pthread_attr_t attributes;
    void *lowest;
    size_t size, guard;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
    if (pthread_attr_getstack(&attributes, &lowest, &size) != 0) return nullptr;
    if (pthread_attr_getguardsize(&attributes, &guard) != 0) return nullptr;
    bool good = guard == (size_t)argument && is_writable(lowest);
    for (size_t i = 1; i <= guard; i += 1000) good &= !is_writable((char *)lowest - i);
    return good ? (void *)1 : nullptr;
}

TEST("each thread has the guard that it was made with, whoever had a stack before")
{
    static const size_t guards[] = {4096, 0, 64 << 10, 8192, 0, 4096};
    pthread_attr_t attributes;
    pthread_t thread;
    void *result;
    EXPECT(pthread_attr_init(&attributes) == 0);
    for (int i = 0; i < TIMES; i++) {
        size_t guard = guards[i % 6];
        EXPECT(pthread_attr_setstacksize(&attributes, STACK - guard) == 0);
        EXPECT(pthread_attr_setguardsize(&attributes, guard) == 0);
        EXPECT(pthread_create(&thread, &attributes, feel_guard, (void *)guard) == 0);
        EXPECT(pthread_join(thread, &result) == 0 && result == (void *)1);
    }
}

static sem_t here, go;

static void *wait_for_go(void *argument)
{
    sem_post(&here);
    while (sem_wait(&go) != 0) continue;
    return argument;
}

// All at once, a third of them detached. Whether each had the way back to its own argument.
static bool run_many(void)
{
    pthread_t threads[MANY];
    bool good = true;
    for (int i = 0; i < MANY; i++) {
        good &= pthread_create(&threads[i], nullptr, wait_for_go, &threads[i]) == 0;
        if (i % 3 == 0) good &= pthread_detach(threads[i]) == 0;
    }
    for (int i = 0; i < MANY; i++) good &= sem_wait(&here) == 0;
    for (int i = 0; i < MANY; i++) good &= sem_post(&go) == 0;
    for (int i = 0; i < MANY; i++) {
        void *result;
        if (i % 3 != 0) good &= pthread_join(threads[i], &result) == 0 && result == &threads[i];
    }
    while (used().threads_used > 1) usleep(1000); // the detached ones
    return good;
}

TEST("many threads at once leave neither memory nor handles behind, but for a few stacks")
{
    EXPECT(sem_init(&here, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
    EXPECT(run_many());
    struct fe_process_info first = used_at_rest();
    for (int i = 0; i < 5; i++) EXPECT(run_many());
    struct fe_process_info last = used_at_rest();
    EXPECT(last.memory_used <= first.memory_used + (64 << 10));
    EXPECT(last.handles_used == first.handles_used && last.threads_used == 1);
}

static volatile sig_atomic_t noted;

static void note(int number)
{
    noted++;
}

TEST("a signal finds each of many threads, and none that has ended")
{
    pthread_t threads[4];
    struct sigaction action = {.sa_handler = note};
    EXPECT(sigaction(SIGUSR1, &action, nullptr) == 0);
    for (int round = 0; round < 3; round++) {
        noted = 0;
        for (int i = 0; i < 4; i++)
            EXPECT(pthread_create(&threads[i], nullptr, wait_for_go, nullptr) == 0);
        for (int i = 0; i < 4; i++) EXPECT(sem_wait(&here) == 0);
        for (int i = 0; i < 4; i++) {
            EXPECT(pthread_kill(threads[i], SIGUSR1) == 0);
            while (noted <= i) usleep(1000);
        }
        for (int i = 0; i < 4; i++) EXPECT(sem_post(&go) == 0);
        for (int i = 0; i < 4; i++) EXPECT(pthread_join(threads[i], nullptr) == 0);
    }
    signal(SIGUSR1, SIG_DFL);
}

// How /test/overflow ends.
static int overflow(char *argument)
{
    char *arguments[] = {"overflow", argument, nullptr};
    int status = -1;
    pid_t pid;
    if (posix_spawn(&pid, "/test/overflow", nullptr, nullptr, arguments, nullptr) != 0) return -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

TEST("a stack that had other threads before still ends at its guard")
{
    EXPECT(overflow("none") == 0);
    int status = overflow(nullptr);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

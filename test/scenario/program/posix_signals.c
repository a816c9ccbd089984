// SPDX-License-Identifier: MIT
// Signals among several threads and in the midst of the heap; children made by children, and by
// several threads at once.
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-unsafe-functions, bugprone-signal-handler): they are what is tried here.
extern char **environ;

static int result_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static pid_t start(const char *text)
{
    char *arguments[] = {"sh", "-c", (char *)text, nullptr};
    pid_t pid;
    return posix_spawn(&pid, "/bin/sh", nullptr, nullptr, arguments, environ) == 0 ? pid : -1;
}

TEST("a child that is being made makes a child of its own")
{
    int ends[2];
    volatile pid_t told[2];
    EXPECT(pipe(ends) == 0);
    pid_t outer = vfork();
    if (outer == 0) {
        pid_t inner = vfork();
        if (inner == 0) {
            told[0] = getppid(), told[1] = getpid();
            execl("/bin/true", "true", nullptr);
            _exit(127);
        }
        int status;
        bool good = waitpid(inner, &status, 0) == inner && status == 0 && told[0] == getpid() &&
                    told[1] == inner;
        write(ends[1], &good, 1);
        execl("/bin/sh", "sh", "-c", "exit 6", nullptr);
        _exit(127);
    }
    bool good = false;
    EXPECT(read(ends[0], &good, 1) == 1 && good);
    EXPECT(result_of(outer) == 6 << 8);
    EXPECT(waitpid(-1, nullptr, 0) == -1 && errno == ECHILD);
    close(ends[0]), close(ends[1]);
}

TEST("exit in a child before exec leaves the parent's end alone")
{
    pid_t pid = vfork();
    if (pid == 0) exit(9);
    EXPECT(result_of(pid) == 9 << 8);
}

TEST("timeout ends what takes too long, and nothing else")
{
    EXPECT(result_of(start("timeout 1 sleep 100")) == 143 << 8);
    EXPECT(result_of(start("timeout 100 sh -c 'exit 3'")) == 3 << 8);
}

static void *spawn_many(void *argument)
{
    long good = 0;
    for (int i = 0; i < 5; i++) good += result_of(start("exit 4")) == 4 << 8;
    return (void *)good;
}

TEST("several threads make children at once")
{
    pthread_t threads[4];
    void *good;
    for (int i = 0; i < 4; i++) {
        EXPECT(pthread_create(&threads[i], nullptr, spawn_many, nullptr) == 0);
    }
    for (int i = 0; i < 4; i++) EXPECT(pthread_join(threads[i], &good) == 0 && good == (void *)5);
}

static pthread_t handled_by;
static volatile sig_atomic_t handled;

static void note(int number)
{
    handled_by = pthread_self();
    handled = number;
}

static void *let_in(void *signal_set)
{
    pthread_sigmask(SIG_UNBLOCK, signal_set, nullptr);
    while (!handled) usleep(1000);
    return nullptr;
}

TEST("a signal for the process goes to a thread that lets it in")
{
    sigset_t set;
    pthread_t thread;
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = note}, nullptr);
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    EXPECT(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    EXPECT(pthread_create(&thread, nullptr, let_in, &set) == 0);
    usleep(20'000);
    pid_t pid = start("kill -USR1 $PPID");
    EXPECT(pthread_join(thread, nullptr) == 0);
    EXPECT(handled == SIGUSR1 && pthread_equal(handled_by, thread));
    EXPECT(result_of(pid) == 0);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

static void *compute(void *argument)
{
    volatile double x = 1.5;
    while (!handled) x = x * 1.000001;
    return nullptr;
}

TEST("a signal for one thread is handled while it computes")
{
    pthread_t thread;
    handled = 0;
    EXPECT(pthread_create(&thread, nullptr, compute, nullptr) == 0);
    usleep(20'000);
    EXPECT(pthread_kill(thread, SIGUSR1) == 0 && pthread_join(thread, nullptr) == 0);
    EXPECT(pthread_equal(handled_by, thread));
}

static void *leave_first(void *first)
{
    if (pthread_join(*(pthread_t *)first, nullptr) != 0) return (void *)1;
    handled = 0;
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 1000 && !handled; i++) usleep(1000);
    _exit(handled == SIGUSR1 ? 33 : 34);
}

// The test below in a process of its own.
static int end_first_thread(void)
{
    static pthread_t self, other;
    self = pthread_self();
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = note}, nullptr);
    if (pthread_create(&other, nullptr, leave_first, &self) != 0) return 35;
    pthread_exit(nullptr);
}

TEST("signals reach a process whose first thread has ended")
{
    if (getenv("ALONE") != nullptr) _exit(end_first_thread());
    EXPECT(result_of(start("ALONE=yes /test/posix_signals whose")) == 33 << 8);
}

static void *wait_for_signal(void *set)
{
    int number = 0;
    return (void *)(long)(sigwait(set, &number) == 0 ? number : -1);
}

TEST("sigwait in one thread takes what all block")
{
    sigset_t set;
    pthread_t thread;
    void *number;
    sigemptyset(&set), sigaddset(&set, SIGUSR2);
    EXPECT(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    EXPECT(pthread_create(&thread, nullptr, wait_for_signal, &set) == 0);
    usleep(20'000);
    EXPECT(kill(getpid(), SIGUSR2) == 0);
    EXPECT(pthread_join(thread, &number) == 0 && number == (void *)SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

static int opened;

static void open_and_close(int number)
{
    int error = errno, file = open("/dev/null", O_RDONLY);
    if (file >= 0) opened++, close(file);
    errno = error;
}

static void *use_heap(void *argument)
{
    static _Thread_local unsigned char *blocks[64];
    unsigned seed = (unsigned)(uintptr_t)argument;
    while (__atomic_load_n(&opened, __ATOMIC_RELAXED) < 300) {
        unsigned at = (unsigned)rand_r(&seed) % 64;
        if (blocks[at] != nullptr && blocks[at][0] != at) return (void *)1;
        free(blocks[at]);
        blocks[at] = malloc((unsigned)rand_r(&seed) % 9000 + 1);
        if (blocks[at] == nullptr) return (void *)2;
        blocks[at][0] = (unsigned char)at;
    }
    for (int i = 0; i < 64; i++) free(blocks[i]);
    return nullptr;
}

static volatile int woken;

static void *await_usr1(void *set)
{
    int number;
    if (sigwait(set, &number) == 0) __atomic_add_fetch((int *)&woken, 1, __ATOMIC_SEQ_CST);
    return nullptr;
}

TEST("a thread that makes calls and never waits passes signals on to those that await them")
{
    enum : int { AWAITING = 4 };
    pthread_t threads[AWAITING];
    sigset_t set;
    struct timespec begin, now;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    EXPECT(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    for (int i = 0; i < AWAITING; i++)
        EXPECT(pthread_create(&threads[i], nullptr, await_usr1, &set) == 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        kill(getpid(), SIGUSR1);
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (woken < AWAITING && now.tv_sec < begin.tv_sec + 30);
    EXPECT(woken == AWAITING);
    for (int i = 0; i < AWAITING; i++) {
        pthread_cancel(threads[i]);
        EXPECT(pthread_join(threads[i], nullptr) == 0);
    }
    EXPECT(sigtimedwait(&set, nullptr, &(struct timespec){}) != 0);
    EXPECT(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

TEST("a handler may open files whatever it interrupts: the heap of one thread and of several")
{
    struct itimerval every = {{0, 1000}, {0, 1000}}, never = {};
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = open_and_close, .sa_flags = SA_RESTART},
              nullptr);
    EXPECT(setitimer(ITIMER_REAL, &every, nullptr) == 0);
    EXPECT(use_heap((void *)1) == nullptr);
    pthread_t threads[3];
    void *result;
    opened = 0;
    for (uintptr_t i = 0; i < 3; i++) {
        EXPECT(pthread_create(&threads[i], nullptr, use_heap, (void *)(i + 2)) == 0);
    }
    for (int i = 0; i < 3; i++) {
        EXPECT(pthread_join(threads[i], &result) == 0 && result == nullptr);
    }
    EXPECT(setitimer(ITIMER_REAL, &never, nullptr) == 0);
}
// NOLINTEND(bugprone-unsafe-functions, bugprone-signal-handler)

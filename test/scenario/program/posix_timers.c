// SPDX-License-Identifier: MIT
// What timers count: between bounds that the clock tells, however late anybody runs.
#include "test/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

enum : uint64_t { MS = 1'000'000, PERIOD = 2 * MS, LONG = 30 * MS }; // ns

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1'000'000'000 + (uint64_t)time.tv_nsec;
}

static bool create(timer_t *timer)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    event.sigev_value.sival_int = 42;
    return timer_create(CLOCK_MONOTONIC, &event, timer) == 0;
}

static bool set(timer_t timer, uint64_t period)
{
    const struct timespec time = {.tv_nsec = (long)period};
    return timer_settime(timer, 0, &(struct itimerspec){time, time}, nullptr) == 0;
}

static void wait_long(void)
{
    const struct timespec time = {.tv_nsec = LONG};
    nanosleep(&time, nullptr);
}

TEST("what expired until its signal was taken is counted, and nothing that expired later")
{
    sigset_t signals;
    siginfo_t info;
    timer_t timer;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    EXPECT(sigprocmask(SIG_BLOCK, &signals, nullptr) == 0 && create(&timer));
    uint64_t before = now();
    EXPECT(set(timer, PERIOD));
    uint64_t begun = now();
    wait_long();
    uint64_t least = (now() - begun - PERIOD) / PERIOD;
    EXPECT(sigwaitinfo(&signals, &info) == SIGUSR1 && info.si_code == SI_TIMER);
    uint64_t most = (now() - before) / PERIOD;
    wait_long();
    int count = timer_getoverrun(timer);
    EXPECT(info.si_value.sival_int == 42 && count >= 0);
    EXPECT((uint64_t)count >= least && (uint64_t)count < most);
    EXPECT(timer_delete(timer) == 0 && timer_getoverrun(timer) == -1 && errno == EINVAL);
}

static timer_t own;
static volatile int runs, wrong;

// NOLINTNEXTLINE(bugprone-signal-handler): it may call these
static void handler(int number)
{
    struct itimerspec left;
    if (number != SIGUSR1 || timer_gettime(own, &left) != 0 || timer_getoverrun(own) < 0) wrong++;
    runs++;
}

TEST("a handler may ask for its timer while the program does, without an end")
{
    sigset_t signals;
    struct itimerspec left;
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    EXPECT(sigaction(SIGUSR1, &action, nullptr) == 0 && create(&own));
    EXPECT(sigprocmask(SIG_UNBLOCK, &signals, nullptr) == 0 && set(own, MS / 5));
    while (runs < 200) {
        if (timer_gettime(own, &left) != 0 || timer_getoverrun(own) < 0) wrong++;
    }
    EXPECT(timer_delete(own) == 0 && wrong == 0);
}

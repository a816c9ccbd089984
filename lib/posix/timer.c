// SPDX-License-Identifier: MIT
// The timers of POSIX, in the place of the C library's own: one thread waits for the earliest of
// them, made with the first, and sends its signal or begins the thread that it asks for. What
// expires until its signal is taken, or more than once before the thread looks, counts as overrun.
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "signals.h"
#include <errno.h>
#include <ferrite/clock.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct timer {
    struct timer *next;
    clockid_t clock;
    uint64_t deadline, period; // monotonic ns; a deadline of 0: not armed
    uint64_t told;             // the expiration whose signal was sent last and not taken, or 0
    int overrun;               // of the signal that was taken last
    struct sigevent event;
    pthread_attr_t attributes; // SIGEV_THREAD: of the threads that it begins
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed; // the earliest deadline may be another
static struct timer *timers;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int start_error; // why there is no thread

enum : size_t { STACK_SIZE = 32 * 1024 };

static void tell(const struct timer *timer)
{
    pthread_t thread;
    const struct sigevent *event = &timer->event;
    if (event->sigev_notify == SIGEV_THREAD) {
        void *(*function)(void *) = (void *)event->sigev_notify_function;
        (void)pthread_create(&thread, &timer->attributes, function, event->sigev_value.sival_ptr);
        return;
    }
    siginfo_t info = {.si_signo = event->sigev_signo, .si_code = SI_TIMER};
    info.si_value = event->sigev_value;
    (void)call_rt_sigqueueinfo(
        (const int64_t[6]){call_getpid(nullptr), event->sigev_signo, (intptr_t)&info});
}

static bool is_told(const struct timer *timer)
{
    const struct sigevent *event = &timer->event;
    return event->sigev_notify == SIGEV_SIGNAL &&
           signal_is_queued((uint32_t)event->sigev_signo, (uintptr_t)event->sigev_value.sival_ptr);
}

static int count(uint64_t overrun)
{
    return overrun < INT_MAX ? (int)overrun : INT_MAX;
}

// How often it comes to a deadline after `from` until now, which is none before the next.
static uint64_t advance(struct timer *timer, uint64_t from, uint64_t now)
{
    uint64_t more = timer->period == 0 ? 0 : (now - from) / timer->period;
    timer->deadline = timer->period == 0 ? 0 : from + (more + 1) * timer->period;
    return more;
}

// It has come to its deadline, perhaps several times.
static void expire(struct timer *timer, uint64_t now)
{
    uint64_t from = timer->deadline, more = advance(timer, from, now);
    if (timer->event.sigev_notify == SIGEV_NONE || is_told(timer)) return;
    if (timer->event.sigev_notify == SIGEV_THREAD) timer->overrun = count(more);
    timer->told = from;
    tell(timer);
}

// Its signal was taken: what has expired until now belongs to that.
static void note_taken(struct timer *timer)
{
    timer->overrun = count(advance(timer, timer->told, fe_clock_monotonic()));
    timer->told = 0;
}

// With the guard, so that none is sent between taking one and noting it.
static bool take(struct fe_signal_slot *known)
{
    pthread_mutex_lock(&guard);
    bool result = signal_take_known(known);
    for (struct timer *at = timers; at != nullptr; at = at->next) {
        const struct sigevent *event = &at->event;
        if (!result || known->code != SI_TIMER || at->told == 0) continue;
        if (event->sigev_notify != SIGEV_SIGNAL) continue;
        if (event->sigev_signo != (int)known->number) continue;
        if ((uintptr_t)event->sigev_value.sival_ptr == known->value) note_taken(at);
    }
    pthread_mutex_unlock(&guard);
    return result;
}

// Who has the guard runs no handler: that may ask for it, and taking the signal does.
static void guard_lock(void)
{
    signal_held++;
    pthread_mutex_lock(&guard);
}

static void guard_unlock(void)
{
    pthread_mutex_unlock(&guard);
    if (--signal_held != 0) signal_run_held();
}

static void *run(void *unused)
{
    pthread_mutex_lock(&guard);
    for (;;) {
        uint64_t now = fe_clock_monotonic(), next = 0;
        for (struct timer *at = timers; at != nullptr; at = at->next) {
            if (at->deadline != 0 && at->deadline <= now) expire(at, now);
            if (at->deadline != 0 && (next == 0 || at->deadline < next)) next = at->deadline;
        }
        struct timespec until = time_of(next);
        if (next == 0) {
            pthread_cond_wait(&changed, &guard);
        } else {
            pthread_cond_timedwait(&changed, &guard, &until);
        }
    }
    return unused;
}

// The thread lets no signal in.
static void start(void)
{
    pthread_t thread;
    pthread_condattr_t monotonic;
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    __atomic_store_n(&signal_taker, take, __ATOMIC_RELEASE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    start_error = pthread_create(&thread, &attributes, run, nullptr);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

static long fail(int error)
{
    errno = error;
    return -1;
}

static bool is_valid(const struct sigevent *event)
{
    switch (event->sigev_notify) {
    case SIGEV_NONE: return true;
    case SIGEV_SIGNAL: return event->sigev_signo > 0 && event->sigev_signo < SIGNAL_COUNT;
    case SIGEV_THREAD: return event->sigev_notify_function != nullptr;
    default: return false;
    }
}

// The C library's attributes have no pointers; what they name is copied.
static void copy_attributes(struct timer *timer)
{
    const pthread_attr_t *given = timer->event.sigev_notify_attributes;
    if (given != nullptr) {
        timer->attributes = *given;
    } else {
        pthread_attr_init(&timer->attributes);
    }
    pthread_attr_setdetachstate(&timer->attributes, PTHREAD_CREATE_DETACHED);
}

int timer_create(clockid_t clock, struct sigevent *event, timer_t *id)
{
    if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        return (int)fail(ENOTSUP);
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return (int)fail(EINVAL);
    if (event != nullptr && !is_valid(event)) return (int)fail(EINVAL);
    struct timer *timer = calloc(1, sizeof *timer);
    if (timer == nullptr) return (int)fail(EAGAIN);
    timer->clock = clock;
    timer->event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    timer->event.sigev_value.sival_ptr = timer;
    if (event != nullptr) timer->event = *event;
    if (timer->event.sigev_notify == SIGEV_THREAD) copy_attributes(timer);
    pthread_once(&once, start);
    if (start_error != 0) {
        free(timer);
        return (int)fail(start_error);
    }
    guard_lock();
    timer->next = timers;
    timers = timer;
    guard_unlock();
    *id = timer;
    return 0;
}

// What points to the timer, with the guard taken; nullptr, without it: there is no such timer.
static struct timer **find(timer_t id)
{
    guard_lock();
    for (struct timer **at = &timers; *at != nullptr; at = &(*at)->next) {
        if (*at == id) return at;
    }
    guard_unlock();
    return nullptr;
}

int timer_delete(timer_t id)
{
    struct timer **at = find(id);
    if (at == nullptr) return (int)fail(EINVAL);
    *at = (*at)->next;
    guard_unlock();
    free(id);
    return 0;
}

static void read_timer(const struct timer *timer, struct itimerspec *value)
{
    uint64_t now = fe_clock_monotonic(), at = timer->deadline;
    // Its thread has not come to it yet.
    if (at != 0 && at <= now) at = now + 1;
    value->it_interval = time_of(timer->period);
    value->it_value = time_of(at == 0 ? 0 : at - now);
}

int timer_gettime(timer_t id, struct itimerspec *value)
{
    struct timer **at = find(id);
    if (at == nullptr) return (int)fail(EINVAL);
    read_timer(*at, value);
    guard_unlock();
    return 0;
}

int timer_getoverrun(timer_t id)
{
    struct timer **at = find(id);
    if (at == nullptr) return (int)fail(EINVAL);
    int overrun = (*at)->overrun;
    guard_unlock();
    return overrun;
}

int timer_settime(timer_t id, int flags, const struct itimerspec *restrict value,
                  struct itimerspec *restrict before)
{
    uint64_t deadline = 0, period;
    const struct timespec *wish = &value->it_value;
    if (!time_length(&value->it_interval, &period)) return (int)fail(EINVAL);
    struct timer **at = find(id);
    if (at == nullptr) return (int)fail(EINVAL);
    struct timer *timer = *at;
    bool is_off = wish->tv_sec == 0 && wish->tv_nsec == 0;
    bool is_absolute = (flags & TIMER_ABSTIME) != 0;
    bool is_valid =
        is_off || (is_absolute ? time_deadline_at(wish, timer->clock == CLOCK_REALTIME, &deadline)
                               : time_deadline(wish, &deadline));
    if (is_valid) {
        if (before != nullptr) read_timer(timer, before);
        timer->deadline = deadline;
        timer->period = period;
        timer->told = 0;
        timer->overrun = 0;
        pthread_cond_signal(&changed);
    }
    guard_unlock();
    return is_valid ? 0 : (int)fail(EINVAL);
}

// SPDX-License-Identifier: MIT
// Time: read from the clock page, slept for by deadlines, and SIGALRM by the process service.
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <string.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

enum : uint64_t { SECOND = 1'000'000'000, MICROSECOND = 1000, TICK = SECOND / 100 };

static uint64_t process_time(void)
{
    struct fe_process_info info = {};
    return fe_process_inspect(fe_process_self(), &info) == OK ? info.cpu_time : 0;
}

// Of the thread with this number, 0: the calling one.
static bool thread_time(uint32_t number, uint64_t *now)
{
    struct fe_thread_info info = {};
    enum status status = ERR_BAD_STATE;
    fe_handle handle;
    context_lock();
    struct thread *at = number == 0 ? thread_self() : thread_list();
    while (at != nullptr && number != 0 && at->number != number) at = at->next;
    if (at != nullptr) status = thread_handle(at, &handle);
    if (status == OK) status = fe_thread_inspect(handle, &info);
    context_unlock();
    *now = info.cpu_time;
    return status == OK;
}

// The C library's numbers for the time of a thread, or of this process, by its number.
static bool read_cpu_clock(long clock, uint64_t *now)
{
    enum : long { PROCESS = 2, THREAD = 6, KIND = 7 };
    long number = -(clock >> 3) - 1;
    if (clock >= 0) return false;
    if ((clock & KIND) == THREAD) return thread_time((uint32_t)number, now);
    *now = process_time();
    return (clock & KIND) == PROCESS && (number == 0 || number == call_getpid(nullptr));
}

static bool read_clock(long clock, uint64_t *now)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: *now = fe_clock_realtime(); return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: *now = fe_clock_monotonic(); return true;
    case CLOCK_PROCESS_CPUTIME_ID: *now = process_time(); return true;
    case CLOCK_THREAD_CPUTIME_ID: return thread_time(0, now);
    default: return read_cpu_clock(clock, now);
    }
}

struct timespec time_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
}

bool time_length(const struct timespec *time, uint64_t *ns)
{
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= (long)SECOND) return false;
    uint64_t seconds = (uint64_t)time->tv_sec;
    if (seconds > FE_FOREVER / SECOND - 1) seconds = FE_FOREVER / SECOND - 1;
    *ns = seconds * SECOND + (uint64_t)time->tv_nsec;
    return true;
}

bool time_deadline(const struct timespec *after, uint64_t *deadline)
{
    uint64_t ns;
    *deadline = FE_FOREVER;
    if (after == nullptr) return true;
    if (!time_length(after, &ns)) return false;
    *deadline = fe_clock_after(ns);
    return true;
}

bool time_deadline_at(const struct timespec *at, bool realtime, uint64_t *deadline)
{
    uint64_t ns;
    *deadline = FE_FOREVER;
    if (at == nullptr) return true;
    if (!time_length(at, &ns)) return false;
    uint64_t now = realtime ? fe_clock_realtime() : 0;
    *deadline = !realtime ? ns : fe_clock_after(ns > now ? ns - now : 0);
    return true;
}

int64_t call_clock_gettime(const int64_t *a)
{
    uint64_t now;
    if (!read_clock(a[0], &now)) return -EINVAL;
    *(struct timespec *)a[1] = time_of(now);
    return 0;
}

int64_t call_clock_getres(const int64_t *a)
{
    uint64_t now;
    if (!read_clock(a[0], &now)) return -EINVAL;
    if (a[1] != 0) *(struct timespec *)a[1] = (struct timespec){.tv_nsec = 1};
    return 0;
}

int64_t call_gettimeofday(const int64_t *a)
{
    uint64_t now = fe_clock_realtime();
    if (a[0] == 0) return 0;
    *(struct timeval *)a[0] = (struct timeval){.tv_sec = (time_t)(now / SECOND),
                                               .tv_usec = (long)(now % SECOND / MICROSECOND)};
    return 0;
}

// The time belongs to whoever holds the machine's resource; programs ask the time service instead.
int64_t call_clock_settime(const int64_t *a)
{
    fe_handle resource = fe_start_handle("resource/system");
    uint64_t ns;
    if (a[0] != CLOCK_REALTIME || !time_length((const struct timespec *)a[1], &ns)) return -EINVAL;
    if (resource == FE_NO_HANDLE) return -EPERM;
    return -fe_status_errno(fe_clock_adjust(resource, ns - fe_clock_monotonic()));
}

static long sleep_until(uint64_t deadline, struct timespec *left)
{
    long result = thread_sleep_until(deadline);
    if (result != 0 && left != nullptr) {
        uint64_t now = fe_clock_monotonic();
        *left = time_of(deadline > now ? deadline - now : 0);
    }
    return result;
}

// musl sleeps by clock_nanosleep and falls back on this one.
int64_t call_nanosleep(const int64_t *a)
{
    uint64_t deadline;
    if (!time_deadline((const struct timespec *)a[0], &deadline)) return -EINVAL;
    return sleep_until(deadline, (struct timespec *)a[1]);
}

int64_t call_clock_nanosleep(const int64_t *a)
{
    uint64_t deadline;
    const struct timespec *wish = (const struct timespec *)a[2];
    bool absolute = (a[1] & TIMER_ABSTIME) != 0;
    if (a[0] != CLOCK_REALTIME && a[0] != CLOCK_MONOTONIC && a[0] != CLOCK_BOOTTIME) return -EINVAL;
    if (!(absolute ? time_deadline_at(wish, a[0] == CLOCK_REALTIME, &deadline)
                   : time_deadline(wish, &deadline))) {
        return -EINVAL;
    }
    return sleep_until(deadline, absolute ? nullptr : (struct timespec *)a[3]);
}

// The interval timer of SIGALRM, as last set: deadline 0 when none runs.
static struct {
    uint64_t deadline, period;
} alarm_timer;

static void read_alarm(struct itimerval *value)
{
    uint64_t now = fe_clock_monotonic(), left = 0;
    if (alarm_timer.deadline != 0 && alarm_timer.period != 0 && alarm_timer.deadline <= now) {
        uint64_t late = now - alarm_timer.deadline;
        alarm_timer.deadline += (late / alarm_timer.period + 1) * alarm_timer.period;
    }
    if (alarm_timer.deadline > now) left = alarm_timer.deadline - now;
    *value = (struct itimerval){
        .it_interval.tv_sec = (time_t)(alarm_timer.period / SECOND),
        .it_interval.tv_usec = (long)(alarm_timer.period % SECOND / MICROSECOND),
        .it_value.tv_sec = (time_t)(left / SECOND),
        .it_value.tv_usec = (long)((left % SECOND + MICROSECOND - 1) / MICROSECOND),
    };
}

int64_t call_getitimer(const int64_t *a)
{
    if (a[0] != ITIMER_REAL) return -EINVAL;
    read_alarm((struct itimerval *)a[1]);
    return 0;
}

static uint64_t from_timeval(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_usec * MICROSECOND;
}

int64_t call_setitimer(const int64_t *a)
{
    if (a[0] != ITIMER_REAL) return -EINVAL;
    const struct itimerval *value = (const struct itimerval *)a[1];
    struct itimerval before;
    read_alarm(&before);
    uint64_t after = from_timeval(&value->it_value);
    uint64_t data[2] = {after == 0 ? 0 : fe_clock_after(after), from_timeval(&value->it_interval)};
    struct p9_control control = {
        .request = CONTROL_PROCESS_ALARM, .data = data, .size = sizeof data};
    long error = process_control(&control);
    if (error < 0) return error;
    alarm_timer.deadline = data[0];
    alarm_timer.period = data[1];
    if (a[2] != 0) memcpy((void *)a[2], &before, sizeof before);
    return 0;
}

int64_t call_times(const int64_t *a)
{
    if (a[0] != 0) {
        *(struct tms *)a[0] = (struct tms){.tms_utime = (clock_t)(process_time() / TICK)};
    }
    return (long)(fe_clock_monotonic() / TICK);
}

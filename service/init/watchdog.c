// SPDX-License-Identifier: MIT
// The watchdog: ends services and drivers whose loop does not come back from what it was asked, so
// that they are started again. One that is at rest is not looked at: it tells with its next message
// that it works (ferrite/watchdog.h). Then it is looked at SLICES times in the time that it may
// take, until it rests again. It hangs when no look found that it came round, and
//   - it waits, for an event or a lock; or for another service, which is given longer, for that one
//     may be what hangs;
//   - or it runs, and had the processor for half of the time: one whom more urgent ones keep from
//     it does not hang.
// Looks are counted, not time, so a machine that stood still for long ends nobody.
//
// A thread of its own, more urgent than all that it watches, which asks no service.
#include "init.h"

#include <abi/errno.h>
#include <abi/start.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/thread.h>
#include <ferrite/watchdog.h>

enum : uint32_t {
    SLICES = 4,
    TIMES_STARTING = 12, // the time that one may take which does not serve yet
    TIMES_ASKING = 4,    // ... which waits for another service
    STACK_SIZE = 16 * 1024,
};
enum : uint64_t { BIT_ADDED = 1 }; // the other bits: a thread tells, or one has ended

struct watched {
    struct watched *next;
    fe_handle process, memory, thread;
    uint64_t place;    // of its struct fe_watch in the memory
    uint64_t slice;    // ns
    uint64_t due;      // FE_FOREVER: it rests
    uint64_t cpu_time; // when it last came round
    uint64_t end;      // the bit by which the kernel tells that it has ended
    uint32_t number;   // of its thread; 0: not known
    uint32_t misses;   // looks in a row that found it where it was
    bool has_served;
};

static struct fe_lock lock; // of the list
static struct watched *list;
static fe_handle event;

static void drop(struct watched *watched)
{
    fe_handle_drop(&watched->process);
    fe_handle_drop(&watched->memory);
    fe_handle_drop(&watched->thread);
    free(watched);
}

// THREAD_DEAD when it is not known.
static uint32_t thread_state(struct watched *watched)
{
    struct fe_thread_info info;
    uint64_t id;
    if (watched->number == 0) return THREAD_DEAD;
    if (watched->thread == FE_NO_HANDLE &&
        fe_process_thread(watched->process, watched->number - 1, &watched->thread, &id) != OK)
        return THREAD_DEAD;
    return fe_thread_inspect(watched->thread, &info) == OK ? info.state : (uint32_t)THREAD_DEAD;
}

static bool runs(uint32_t state)
{
    return state == THREAD_RUNNING || state == THREAD_READY;
}

static bool asks(uint32_t state)
{
    return state == THREAD_CALLING || state == THREAD_SERVED;
}

// One more look that found it where it was.
static bool hangs(struct watched *watched, uint32_t state, uint64_t cpu_time)
{
    if (state == THREAD_PARKED || state == THREAD_NEW) return false; // somebody stopped it
    uint32_t times = !watched->has_served ? TIMES_STARTING : asks(state) ? TIMES_ASKING : 1;
    if (++watched->misses < SLICES * times) return false;
    return !runs(state) || cpu_time - watched->cpu_time >= SLICES * times * watched->slice / 2;
}

static void end(const struct watched *watched, const char *name, uint32_t state)
{
    say("%s: hangs: %s", name,
        runs(state)   ? "runs without an end"
        : asks(state) ? "waits for another service"
                      : "waits");
    if (fe_process_kill(watched->process, FE_EXIT_HUNG) != OK) say("%s: cannot be ended", name);
}

static void came_round(struct watched *watched, uint64_t cpu_time)
{
    watched->misses = 0;
    watched->cpu_time = cpu_time;
    watched->has_served = true;
}

// The word is cleared before the thread's state is asked: whatever it takes on after that, it
// tells.
static void look(struct watched *watched, const struct fe_watch *watch,
                 const struct fe_process_info *info, uint64_t now)
{
    static const uint32_t asked = 0;
    watched->due = now + watched->slice;
    if (watch->came_round != 0) {
        if (fe_memory_write(watched->memory, watched->place, &asked, sizeof asked) != OK) return;
        came_round(watched, info->cpu_time);
    }
    uint32_t state = thread_state(watched);
    if (state == THREAD_RECEIVING) {
        came_round(watched, info->cpu_time);
        watched->due = FE_FOREVER;
    } else if (watch->came_round == 0 && hangs(watched, state, info->cpu_time)) {
        end(watched, info->name, state);
        watched->due = FE_FOREVER;
    }
}

// What the bits say, and what is due. False: it has ended. Several have the same bits, where there
// are many: those are looked at in vain.
static bool attend(struct watched *watched, uint64_t bits, uint64_t now)
{
    uint64_t own = watched->end | (watched->number ? fe_watchdog_bit(watched->number) : UINT64_MAX);
    bool is_due = watched->due <= now;
    if (!is_due && (bits & own) == 0) return true;
    struct fe_process_info info;
    struct fe_watch watch;
    if (fe_process_inspect(watched->process, &info) != OK || info.state == PROCESS_DEAD)
        return false;
    if (fe_memory_read(watched->memory, watched->place, &watch, sizeof watch) != OK) return false;
    if (watch.thread != watched->number) fe_handle_drop(&watched->thread);
    watched->number = watch.thread;
    if (is_due) {
        look(watched, &watch, &info, now);
    } else if (watched->due == FE_FOREVER && watch.came_round != 0) {
        watched->due = now + watched->slice;
        watched->cpu_time = info.cpu_time;
    }
    return true;
}

// Gives the time of the next look.
static uint64_t attend_all(uint64_t bits)
{
    uint64_t now = fe_clock_monotonic(), next = FE_FOREVER;
    fe_lock_take(&lock);
    for (struct watched **at = &list; *at;) {
        struct watched *watched = *at;
        if (!attend(watched, bits, now)) {
            *at = watched->next;
            drop(watched);
            continue;
        }
        if (watched->due < next) next = watched->due;
        at = &watched->next;
    }
    fe_lock_release(&lock);
    return next;
}

static void watchdog_run(void *argument)
{
    uint64_t next = FE_FOREVER;
    for (;;) {
        uint64_t bits = 0;
        if (fe_event_wait(event, UINT64_MAX, next, &bits) != OK) bits = 0;
        next = attend_all(bits);
    }
}

// The event to be given to one that is watched; FE_NO_HANDLE: there is none. With the first of them
// the thread starts.
fe_handle watchdog_event(void)
{
    static fe_handle lent;
    fe_handle thread;
    if (lent != FE_NO_HANDLE) return lent;
    if (event == FE_NO_HANDLE && fe_event_create(&event) != OK) return FE_NO_HANDLE;
    uint32_t rights = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_EVENT_SIGNAL;
    if (fe_thread_spawn(watchdog_run, nullptr, STACK_SIZE, PRIORITY_COUNT - 1, &thread) != OK ||
        fe_handle_duplicate(event, rights, &lent) != OK)
        say("no watchdog");
    return lent;
}

int watchdog_add(fe_handle process, fe_handle memory, uint64_t place, uint64_t time)
{
    static uint32_t count; // the serving thread's alone
    uint64_t end_bit = fe_watchdog_bit(count++);
    struct watched *watched = calloc(1, sizeof *watched);
    if (watched == nullptr || fe_process_watch(process, event, end_bit) != OK) {
        free(watched);
        fe_handle_drop(&process);
        fe_handle_drop(&memory);
        return -ENOMEM;
    }
    *watched = (struct watched){.process = process,
                                .memory = memory,
                                .place = place,
                                .slice = time / SLICES,
                                .end = end_bit,
                                .due = fe_clock_after(time / SLICES)};
    fe_lock_take(&lock);
    watched->next = list;
    list = watched;
    fe_lock_release(&lock);
    return fe_event_signal(event, BIT_ADDED) == OK ? 0 : -EIO;
}

int watchdog_inject(fe_handle process, enum watch_fault fault)
{
    struct fe_process_info info, other;
    if (process == FE_NO_HANDLE || fe_process_inspect(process, &info) != OK) return -ESRCH;
    int result = -EOPNOTSUPP;
    fe_lock_take(&lock);
    for (struct watched *watched = list; watched; watched = watched->next) {
        if (fe_process_inspect(watched->process, &other) != OK || other.id != info.id) continue;
        enum status status = fe_watchdog_inject(watched->memory, watched->place, fault);
        result = status == OK ? 0 : -EIO;
    }
    fe_lock_release(&lock);
    return result;
}

// A driver's, by the device manager: data: u64 place, u64 ns; handles: its process, its stack.
int watchdog_request(struct p9_request *request)
{
    uint64_t numbers[2];
    fe_handle process = p9_take_handle(request, 0), memory = p9_take_handle(request, 1);
    bool is_good = request->size == sizeof numbers && memory != FE_NO_HANDLE &&
                   watchdog_event() != FE_NO_HANDLE;
    if (is_good) {
        memcpy(numbers, request->data, sizeof numbers);
        is_good = numbers[1] >= UNIT_WATCHDOG_LEAST * 1'000'000ull;
    }
    if (is_good) return watchdog_add(process, memory, numbers[0], numbers[1]);
    fe_handle_drop(&process);
    fe_handle_drop(&memory);
    return -EINVAL;
}

// SPDX-License-Identifier: MIT
// Polls that wait take no worker: one thread waits for all of them by one event, of whose bits each
// fid has one (shared when there are more fids than bits). A server remembers one wish for each
// event and open file, so the polls of a fid are asked for together.
#include "exportfs.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <thread/thread.h>

enum : uint32_t { POLLS_MOST = 1024, BITS = 63, ALWAYS = READY_ERROR | READY_HANGUP };

struct wait {
    struct wait *next;
    struct fid *fid; // with a reference
    uint32_t events;
    uint16_t tag;
};

// `asking` is taken first, and kept while a server is asked, so that the last wish is the whole
// one.
static struct fe_lock asking, lock;
static struct wait *waits;
static uint32_t count;
static fe_handle event;

static uint64_t bit_of(const struct fid *fid)
{
    return UINT64_C(1) << fid->number % BITS;
}

static void wait_free(struct wait *wait)
{
    fid_put(wait->fid);
    free(wait);
}

// Which of those that wait.
struct choice {
    const struct fid *fid; // nullptr: of any
    uint32_t ready;        // who wants one of these
    int tag;               // -1: any
};

static bool is_chosen(const struct wait *wait, const struct choice *choice)
{
    return (choice->fid == nullptr || wait->fid == choice->fid) &&
           (choice->tag < 0 || wait->tag == choice->tag) &&
           (choice->ready & (wait->events | ALWAYS)) != 0;
}

// They are out of the list then.
static struct wait *take(const struct choice *choice)
{
    struct wait *taken = nullptr;
    fe_lock_take(&lock);
    for (struct wait **at = &waits; *at;) {
        struct wait *wait = *at;
        if (!is_chosen(wait, choice)) {
            at = &wait->next;
            continue;
        }
        *at = wait->next;
        wait->next = taken;
        taken = wait;
        count--;
    }
    fe_lock_release(&lock);
    return taken;
}

// `result`: what is ready, or a negative errno.
static void answer(struct wait *list, int result)
{
    for (struct wait *next; list; list = next) {
        struct wire_message reply = {.type = WIRE_POLL + 1, .tag = list->tag};
        next = list->next;
        if (result < 0) reply.type = WIRE_ERROR_REPLY;
        reply.number[0] =
            result < 0 ? (uint32_t)-result : (uint32_t)result & (list->events | ALWAYS);
        send_small(&reply);
        wait_free(list);
    }
}

static uint32_t wanted_of(const struct fid *fid)
{
    uint32_t wanted = 0;
    fe_lock_take(&lock);
    for (const struct wait *wait = waits; wait; wait = wait->next)
        wanted |= wait->fid == fid ? wait->events | READY_ERROR : 0;
    fe_lock_release(&lock);
    return wanted;
}

// Answers what can be answered of a fid's polls, and asks to be told for the rest.
static void ask(struct fid *fid)
{
    fe_lock_take(&asking);
    for (uint32_t wanted; (wanted = wanted_of(fid)) != 0;) {
        int ready = p9_poll(fid->file, wanted, event, bit_of(fid));
        if (ready > 0) ready &= (int)(wanted | ALWAYS);
        if (ready == 0) break;
        struct choice choice = {
            .fid = fid, .tag = -1, .ready = ready < 0 ? UINT32_MAX : (uint32_t)ready};
        answer(take(&choice), ready);
    }
    fe_lock_release(&asking);
}

// One whose bit came, of those that come after `last` in the order of their numbers.
static struct fid *due(uint64_t bits, int64_t last)
{
    struct fid *first = nullptr;
    fe_lock_take(&lock);
    for (const struct wait *wait = waits; wait; wait = wait->next) {
        bool is_due = (bits & bit_of(wait->fid)) != 0 && wait->fid->number > last;
        if (is_due && (first == nullptr || wait->fid->number < first->number)) first = wait->fid;
    }
    if (first) fid_hold(first);
    fe_lock_release(&lock);
    return first;
}

static void *watch(void *argument)
{
    for (;;) {
        uint64_t bits = 0;
        if (fe_event_wait(event, UINT64_MAX, FE_FOREVER, &bits) != OK) continue;
        struct fid *fid;
        for (int64_t last = -1; (fid = due(bits, last)) != nullptr;) {
            last = fid->number;
            ask(fid);
            fid_put(fid);
        }
    }
}

// With the lock.
static int prepare(void)
{
    if (event != FE_NO_HANDLE) return 0;
    enum status status = fe_event_create(&event);
    if (status != OK) return -fe_status_errno(status);
    if (thread_run(watch, nullptr)) return 0;
    fe_handle_drop(&event);
    return -EAGAIN;
}

static int add(struct fid *fid, uint32_t events, uint16_t tag)
{
    struct wait *wait = malloc(sizeof *wait);
    if (wait == nullptr) return -ENOMEM;
    *wait = (struct wait){.fid = fid, .events = events, .tag = tag};
    fe_lock_take(&lock);
    int result = count == POLLS_MOST ? -EAGAIN : prepare();
    if (result == 0) {
        fid_hold(fid);
        wait->next = waits;
        waits = wait;
        count++;
    }
    fe_lock_release(&lock);
    if (result != 0) free(wait);
    return result;
}

int export_poll(struct worker *worker, struct fid *fid)
{
    const uint64_t *number = worker->request.number;
    uint32_t events = (uint32_t)number[1] & (READY_READ | READY_PRIORITY | READY_WRITE);
    if (fid->file == nullptr) return -EBADF;
    int result = number[2] != 0 ? add(fid, events, worker->tag)
                                : p9_poll(fid->file, events, FE_NO_HANDLE, 0);
    if (result < 0) return result;
    worker->reply.number[0] = (uint32_t)result;
    if (number[2] == 0) return 0;
    ask(fid);
    return SERVE_LATER;
}

static void forget(const struct choice *choice)
{
    for (struct wait *next, *list = take(choice); list; list = next) {
        next = list->next;
        wait_free(list);
    }
}

void polls_flush(uint16_t tag)
{
    forget(&(struct choice){.tag = tag, .ready = UINT32_MAX});
}

void polls_end(const struct fid *fid)
{
    struct choice choice = {.fid = fid, .tag = -1, .ready = UINT32_MAX};
    answer(take(&choice), -EBADF);
}

void polls_clear(void)
{
    forget(&(struct choice){.tag = -1, .ready = UINT32_MAX});
}

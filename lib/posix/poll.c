// SPDX-License-Identifier: MIT
// poll and select: one event for each thread, and a bit of it for each descriptor (shared when
// there are more than bits). First everybody is only asked; when nobody is ready, everybody is
// asked again with the event, and the thread waits for it. A bit that comes back means: ask those
// of that bit again. A file that became ready between the two questions answers the second one at
// once, so nothing is lost.
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "file.h"
#include "signals.h"
#include "socket.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/status.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

enum : uint32_t { BITS = 63 };

static uint64_t bit_of(size_t index)
{
    return UINT64_C(1) << (index % BITS);
}

// What of `wanted` is ready, and asks for the event when nothing is. Whether a file waits, its
// server knows: those of conversations are no devices, and do.
static uint32_t ask(struct pollfd *entry, fe_handle event, uint64_t bit)
{
    if (entry->fd < 0) return 0;
    struct file *file = file_hold(entry->fd);
    if (file == nullptr) return POLLNVAL;
    uint32_t wanted = (uint32_t)(uint16_t)entry->events & (POLLIN | POLLPRI | POLLOUT);
    if (entry->events & (POLLRDNORM | POLLRDBAND)) wanted |= POLLIN;
    if (entry->events & POLLWRNORM) wanted |= POLLOUT;
    int ready = file->socket != nullptr ? socket_poll(file, wanted, event, bit)
                                        : p9_poll(file->p9, wanted, event, bit);
    file_put(file);
    if (ready < 0) return POLLERR;
    uint32_t result = (uint32_t)ready & (wanted | POLLERR | POLLHUP);
    if (result & POLLIN) result |= (uint32_t)entry->events & (POLLRDNORM | POLLRDBAND);
    if (result & POLLOUT) result |= (uint32_t)entry->events & POLLWRNORM;
    return result & ((uint32_t)(uint16_t)entry->events | POLLERR | POLLHUP);
}

// Asks those whose bit is in `which`; the number of entries that are ready in all.
static long ask_all(struct pollfd *entries, size_t count, fe_handle event, uint64_t which)
{
    long ready = 0;
    for (size_t i = 0; i < count; i++) {
        if (which & bit_of(i)) {
            // Once somebody is ready nobody needs the event any more.
            entries[i].revents =
                (short)ask(&entries[i], ready == 0 ? event : FE_NO_HANDLE, bit_of(i));
        }
        ready += entries[i].revents != 0;
    }
    return ready;
}

static long wait_for(struct pollfd *entries, size_t count, uint64_t deadline)
{
    long ready = ask_all(entries, count, FE_NO_HANDLE, UINT64_MAX);
    if (ready != 0 || deadline == 0) return ready;
    struct thread *thread = thread_self();
    fe_handle event;
    enum status status = thread_event(thread, &event);
    if (status != OK) return -fe_status_errno(status);
    uint64_t which = UINT64_MAX;
    for (;;) {
        ready = ask_all(entries, count, event, which);
        if (ready != 0) return ready;
        if (signal_deliverable(thread) != 0) return RESTART_UNLESS_HANDLED;
        status = fe_event_wait(event, UINT64_MAX, deadline, &which);
        if (status == ERR_TIMED_OUT) return 0;
        if (status == ERR_INTERRUPTED) {
            if (signal_ended_wait(thread)) return RESTART_UNLESS_HANDLED;
            which = 0;
        } else if (status != OK) {
            return -fe_status_errno(status);
        }
    }
}

// The mask for the time of the wait; handlers run with it, and the old one comes back after them.
static void set_mask(const uint64_t *mask)
{
    if (mask == nullptr) return;
    struct thread *thread = thread_self();
    if (!thread->restores) thread->restored = thread->blocked;
    thread->restores = true;
    signal_set_blocked(thread, *mask);
}

static bool deadline_of(const struct timespec *timeout, uint64_t *deadline)
{
    if (!time_deadline(timeout, deadline)) return false;
    if (timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_nsec == 0) *deadline = 0;
    return true;
}

int64_t call_ppoll(const int64_t *a)
{
    uint64_t deadline;
    if (a[1] < 0 || a[1] > DESCRIPTOR_LIMIT) return -EINVAL;
    if (!deadline_of((const struct timespec *)a[2], &deadline)) return -EINVAL;
    set_mask((const uint64_t *)a[3]);
    return wait_for((struct pollfd *)a[0], (size_t)a[1], deadline);
}

// --- select ---

struct sets {
    fd_set *read, *write, *except;
};

static bool is_member(const fd_set *set, int number)
{
    return set != nullptr && FD_ISSET(number, set);
}

static size_t to_entries(const struct sets *sets, int limit, struct pollfd *entries)
{
    size_t count = 0;
    for (int i = 0; i < limit; i++) {
        short events = (short)((is_member(sets->read, i) ? POLLIN : 0) |
                               (is_member(sets->write, i) ? POLLOUT : 0) |
                               (is_member(sets->except, i) ? POLLPRI : 0));
        if (events != 0) entries[count++] = (struct pollfd){.fd = i, .events = events};
    }
    return count;
}

static long keep_if(fd_set *set, int number, bool ready)
{
    if (!is_member(set, number)) return 0;
    if (!ready) FD_CLR(number, set);
    return ready;
}

static long from_entries(const struct sets *sets, const struct pollfd *entries, size_t count)
{
    long total = 0;
    for (size_t i = 0; i < count; i++) {
        short got = entries[i].revents;
        if (got & POLLNVAL) return -EBADF;
        total += keep_if(sets->read, entries[i].fd, (got & (POLLIN | POLLHUP | POLLERR)) != 0);
        total += keep_if(sets->write, entries[i].fd, (got & (POLLOUT | POLLERR)) != 0);
        total += keep_if(sets->except, entries[i].fd, (got & POLLPRI) != 0);
    }
    return total;
}

int64_t call_pselect(const int64_t *a)
{
    struct pollfd entries[FD_SETSIZE];
    struct sets sets = {(fd_set *)a[1], (fd_set *)a[2], (fd_set *)a[3]};
    const struct {
        const uint64_t *mask;
        size_t size;
    } *signals = (const void *)a[5];
    uint64_t deadline;
    if (a[0] < 0 || a[0] > FD_SETSIZE) return -EINVAL;
    if (!deadline_of((const struct timespec *)a[4], &deadline)) return -EINVAL;
    size_t count = to_entries(&sets, (int)a[0], entries);
    if (signals != nullptr) set_mask(signals->mask);
    long ready = wait_for(entries, count, deadline);
    return ready < 0 ? ready : from_entries(&sets, entries, count);
}

// SPDX-License-Identifier: MIT
// What the client sends, read ahead as far as it is there. A frame that has begun must be whole in
// time, and so must be the attach: who sends nothing, or a byte now and then, is hung up on.
#include "exportfs.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum : uint64_t { SECOND = 1'000'000'000, MILLISECOND = 1'000'000 }; // ns

static uint8_t ahead[4096];
static size_t at, end;
static uint64_t deadline, attach_deadline; // ns on the monotonic clock; UINT64_MAX: none
static bool is_begun;                      // a frame is

static bool is_attached(void)
{
    return __atomic_load_n(&export.is_attached, __ATOMIC_RELAXED);
}

static uint64_t patience_end(void)
{
    return fe_clock_after(export.patience * SECOND);
}

// The attach may have been served while the next frame is waited for.
static bool is_late(void)
{
    if (fe_clock_monotonic() < deadline) return false;
    if (attach_deadline == UINT64_MAX || !is_attached()) return true;
    attach_deadline = UINT64_MAX;
    deadline = is_begun ? patience_end() : UINT64_MAX;
    return false;
}

static bool has_come(void)
{
    struct pollfd in = {.fd = export.in, .events = POLLIN};
    int ready = 0;
    while (deadline != UINT64_MAX && ready <= 0) {
        uint64_t now = fe_clock_monotonic();
        uint64_t left = now < deadline ? (deadline - now) / MILLISECOND + 1 : 0;
        ready = poll(&in, 1, (int)left);
        if (ready > 0 || !is_late()) continue;
        char peer[PEER_NAME];
        peer_name(export.in, peer);
        fprintf(stderr, "exportfs: %s: no whole request in %u s, hung up\n", peer, export.patience);
        return false;
    }
    return true;
}

// Waits for bytes, and reads those that are there; their number, 0: none will come.
static size_t more(void *to, size_t size)
{
    ssize_t count;
    if (!has_come()) return 0;
    do {
        count = read(export.in, to, size);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? 0 : (size_t)count;
}

bool input_begin(void)
{
    if (attach_deadline == 0) attach_deadline = patience_end();
    if (is_attached()) attach_deadline = UINT64_MAX;
    deadline = attach_deadline;
    is_begun = false;
    if (at == end) {
        at = 0;
        end = more(ahead, sizeof ahead);
    }
    uint64_t own = patience_end();
    deadline = own < attach_deadline ? own : attach_deadline;
    is_begun = true;
    return at < end;
}

bool input_take(void *to, size_t size)
{
    uint8_t *place = to;
    while (size != 0) {
        size_t part = end - at < size ? end - at : size;
        if (part != 0) {
            memcpy(place, ahead + at, part);
            at += part;
        } else if (size >= sizeof ahead) {
            part = more(place, size);
        } else {
            at = 0;
            end = more(ahead, sizeof ahead);
            if (end == 0) return false;
        }
        if (part == 0 && at == end) return false;
        place += part;
        size -= part;
    }
    return true;
}

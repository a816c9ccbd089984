// SPDX-License-Identifier: MIT
// Events. A signal goes to the waiters first, the most urgent first, each taking the bits it waits
// for; what is left over stays, or is taken by the channel that the event is bound to.
#include "kernel/object/event.h"
#include "kernel/log.h"
#include "kernel/memory/progress.h"
#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/wait.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

enum : uint32_t { WAKE_STEP = 4 }; // threads woken at once

static void event_destroy(struct object *object)
{
    struct event *event = (struct event *)object;
    ASSERT(event->waiter_count == 0 && event->channel == nullptr);
    timer_disarm(&event->timer);
    timer_disarm(&event->crowd);
    object_free(object);
}

const struct object_operations event_operations = {
    .name = "event",
    .size = sizeof(struct event),
    .destroy = event_destroy,
};

// Arms the next beat after now.
static void beat(struct event *event)
{
    ASSERT(event->timer_period >= EVENT_PERIOD_MIN);
    uint64_t due = event->timer.node.key, now = clock_now();
    uint64_t missed = now > due ? (now - due) / event->timer_period : 0;
    event->timer_rests = false;
    timer_arm(&event->timer, due + (missed + 1) * event->timer_period);
}

// Periods that passed unseen are one signal, so the timer rests while its last signal has not been
// taken: periods cost time only to those who look at them.
static void event_timer(struct timer *timer)
{
    struct event *event = CONTAINER(timer, struct event, timer);
    event_signal(event, event->timer_bits);
    if (event->timer_period == 0) return;
    event->timer_rests = (event->bits & event->timer_bits) == event->timer_bits;
    if (!event->timer_rests) beat(event);
}

// Takes the bits of `mask` that are set.
static uint64_t take(struct event *event, uint64_t mask)
{
    uint64_t taken = event->bits & mask;
    event->bits &= ~taken;
    if (event->timer_rests && (taken & event->timer_bits) != 0) beat(event);
    return taken;
}

enum status event_find(uint32_t handle, struct event **event)
{
    struct object *object;
    TRY(handle_find(handle, OBJECT_EVENT, RIGHT_EVENT_SIGNAL, &object));
    *event = (struct event *)object;
    return OK;
}

void event_leave(struct event *event, struct thread *thread)
{
    tree_take(&event->waiters, &thread->node);
    event->waiter_count--;
    object_put(&event->object);
}

static void wake(struct event *event, struct thread *thread, uint64_t bits)
{
    event->bits &= ~bits;
    thread->frame.reg[1] = bits;
    event_leave(event, thread);
    wait_end(thread, OK);
}

// Wakes up to `most` of those who wait for what is set; false: there may be more.
static bool wake_some(struct event *event, uint32_t most)
{
    struct tree_node *node = event->waiters.first;
    while (node != nullptr && event->bits != 0) {
        struct thread *thread = CONTAINER(node, struct thread, node);
        node = tree_next(node);
        uint64_t taken = event->bits & thread->wait_mask;
        if (taken == 0) continue;
        if (most-- == 0) return false;
        wake(event, thread, taken);
    }
    return true;
}

// Whom a signal does not wake at once it wakes by a timer that is due already: those who are more
// urgent than the rest run in between.
void event_signal(struct event *event, uint64_t bits)
{
    event->bits |= bits;
    if (!wake_some(event, WAKE_STEP)) {
        timer_arm(&event->crowd, clock_now());
        return;
    }
    if (event->channel != nullptr && (event->bits & event->channel_mask) != 0) {
        channel_notify(event->channel);
    }
}

static void event_crowd(struct timer *timer)
{
    event_signal(CONTAINER(timer, struct event, crowd), 0);
}

enum status event_create(struct process *owner, struct event **event)
{
    TRY(object_create(OBJECT_EVENT, owner, event));
    (*event)->timer.fire = event_timer;
    (*event)->crowd.fire = event_crowd;
    return OK;
}

uint64_t event_take(struct event *event)
{
    return take(event, event->channel_mask);
}

enum status sys_event_create(fe_handle *handle)
{
    struct process *process = process_current();
    TRY(handle_reserve(process, 1));
    struct event *event;
    TRY(event_create(process, &event));
    *handle = handle_insert(process, &event->object, RIGHT_ALL);
    object_put(&event->object);
    return OK;
}

// Many may wait: they are woken a few at a time, and the bits are set once only.
[[gnu::noinline]] static enum status signal_crowd(struct event *event, uint64_t bits)
{
    struct progress *progress =
        progress_get((const void *)sys_event_signal, (uint64_t[3]){event->object.id, bits}, 0);
    if (progress->position++ == 0) event->bits |= bits;
    while (!wake_some(event, WAKE_STEP)) {
        if (progress_should_stop()) return CALL_RESTART;
    }
    event_signal(event, 0); // to the channel, if it is bound to one
    progress_end(progress);
    return OK;
}

enum status sys_event_signal(struct event *event, uint64_t bits)
{
    if (event->waiter_count > WAKE_STEP || thread_current()->progress.call != nullptr)
        return signal_crowd(event, bits);
    event_signal(event, bits);
    return OK;
}

enum status sys_event_wait(struct event *event, uint64_t mask, uint64_t deadline, uint64_t *bits)
{
    if (mask == 0) return ERR_BAD_ARGUMENT;
    uint64_t taken = take(event, mask);
    if (taken != 0) {
        *bits = taken;
        return OK;
    }
    struct thread *thread = thread_current();
    if (event->waiter_count >= EVENT_WAITERS_MAX) return ERR_BUSY;
    TRY(wait_check(thread, deadline));
    object_get(&event->object);
    event->waiter_count++;
    thread->wait_mask = mask;
    thread->wait_event = event;
    wait_begin(thread, THREAD_WATCHING, &event->waiters, deadline);
    return CALL_DEFERRED;
}

enum status sys_event_arm(struct event *event, uint64_t bits, uint64_t deadline, uint64_t period)
{
    event->timer_rests = false;
    if (deadline == FE_FOREVER) {
        timer_disarm(&event->timer);
        return OK;
    }
    if (bits == 0 || (period != 0 && period < EVENT_PERIOD_MIN)) return ERR_BAD_ARGUMENT;
    event->timer_bits = bits;
    event->timer_period = period;
    timer_arm(&event->timer, deadline);
    return OK;
}

// SPDX-License-Identifier: MIT
// Events. A signal goes to the waiters first, the most urgent first, each taking the bits it waits
// for; what is left over stays, or is taken by the channel that the event is bound to. Any number
// may wait: a few are looked at at once, the rest on the way out (kernel/schedule/later.h).
#include "kernel/object/event.h"
#include "kernel/log.h"
#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

static void event_destroy(struct object *object)
{
    struct event *event = (struct event *)object;
    ASSERT(tree_is_empty(&event->waiters) && event->channel == nullptr);
    timer_disarm(&event->timer);
    later_drop(&event->rest);
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
    object_get(&event->object); // a waiter's reference may have been the last
    event_raise(event, event->timer_bits);
    if (event->timer_period != 0) {
        event->timer_rests = (event->bits & event->timer_bits) == event->timer_bits;
        if (!event->timer_rests) beat(event);
    }
    object_put(&event->object);
}

// Takes the bits of `mask` that are set.
static inline uint64_t take(struct event *event, uint64_t mask)
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
    if (event->next == &thread->node) event->next = tree_next(&thread->node);
    tree_take(&event->waiters, &thread->node);
    object_put(&event->object);
}

static inline void wake(struct event *event, struct thread *thread, uint64_t taken,
                        wait_ready *ready)
{
    thread->frame.reg[1] = taken;
    event_leave(event, thread);
    wait_finish(thread, OK);
    ready(thread);
}

// Of a section; and of these so many are woken.
enum : uint32_t { LOOKS = 16, WAKES = 3 };

// Looks at some of the waiters from event->next on, the most urgent first; false: there are more.
// The caller has a reference.
static inline bool give_some(struct event *event, wait_ready *ready)
{
    uint32_t woken = 0;
    for (uint32_t i = 0; event->next != nullptr && event->bits != 0; i++) {
        if (i == LOOKS || woken == WAKES) return false;
        struct thread *thread = CONTAINER(event->next, struct thread, node);
        event->next = tree_next(event->next);
        uint64_t taken = take(event, thread->wait_mask);
        if (taken == 0) continue;
        wake(event, thread, taken, ready);
        woken++;
    }
    event->next = nullptr;
    return true;
}

// To the waiters, then to the channel.
static inline void give(struct event *event, wait_ready *ready)
{
    if (event->next != nullptr && !give_some(event, ready)) {
        later_put(&event->rest, event->next->key);
        return;
    }
    if (event->channel != nullptr && (event->bits & event->channel_mask) != 0)
        channel_notify(event->channel);
}

static void give_rest(struct later *later)
{
    struct event *event = CONTAINER(later, struct event, rest);
    object_get(&event->object);
    give(event, schedule_ready);
    object_put(&event->object);
}

// Those who did not want what there was may want what comes.
static inline void add(struct event *event, uint64_t bits)
{
    event->bits |= bits;
    event->next = event->waiters.first;
    later_drop(&event->rest);
}

void event_signal(struct event *event, uint64_t bits)
{
    add(event, bits);
    give(event, schedule_ready);
}

// Most often one thread waits, for just this.
void event_raise(struct event *event, uint64_t bits)
{
    struct tree_node *node = event->waiters.root;
    if (node != nullptr && node->height == 1 && event->channel == nullptr) {
        struct thread *thread = CONTAINER(node, struct thread, node);
        event->bits |= bits;
        event->next = nullptr;
        uint64_t taken = take(event, thread->wait_mask);
        if (taken != 0) wake(event, thread, taken, schedule_wake);
        return;
    }
    add(event, bits);
    give(event, schedule_wake);
}

void event_reorder(struct event *event, struct thread *thread)
{
    tree_take(&event->waiters, &thread->node);
    tree_add(&event->waiters, &thread->node, thread->urgency);
    if (event->next == nullptr) return;
    event->next = event->waiters.first; // it may have gone past
    later_put(&event->rest, event->next->key);
}

enum status event_create(struct process *owner, struct event **event)
{
    TRY(object_create(OBJECT_EVENT, owner, event));
    (*event)->timer.fire = event_timer;
    (*event)->rest.step = give_rest;
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

enum status sys_event_signal(struct event *event, uint64_t bits)
{
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
    TRY(wait_check(thread, deadline));
    object_get(&event->object);
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
    timer_arm_as(&event->timer, deadline, urgency_priority(thread_current()->urgency));
    return OK;
}

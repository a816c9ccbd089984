// SPDX-License-Identifier: MIT
// Waiting: one state, one place and one timer per thread. Whoever ends a wait writes the results
// into the thread's registers; it then looks to the thread as if its call had just returned.
#include "kernel/object/wait.h"
#include "kernel/log.h"
#include "kernel/object/channel.h"
#include "kernel/object/event.h"
#include "kernel/object/futex.h"
#include "kernel/object/mutex.h"
#include "kernel/schedule/schedule.h"

static void wait_timer(struct timer *timer)
{
    struct thread *thread = CONTAINER(timer, struct thread, timeout);
    wait_abandon(thread);
    wait_finish(thread, ERR_TIMED_OUT);
    schedule_wake(thread);
}

void wait_init(struct thread *thread)
{
    thread->timeout.fire = wait_timer;
}

enum status wait_check(struct thread *thread, uint64_t deadline)
{
    if (wait_is_interrupted(thread) && deadline != FE_UNINTERRUPTED) {
        thread->interrupted = thread->kept = false;
        return ERR_INTERRUPTED;
    }
    if (deadline < FE_UNINTERRUPTED && deadline <= clock_now()) return ERR_TIMED_OUT;
    return OK;
}

void wait_arm(struct thread *thread, uint64_t deadline)
{
    thread->uninterrupted = deadline == FE_UNINTERRUPTED;
    if (deadline < FE_UNINTERRUPTED)
        timer_arm_as(&thread->timeout, deadline, urgency_priority(thread->urgency));
}

void wait_begin(struct thread *thread, enum thread_state state, struct tree *queue,
                uint64_t deadline)
{
    wait_arm(thread, deadline);
    tree_add(queue, &thread->node, thread->urgency);
    schedule_block(state);
}

void wait_finish(struct thread *thread, enum status status)
{
    if (timer_is_armed(&thread->timeout)) timer_disarm(&thread->timeout);
    thread->uninterrupted = false;
    thread->frame.reg[0] = (uint64_t)(int64_t)status;
}

void wait_end(struct thread *thread, enum status status)
{
    wait_finish(thread, status);
    schedule_ready(thread);
}

void wait_abandon(struct thread *thread)
{
    if (timer_is_armed(&thread->timeout)) timer_disarm(&thread->timeout);
    switch (thread->state) {
    case THREAD_CALLING: channel_uncall(thread); break;
    case THREAD_SERVED: channel_give_up(thread); break;
    case THREAD_RECEIVING: channel_leave(thread); break;
    case THREAD_WATCHING: event_leave(thread->wait_event, thread); break;
    case THREAD_RESTING: break;
    case THREAD_LOCKING: mutex_leave(thread); break;
    case THREAD_FUTEX: futex_leave(thread); break;
    case THREAD_FUTEX_SHARED: futex_leave_shared(thread); break;
    default: panic("thread %lu does not wait", (unsigned long)thread->object.id);
    }
}

// A call that a server has received is the server's to end, because it may be done already: it is
// told, and its answer ends the wait.
void wait_interrupt(struct thread *thread)
{
    if (thread->state == THREAD_SERVED) {
        channel_tell_cancelled(thread);
    } else {
        wait_break(thread, ERR_INTERRUPTED);
    }
}

void wait_break(struct thread *thread, enum status status)
{
    wait_abandon(thread);
    wait_end(thread, status);
}

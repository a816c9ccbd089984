// SPDX-License-Identifier: MIT
// How a thread waits, whatever for: the checks before, the place in a queue and the deadline while,
// and the end. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"

// Whether an interrupt is to end the next interruptible wait at once.
static inline bool wait_is_interrupted(const struct thread *thread)
{
    return thread->kept || (thread->interrupted && thread->upcall_entry == 0);
}

// Whether `thread`, the current one, may begin a wait until `deadline`: ERR_TIMED_OUT,
// ERR_INTERRUPTED.
enum status wait_check(struct thread *thread, uint64_t deadline);

// The current thread stops in `state`, its node in `queue` by urgency.
void wait_begin(struct thread *thread, enum thread_state state, struct tree *queue,
                uint64_t deadline);

// The deadline of a wait that is about to begin or goes on in another state.
void wait_arm(struct thread *thread, uint64_t deadline);

// `thread`, already out of its queue, is to be made ready by the caller; its call returns `status`.
typedef void wait_ready(struct thread *thread);
void wait_finish(struct thread *thread, enum status status);

// The same, and it may run again.
void wait_end(struct thread *thread, enum status status);

// Takes a waiting thread out of whatever it waits for, and ends the wait.
void wait_break(struct thread *thread, enum status status);

// Ends an interruptible wait, or asks the server to end it.
void wait_interrupt(struct thread *thread);

// The same as wait_break without letting it run again: for a thread that dies.
void wait_abandon(struct thread *thread);

void wait_init(struct thread *thread);

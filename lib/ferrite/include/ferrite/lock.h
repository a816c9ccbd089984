// SPDX-License-Identifier: MIT
// Locks and conditions between threads of one process: no system call when uncontended. While a
// thread waits for a lock, the one that has it is at least as urgent. All zero is unlocked. Not
// recursive; not for signal upcalls.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct fe_lock {
    uint32_t word; // LOCK_* of abi/object.h
};

uint32_t fe_thread_number(void); // <ferrite/thread.h>

static inline bool fe_lock_change(struct fe_lock *lock, uint32_t from, uint32_t to, int order)
{
    return __atomic_compare_exchange_n(&lock->word, &from, to, false, order, __ATOMIC_RELAXED);
}

static inline bool fe_lock_try(struct fe_lock *lock)
{
    return fe_lock_change(lock, 0, fe_thread_number(), __ATOMIC_ACQUIRE);
}

void fe_lock_wait(struct fe_lock *lock); // the rest of taking one that is held
void fe_lock_pass(struct fe_lock *lock); // ... and of releasing one that others wait for

// Waits for the lock. When its last owner died with it, it is taken over as it is.
static inline void fe_lock_take(struct fe_lock *lock)
{
    if (!fe_lock_try(lock)) fe_lock_wait(lock);
}

static inline void fe_lock_release(struct fe_lock *lock)
{
    if (!fe_lock_change(lock, fe_thread_number(), 0, __ATOMIC_RELEASE)) fe_lock_pass(lock);
}

// The caller has the lock after OK and ERR_OWNER_DEAD; the latter says that an owner died with it:
// whoever has mended what the lock guards calls fe_lock_mend, otherwise the next is told as well.
// ERR_TIMED_OUT: `deadline` (ns on the monotonic clock) has passed. ERR_DEADLOCK: it is the
// caller's already.
enum status fe_lock_take_until(struct fe_lock *lock, uint64_t deadline);
void fe_lock_mend(struct fe_lock *lock);

// What is waited for with a lock. All zero is one that nobody waits for.
struct fe_condition {
    uint32_t sequence;
};

// Gives up `lock`, waits until it is signalled and takes the lock again, without waking up in
// between when somebody else has it. May return without a signal. Of the status of
// fe_lock_take_until, all but ERR_DEADLOCK; after ERR_TIMED_OUT the caller has the lock as well.
enum status fe_condition_wait(struct fe_condition *condition, struct fe_lock *lock,
                              uint64_t deadline);

// Lets one, or all, of those who wait with `lock` go on.
void fe_condition_signal(struct fe_condition *condition, struct fe_lock *lock);
void fe_condition_broadcast(struct fe_condition *condition, struct fe_lock *lock);

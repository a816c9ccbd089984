// SPDX-License-Identifier: MIT
// Locks are words that the kernel knows how to wait for (futex_lock). A condition is a futex; those
// who wait for it are moved to the lock in the kernel.
#include <abi/object.h>
#include <abi/syscalls.h>
#include <ferrite/lock.h>
#include <ferrite/thread.h>

enum status fe_lock_take_until(struct fe_lock *lock, uint64_t deadline)
{
    if (fe_lock_try(lock)) return OK;
    return fe_futex_lock((uintptr_t)&lock->word, deadline);
}

// A lock that is taken twice would never be had: that ends here.
void fe_lock_wait(struct fe_lock *lock)
{
    enum status status = fe_futex_lock((uintptr_t)&lock->word, FE_UNINTERRUPTED);
    if (status == ERR_OWNER_DEAD) {
        fe_lock_mend(lock);
    } else if (status != OK) {
        __builtin_trap();
    }
}

void fe_lock_pass(struct fe_lock *lock)
{
    if (fe_futex_unlock((uintptr_t)&lock->word) != OK) __builtin_trap();
}

void fe_lock_mend(struct fe_lock *lock)
{
    __atomic_and_fetch(&lock->word, ~LOCK_OWNER_DEAD, __ATOMIC_RELAXED);
}

static bool is_own(const struct fe_lock *lock)
{
    return (__atomic_load_n(&lock->word, __ATOMIC_ACQUIRE) & LOCK_OWNER) == fe_thread_number();
}

static enum status status_of(const struct fe_lock *lock)
{
    return (lock->word & LOCK_OWNER_DEAD) != 0 ? ERR_OWNER_DEAD : OK;
}

// The kernel may have given the lock along with the signal, and even together with a deadline.
enum status fe_condition_wait(struct fe_condition *condition, struct fe_lock *lock,
                              uint64_t deadline)
{
    uint32_t sequence = __atomic_load_n(&condition->sequence, __ATOMIC_ACQUIRE);
    fe_lock_release(lock);
    enum status waited = fe_futex_wait((uintptr_t)&condition->sequence, sequence, deadline);
    enum status taken = is_own(lock) ? status_of(lock) : fe_lock_take_until(lock, FE_UNINTERRUPTED);
    if (taken != OK) return taken;
    return waited == ERR_TIMED_OUT || waited == ERR_INTERRUPTED ? waited : OK;
}

static void wake(struct fe_condition *condition, struct fe_lock *lock, uint32_t count)
{
    uint32_t moved;
    __atomic_add_fetch(&condition->sequence, 1, __ATOMIC_RELEASE);
    if (fe_futex_requeue_lock((uintptr_t)&condition->sequence, count, (uintptr_t)&lock->word,
                              &moved) != OK) {
        __builtin_trap();
    }
}

void fe_condition_signal(struct fe_condition *condition, struct fe_lock *lock)
{
    wake(condition, lock, 1);
}

void fe_condition_broadcast(struct fe_condition *condition, struct fe_lock *lock)
{
    wake(condition, lock, UINT32_MAX);
}

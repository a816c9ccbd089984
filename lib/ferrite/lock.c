// SPDX-License-Identifier: MIT
// The slow halves of the lock: 0 free, else held, with the top bit when somebody waits in the
// kernel.
#include <abi/syscalls.h>
#include <ferrite/lock.h>

// Whoever comes out of the kernel takes the lock with the waiters bit set, because others may still
// wait.
void fe_lock_wait(struct fe_lock *lock)
{
    for (;;) {
        uint32_t word = 0;
        if (__atomic_compare_exchange_n(&lock->word, &word, FE_LOCK_HELD | FE_LOCK_WAITERS, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return;
        }
        uint32_t waited = word | FE_LOCK_WAITERS;
        if (word != waited && !__atomic_compare_exchange_n(&lock->word, &word, waited, false,
                                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            continue;
        }
        [[maybe_unused]] enum status status =
            fe_futex_wait((uintptr_t)&lock->word, waited, FE_UNINTERRUPTED);
    }
}

void fe_lock_wake(struct fe_lock *lock)
{
    uint32_t woken;
    if (fe_futex_wake((uintptr_t)&lock->word, 1, &woken) != OK) return;
}

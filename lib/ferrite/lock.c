// SPDX-License-Identifier: MIT
// The lock: 0 free, else held, with the top bit when somebody waits in the kernel.
#include <abi/syscalls.h>
#include <ferrite/lock.h>

enum : uint32_t { HELD = 1, WAITERS = 1u << 31 };

bool fe_lock_try(struct fe_lock *lock)
{
    uint32_t expected = 0;
    return __atomic_compare_exchange_n(&lock->word, &expected, HELD, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

// Whoever comes out of the kernel takes the lock with the waiters bit set, because others may still
// wait.
void fe_lock_take(struct fe_lock *lock)
{
    if (fe_lock_try(lock)) return;
    for (;;) {
        uint32_t word = 0;
        if (__atomic_compare_exchange_n(&lock->word, &word, HELD | WAITERS, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            return;
        }
        if ((word & WAITERS) == 0 &&
            !__atomic_compare_exchange_n(&lock->word, &word, word | WAITERS, false,
                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            continue;
        }
        [[maybe_unused]] enum status status =
            fe_futex_wait((uintptr_t)&lock->word, word | WAITERS, FE_UNINTERRUPTED);
    }
}

void fe_lock_release(struct fe_lock *lock)
{
    uint32_t word = __atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE);
    uint32_t woken;
    if ((word & WAITERS) != 0 && fe_futex_wake((uintptr_t)&lock->word, 1, &woken) != OK) return;
}

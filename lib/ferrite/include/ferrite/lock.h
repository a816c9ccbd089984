// SPDX-License-Identifier: MIT
// A lock between threads of one process: no system call when uncontended. All zero is unlocked. Not
// recursive; not for signal upcalls.
#pragma once

#include <stdint.h>

struct fe_lock {
    uint32_t word; // 0: free; else held; top bit: somebody waits in the kernel
};

void fe_lock_wait(struct fe_lock *lock); // the rest of taking one that is held
void fe_lock_wake(struct fe_lock *lock); // ... and of releasing one that others wait for

enum : uint32_t { FE_LOCK_HELD = 1, FE_LOCK_WAITERS = 1u << 31 };

static inline bool fe_lock_try(struct fe_lock *lock)
{
    uint32_t expected = 0;
    return __atomic_compare_exchange_n(&lock->word, &expected, FE_LOCK_HELD, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void fe_lock_take(struct fe_lock *lock)
{
    if (!fe_lock_try(lock)) fe_lock_wait(lock);
}

static inline void fe_lock_release(struct fe_lock *lock)
{
    uint32_t word = __atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE);
    if ((word & FE_LOCK_WAITERS) != 0) fe_lock_wake(lock);
}

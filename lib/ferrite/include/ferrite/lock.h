// SPDX-License-Identifier: MIT
// A lock between threads of one process: no system call when uncontended. The word holds the owner's
// thread number and whether somebody waits, so that the kernel can lend the waiter's priority to the
// owner. All zero is unlocked. Not recursive; not for signal upcalls.
#pragma once

#include <stdint.h>

struct fe_lock {
    uint32_t word; // 0: free; else owner's thread number (31 bits), top bit: waiters
};

void fe_lock_take(struct fe_lock *lock);
bool fe_lock_try(struct fe_lock *lock);
void fe_lock_release(struct fe_lock *lock);

// This thread's number, 31 bits, never 0.
uint32_t fe_thread_number(void);

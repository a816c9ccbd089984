// SPDX-License-Identifier: MIT
// A lock between threads of one process: no system call when uncontended. All zero is unlocked. Not
// recursive; not for signal upcalls.
#pragma once

#include <stdint.h>

struct fe_lock {
    uint32_t word; // 0: free; else held; top bit: somebody waits in the kernel
};

void fe_lock_take(struct fe_lock *lock);
bool fe_lock_try(struct fe_lock *lock);
void fe_lock_release(struct fe_lock *lock);

// SPDX-License-Identifier: MIT
// Waiting on a word of a process's memory: a tree of threads per process, keyed by the word's
// address. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"

// The waiter of `word` that came first; nullptr: there is none.
struct thread *futex_first(struct process *process, uintptr_t word);

// A waiter leaves; or one that waits for a word that is shared.
void futex_leave(struct thread *thread);
void futex_leave_shared(struct thread *thread);

// A bounded part of telling those who wait for this thread, as for the owner of a shared word, that
// it ends; true when all know.
bool futex_disown_some(struct thread *thread);

// Wakes up to `count` waiters of `word`; how many there were.
uint32_t futex_wake(struct process *process, uintptr_t word, uint32_t count);

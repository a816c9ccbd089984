// SPDX-License-Identifier: MIT
// Locks that pass urgency on. The lock is a word of the process's memory: the owner's number, a bit
// when somebody waits in the kernel, and one when an owner died holding it (abi/object.h). Without
// contention the kernel never sees it. A mutex is what the kernel keeps while threads wait: they
// lend their urgency to the owner. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"

struct mutex {
    struct tree_node by_address; // in process->mutexes; key: the word's address
    struct tree waiters;         // threads, by urgency; never empty while the call lasts
    struct thread *owner;        // nullptr: its process ends
    struct tree_node donation;   // among the owner's donors
    struct list_node of_owner;
    struct list spares; // what all waiters but one brought along
};

void mutex_init_all(void);

// Every thread has one for the case that it waits, made beforehand because waiting for a lock may
// not fail. ERR_QUOTA, ERR_NO_MEMORY.
enum status mutex_make_spare(struct thread *thread);
void mutex_free_spare(struct thread *thread);

// A waiter leaves without the lock.
void mutex_leave(struct thread *thread);

// `thread` dies: passes on one lock that it has and others wait for; false: there is none.
bool mutex_forget_one(struct thread *thread);

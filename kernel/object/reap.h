// SPDX-License-Identifier: MIT
// Freeing what is large, in bounded steps. A dead process's address space, a memory object's pages,
// a closed channel's callers: whoever has such a thing embeds a struct reap and queues it. Steps
// are run by idle CPUs, by allocations and charges that fail, and by calls that may take long.
// Guarded by the kernel lock.
#pragma once

#include "kernel/list.h"

struct reap {
    struct list_node node;
    bool (*step)(struct reap *reap); // frees a bounded part; true when nothing is left: then `reap`
                                     // is off the queue and may be gone itself
};

void reap_init_all(void); // before the first allocation
void reap_init(struct reap *reap, bool (*step)(struct reap *reap));

// Queues it, if it is not yet.
void reap_add(struct reap *reap);

// Runs one step of the oldest; false when there is nothing to free. A step that is under way is not
// entered again.
bool reap_step(void);

// SPDX-License-Identifier: MIT
// Freeing what is large, in bounded steps. A dead process's address space, a memory object's pages,
// a closed channel's callers: whoever has such a thing embeds a struct reap and queues it. Steps
// are run by idle CPUs, by whoever makes processes, and where memory or quota was not to be had:
// what failed for that is tried again when some of what is queued was freed. Guarded by the kernel
// lock.
#pragma once

#include "kernel/list.h"

struct reap {
    struct list_node node;
    uint64_t serial;                 // counts what was queued, but for parts of what is freed
    bool (*step)(struct reap *reap); // frees a bounded part; true when nothing is left: then `reap`
                                     // is off the queue and may be gone itself
};

void reap_init_all(void); // before the first allocation
void reap_init(struct reap *reap, bool (*step)(struct reap *reap));

// Queues it, if it is not yet.
void reap_add(struct reap *reap);

// Runs one step of the oldest; false when there is nothing to free.
bool reap_step(void);

// An allocation or a charge fails. If something is queued, whoever asked for it tries again after
// reap_make_room.
void reap_want(void);

// Frees a bounded part of what was queued when reap_want was called; false: nobody called it since,
// or nothing of that is left, so trying again would be in vain. `limit`, 0 at first, is kept for
// the tries of one operation: what they themselves leave behind does not count.
bool reap_make_room(uint64_t *limit);

// Frees a bounded part of what was queued when it was called first, with `limit` 0, which is kept
// for the calls of one operation; false: nothing of that is left. What freeing leads to counts: it
// has the serial of what it was a part of.
bool reap_earlier(uint64_t *limit);

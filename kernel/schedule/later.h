// SPDX-License-Identifier: MIT
// Work that is left over when something has many to tell: the rest of an event's waiters, of who
// watches an end. It is done in bounded steps on the way out of the kernel, the most urgent first,
// with interrupts taken in between, and before anybody runs who is less urgent than the one for
// whom it is done; who is more urgent runs first. Guarded by the kernel lock.
#pragma once

#include "kernel/tree.h"

struct later {
    struct tree_node node; // key: urgency
    // A bounded part of it, when it is no longer queued; it may queue itself again.
    void (*step)(struct later *later);
};

void later_init_all(void);

// Queues it, or moves it, for somebody of `urgency`.
void later_put(struct later *later, uint64_t urgency);

// It is not to be done, or was not to be.
void later_drop(struct later *later);

// Does a step of what is as urgent as `urgency`, if there is any, and has the scheduler look again.
// False: an interrupt has to be taken first.
bool later_step(uint64_t urgency);

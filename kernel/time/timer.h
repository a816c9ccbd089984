// SPDX-License-Identifier: MIT
// Timers and the monotonic clock. A timer belongs to its CPU's tree of its priority, ordered by
// expiry; arming and disarming cost O(log n). Of those that are due the most urgent fire first, so
// that nobody waits for the timers of the less urgent, however many there are. The one-shot
// hardware timer is set on the way out of the kernel, to the earliest timer or the end of a time
// slice. All times are ns since boot. Guarded by the kernel lock.
#pragma once

#include "kernel/tree.h"
#include <abi/object.h>

struct cpu;

struct timer {
    struct tree_node node; // key: expiry, ns
    void (*fire)(struct timer *timer);
    struct cpu *cpu; // in whose tree it is
    uint32_t priority;
};

struct timers { // of a CPU
    struct tree tree[PRIORITY_COUNT];
    uint64_t armed; // bit n: tree n has timers
};

// Arms `timer`, armed or not, for `expiry`; `fire` runs with interrupts masked soon after it, as
// something of this priority, or of that as which the timer was armed before.
void timer_arm_as(struct timer *timer, uint64_t expiry, uint32_t priority);
void timer_arm(struct timer *timer, uint64_t expiry);
void timer_disarm(struct timer *timer);

// Fires what is due on this CPU.
void timer_run(void);

// The earliest expiry on this CPU, as a value of the counter; UINT64_MAX: none.
uint64_t timer_next(void);

static inline bool timer_is_armed(const struct timer *timer)
{
    return tree_is_linked(&timer->node);
}

void clock_start(void); // after arch_devices_init: reads the counter's frequency
uint64_t clock_now(void);
uint64_t clock_from_counter(uint64_t counter); // ns
uint64_t clock_to_counter(uint64_t ns);        // rounded up, UINT64_MAX stays
uint64_t clock_ticks_to_ns(uint64_t ticks);    // of an interval
uint64_t clock_ns_to_ticks(uint64_t ns);       // of an interval, rounded down

// SPDX-License-Identifier: MIT
// A CPU's run queue: 64 priorities. Within one, threads with an absolute deadline come first, the
// earliest first; those without share round-robin. A bitmap finds the priority; everything is
// constant time but the deadlines, which are O(log n). Guarded by the kernel lock.
//
// Urgency packs both into one number, smaller is more urgent: 63 - priority in the top six bits,
// the deadline (ns, all ones: none) below.
#pragma once

#include "kernel/list.h"
#include "kernel/tree.h"
#include <abi/object.h>

struct thread;

enum : uint32_t { URGENCY_SHIFT = 58 };
enum : uint64_t { URGENCY_NO_DEADLINE = (1ull << URGENCY_SHIFT) - 1, URGENCY_LEAST = UINT64_MAX };

struct run_queue {
    uint64_t ready; // bit per priority that has threads
    uint32_t count;
    struct {
        struct list list;     // without deadline
        struct tree deadline; // with one
    } level[PRIORITY_COUNT];
};

static inline uint64_t urgency_of(uint32_t priority, uint64_t deadline)
{
    uint64_t low = deadline < URGENCY_NO_DEADLINE ? deadline : URGENCY_NO_DEADLINE;
    return (uint64_t)(PRIORITY_COUNT - 1 - priority) << URGENCY_SHIFT | low;
}

static inline uint32_t urgency_priority(uint64_t urgency)
{
    return PRIORITY_COUNT - 1 - (uint32_t)(urgency >> URGENCY_SHIFT);
}

static inline bool urgency_has_deadline(uint64_t urgency)
{
    return (urgency & URGENCY_NO_DEADLINE) != URGENCY_NO_DEADLINE;
}

void queue_init(struct run_queue *queue);
void queue_add(struct run_queue *queue, struct thread *thread, bool first); // first among equals
void queue_remove(struct run_queue *queue, struct thread *thread);
struct thread *queue_top(const struct run_queue *queue); // nullptr: empty

// The next after `thread`, which is in the queue, by urgency; nullptr: it is the last.
struct thread *queue_next(const struct run_queue *queue, const struct thread *thread);

// Whether anybody ready is of the priority of `urgency` or above it.
static inline bool queue_has_rival(const struct run_queue *queue, uint64_t urgency)
{
    return queue->ready >> urgency_priority(urgency) != 0;
}

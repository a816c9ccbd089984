// SPDX-License-Identifier: MIT
// Timers: a tree for each priority of each CPU, keyed by expiry.
#include "kernel/time/timer.h"
#include "kernel/log.h"
#include "kernel/list.h"
#include "kernel/schedule/cpu.h"
#include "kernel/trace.h"
#include <arch/arch.h>

void timer_arm_as(struct timer *timer, uint64_t expiry, uint32_t priority)
{
    timer_disarm(timer);
    ASSERT(timer->fire != nullptr && priority < PRIORITY_COUNT);
    struct cpu *cpu = arch_cpu();
    struct tree *tree = &cpu->timers.tree[priority];
    timer->cpu = cpu;
    timer->priority = priority;
    tree_add(tree, &timer->node, expiry);
    cpu->timers.armed |= 1ull << priority;
    if (tree->first == &timer->node) cpu->timer_stale = true;
}

void timer_arm(struct timer *timer, uint64_t expiry)
{
    timer_arm_as(timer, expiry, timer->priority);
}

// The hardware timer is left as it is: when it fires early, nothing is due and it is set anew.
void timer_disarm(struct timer *timer)
{
    if (!timer_is_armed(timer)) return;
    struct timers *timers = &timer->cpu->timers;
    struct tree *tree = &timers->tree[timer->priority];
    tree_take(tree, &timer->node);
    if (tree_is_empty(tree)) timers->armed &= ~(1ull << timer->priority);
}

// The most urgent that is due; nullptr: none.
static struct timer *due_first(const struct timers *timers, uint64_t now)
{
    for (uint64_t left = timers->armed; left != 0;) {
        uint32_t priority = PRIORITY_COUNT - 1 - (uint32_t)__builtin_clzll(left);
        struct tree_node *node = timers->tree[priority].first;
        if (node->key <= now) return CONTAINER(node, struct timer, node);
        left &= ~(1ull << priority);
    }
    return nullptr;
}

// Each handler is bounded and may arm its timer again, for later. Whoever is more urgent than the
// thread that ran comes before what else is due.
void timer_run(void)
{
    static_assert(PRIORITY_COUNT == 64);
    struct cpu *cpu = arch_cpu();
    const struct thread *current = cpu->current;
    for (;;) {
        uint64_t now = clock_now(); // a more urgent one may be due by now, and sends no interrupt
        struct timer *timer = due_first(&cpu->timers, now);
        if (timer == nullptr) break;
        uint64_t expiry = timer->node.key;
        timer_disarm(timer);
        trace_timer(expiry, now);
        timer->fire(timer);
        if (cpu->reschedule || cpu->current != current || arch_interrupt_pending()) break;
    }
    cpu->timer_stale = true;
}

uint64_t timer_next(void)
{
    struct cpu *cpu = arch_cpu();
    const struct timers *timers = &cpu->timers;
    uint64_t next = UINT64_MAX;
    for (uint64_t left = timers->armed; left != 0; left &= left - 1) {
        uint64_t expiry = timers->tree[__builtin_ctzll(left)].first->key;
        if (expiry < next) next = expiry;
    }
    if (next == UINT64_MAX) return next;
    if (next != cpu->alarm_ns) {
        cpu->alarm_ns = next;
        cpu->alarm = clock_to_counter(next);
    }
    return cpu->alarm;
}

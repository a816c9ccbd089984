// SPDX-License-Identifier: MIT
// Timers: one tree per CPU, keyed by expiry.
#include "kernel/time/timer.h"
#include "kernel/log.h"
#include "kernel/list.h"
#include "kernel/schedule/cpu.h"
#include "kernel/trace.h"
#include <arch/arch.h>

void timer_arm(struct timer *timer, uint64_t expiry)
{
    timer_disarm(timer);
    ASSERT(timer->fire != nullptr);
    struct cpu *cpu = arch_cpu();
    timer->cpu = cpu;
    tree_add(&cpu->timers, &timer->node, expiry);
    if (cpu->timers.first == &timer->node) cpu->timer_stale = true;
}

// The hardware timer is left as it is: when it fires early, nothing is due and it is set anew.
void timer_disarm(struct timer *timer)
{
    if (timer_is_armed(timer)) tree_take(&timer->cpu->timers, &timer->node);
}

// Each handler is bounded and may arm its timer again, for later. Whoever is more urgent than the
// thread that ran comes before what else is due.
void timer_run(void)
{
    struct cpu *cpu = arch_cpu();
    const struct thread *current = cpu->current;
    uint64_t now = clock_now();
    for (struct tree_node *node; (node = cpu->timers.first) != nullptr && node->key <= now;) {
        struct timer *timer = CONTAINER(node, struct timer, node);
        tree_take(&cpu->timers, node);
        trace_timer(node->key, now);
        timer->fire(timer);
        if (cpu->reschedule || cpu->current != current || arch_interrupt_pending()) break;
    }
    cpu->timer_stale = true;
}

uint64_t timer_next(void)
{
    struct cpu *cpu = arch_cpu();
    const struct tree_node *first = cpu->timers.first;
    if (first == nullptr) return UINT64_MAX;
    if (first->key != cpu->alarm_ns) {
        cpu->alarm_ns = first->key;
        cpu->alarm = clock_to_counter(first->key);
    }
    return cpu->alarm;
}

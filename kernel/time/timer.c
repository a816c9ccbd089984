// SPDX-License-Identifier: MIT
// Timers: a tree for each priority of each CPU, keyed by expiry.
#include "kernel/time/timer.h"
#include "kernel/bit.h"
#include "kernel/log.h"
#include "kernel/list.h"
#include "kernel/object/thread.h"
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
        uint32_t priority = bit_highest(left);
        struct tree_node *node = timers->tree[priority].first;
        if (node->key <= now) return CONTAINER(node, struct timer, node);
        left &= ~(1ull << priority);
    }
    return nullptr;
}

// What the thread that runs is more urgent than.
static bool is_less_urgent(const struct cpu *cpu, uint32_t priority)
{
    return cpu->current != nullptr && priority < urgency_priority(cpu->current->urgency);
}

// Each handler is bounded and may arm its timer again, for later. Whoever is more urgent than the
// thread that ran comes before what else is due, and of what is less urgent than that thread one is
// enough.
void timer_run(void)
{
    static_assert(PRIORITY_COUNT == 64);
    struct cpu *cpu = arch_cpu();
    const struct thread *current = cpu->current;
    for (uint32_t fired = 0;; fired++) {
        uint64_t now = clock_now(); // a more urgent one may be due by now, and sends no interrupt
        struct timer *timer = due_first(&cpu->timers, now);
        if (timer == nullptr || (fired > 0 && is_less_urgent(cpu, timer->priority))) break;
        uint64_t expiry = timer->node.key;
        timer_disarm(timer);
        trace_timer(expiry, now);
        timer->fire(timer);
        if (cpu->reschedule || cpu->current != current || arch_interrupt_pending()) break;
    }
    cpu->timer_stale = true;
}

// Some that are less urgent than the thread that runs are due: they interrupt it no more often than
// this, ns, unless one comes that is as urgent.
enum : uint64_t { SPACING = 20'000 };

[[gnu::noinline]] static uint64_t next_spaced(const struct cpu *cpu)
{
    uint32_t least = urgency_priority(cpu->current->urgency);
    uint64_t now = arch_counter(), next = now + clock_ns_to_ticks(SPACING);
    if (cpu->timer_set > now && cpu->timer_set < next) next = cpu->timer_set; // put off once only
    for (uint64_t left = cpu->timers.armed >> least << least; left != 0; left &= left - 1) {
        uint64_t at = clock_to_counter(cpu->timers.tree[__builtin_ctzll(left)].first->key);
        if (at < next) next = at;
    }
    return next;
}

uint64_t timer_next(void)
{
    struct cpu *cpu = arch_cpu();
    const struct timers *timers = &cpu->timers;
    uint64_t next = UINT64_MAX;
    uint32_t priority = 0;
    for (uint64_t left = timers->armed; left != 0; left &= left - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(left);
        uint64_t expiry = timers->tree[at].first->key;
        if (expiry >= next) continue;
        next = expiry;
        priority = at;
    }
    if (next == UINT64_MAX) return next;
    if (next != cpu->alarm_ns) {
        cpu->alarm_ns = next;
        cpu->alarm = clock_to_counter(next);
    }
    if (is_less_urgent(cpu, priority) && cpu->alarm <= arch_counter()) return next_spaced(cpu);
    return cpu->alarm;
}

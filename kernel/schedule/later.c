// SPDX-License-Identifier: MIT
// One tree for all CPUs. While there is anything in it, every CPU knows (cpu->leftover), so that
// none passes control on without a look.
#include "kernel/schedule/later.h"
#include "kernel/list.h"
#include "kernel/schedule/place.h"
#include <arch/arch.h>

static struct tree queue;

void later_init_all(void)
{
    queue = (struct tree){};
}

static void tell_all(bool leftover)
{
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) cpu->leftover = leftover;
}

void later_put(struct later *later, uint64_t urgency)
{
    if (tree_is_linked(&later->node)) tree_take(&queue, &later->node);
    if (tree_is_empty(&queue)) tell_all(true);
    tree_add(&queue, &later->node, urgency);
}

void later_drop(struct later *later)
{
    if (!tree_is_linked(&later->node)) return;
    tree_take(&queue, &later->node);
    if (tree_is_empty(&queue)) tell_all(false);
}

// What is not urgent enough here may be so elsewhere.
static void leave(uint64_t urgency)
{
    struct cpu *self = arch_cpu();
    if (!self->shared) return;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        bool is_idle = cpu->current == nullptr;
        if (cpu != self && (is_idle || cpu->current->urgency >= urgency)) place_reschedule(cpu);
    }
}

bool later_step(uint64_t urgency)
{
    struct tree_node *node = queue.first;
    if (node == nullptr) return true;
    if (node->key > urgency) {
        leave(node->key);
        return true;
    }
    struct later *later = CONTAINER(node, struct later, node);
    later_drop(later);
    later->step(later);
    arch_cpu()->reschedule = true;
    return !arch_interrupt_pending();
}

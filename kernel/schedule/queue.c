// SPDX-License-Identifier: MIT
// The run queue: see the header.
#include "kernel/schedule/queue.h"
#include "kernel/bit.h"
#include "kernel/log.h"
#include "kernel/object/thread.h"

void queue_init(struct run_queue *queue)
{
    queue->ready = 0;
    queue->count = 0;
    for (uint32_t i = 0; i < PRIORITY_COUNT; i++) {
        list_init(&queue->level[i].list);
        queue->level[i].deadline = (struct tree){};
    }
}

void queue_add(struct run_queue *queue, struct thread *thread, bool first)
{
    uint32_t priority = urgency_priority(thread->urgency);
    queue->ready |= 1ull << priority;
    queue->count++;
    if (urgency_has_deadline(thread->urgency)) {
        tree_add(&queue->level[priority].deadline, &thread->node, thread->urgency);
    } else if (first) {
        list_prepend(&queue->level[priority].list, &thread->run);
    } else {
        list_append(&queue->level[priority].list, &thread->run);
    }
}

void queue_remove(struct run_queue *queue, struct thread *thread)
{
    uint32_t priority = urgency_priority(thread->urgency);
    ASSERT((queue->ready >> priority & 1) != 0);
    if (urgency_has_deadline(thread->urgency)) {
        tree_take(&queue->level[priority].deadline, &thread->node);
    } else {
        list_remove(&thread->run);
    }
    queue->count--;
    if (list_is_empty(&queue->level[priority].list) &&
        tree_is_empty(&queue->level[priority].deadline)) {
        queue->ready &= ~(1ull << priority);
    }
}

// The first of the most urgent level in `ready`.
static struct thread *first_of(const struct run_queue *queue, uint64_t ready)
{
    if (ready == 0) return nullptr;
    uint32_t priority = bit_highest(ready);
    struct tree_node *node = queue->level[priority].deadline.first;
    if (node != nullptr) return CONTAINER(node, struct thread, node);
    return CONTAINER(list_first(&queue->level[priority].list), struct thread, run);
}

struct thread *queue_top(const struct run_queue *queue)
{
    return first_of(queue, queue->ready);
}

struct thread *queue_next(const struct run_queue *queue, const struct thread *thread)
{
    uint32_t priority = urgency_priority(thread->urgency);
    const struct list *list = &queue->level[priority].list;
    struct list_node *node = list_first(list);
    if (urgency_has_deadline(thread->urgency)) {
        struct tree_node *next = tree_next(&thread->node);
        if (next != nullptr) return CONTAINER(next, struct thread, node);
    } else {
        node = thread->run.next == &list->head ? nullptr : thread->run.next;
    }
    if (node != nullptr) return CONTAINER(node, struct thread, run);
    return first_of(queue, queue->ready & ((1ull << priority) - 1));
}

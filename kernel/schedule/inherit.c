// SPDX-License-Identifier: MIT
// Inheritance. A thread is as urgent as the most urgent of itself and its donors: callers whose
// calls it serves, and channels whose callers wait for it. A change goes along the chain of those
// who wait for each other; whom a thread waits for is fixed before it waits, so the chain has an
// end.
#include "kernel/object/channel.h"
#include "kernel/object/event.h"
#include "kernel/schedule/schedule.h"
#include "kernel/trace.h"

enum : uint32_t { CHAIN_MAX = 64 }; // beyond it inheritance stops: bounds the walk

static void set_key(struct tree *tree, struct tree_node *node, uint64_t key)
{
    tree_take(tree, node);
    tree_add(tree, node, key);
}

static void requeue(struct thread *thread, uint64_t urgency)
{
    struct cpu *cpu = arch_cpu();
    queue_remove(&cpu->queue, thread);
    thread->urgency = urgency;
    queue_add(&cpu->queue, thread, false);
    if (cpu->current == nullptr || urgency < cpu->current->urgency) cpu->reschedule = true;
}

static void change_running(struct thread *thread, uint64_t urgency)
{
    struct cpu *cpu = arch_cpu();
    thread->urgency = urgency;
    if (queue_urgency(&cpu->queue) <= urgency) cpu->reschedule = true;
}

// Moves the channel's loan along with its first caller; the thread that it reaches, if any.
static struct thread *change_caller(struct thread *thread)
{
    struct channel *channel = thread->ipc.channel;
    set_key(&channel->callers, &thread->node, thread->urgency);
    if (channel->receiver == nullptr) return nullptr;
    uint64_t key = channel->callers.first->key;
    if (tree_is_linked(&channel->donation))
        tree_take(&channel->receiver->donors, &channel->donation);
    tree_add(&channel->receiver->donors, &channel->donation, key);
    return channel->receiver;
}

// Applies the new urgency where `thread` is; who is affected next.
static struct thread *apply(struct thread *thread, uint64_t urgency)
{
    if (thread->state == THREAD_READY) {
        requeue(thread, urgency);
        return nullptr;
    }
    if (thread->state == THREAD_RUNNING) {
        change_running(thread, urgency);
        return nullptr;
    }
    thread->urgency = urgency;
    switch (thread->state) {
    case THREAD_CALLING: return change_caller(thread);
    case THREAD_SERVED:
        if (thread->ipc.server == nullptr) return nullptr;
        set_key(&thread->ipc.server->donors, &thread->node, urgency);
        return thread->ipc.server;
    case THREAD_RECEIVING:
        set_key(&thread->ipc.channel->receivers, &thread->node, urgency);
        return nullptr;
    case THREAD_WATCHING:
        set_key(&thread->wait_event->waiters, &thread->node, urgency);
        return nullptr;
    default: return nullptr;
    }
}

static inline uint64_t inherited(const struct thread *thread)
{
    uint64_t urgency = thread->own_urgency;
    const struct tree_node *first = thread->donors.first;
    return first != nullptr && first->key < urgency ? first->key : urgency;
}

[[gnu::noinline]] static void update_chain(struct thread *thread)
{
    for (uint32_t depth = 0; thread != nullptr && depth < CHAIN_MAX; depth++) {
        uint64_t urgency = inherited(thread);
        if (urgency == thread->urgency) return;
        trace_priority(thread, urgency);
        thread = apply(thread, urgency);
    }
}

// Between equals, the most frequent case, nothing changes.
void schedule_update(struct thread *thread)
{
    if (thread != nullptr && inherited(thread) != thread->urgency) update_chain(thread);
}

void donation_begin(struct thread *server, struct tree_node *node, uint64_t urgency)
{
    if (tree_is_linked(node)) tree_take(&server->donors, node);
    tree_add(&server->donors, node, urgency);
    schedule_update(server);
}

void donation_end(struct thread *server, struct tree_node *node)
{
    tree_take(&server->donors, node);
    schedule_update(server);
}

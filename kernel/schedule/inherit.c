// SPDX-License-Identifier: MIT
// Inheritance. A thread is as urgent as the most urgent of itself and its donors: callers whose
// calls it serves, channels whose callers wait for it, locks that others wait for. Whose urgency it
// has, pays for its time (budget.h). A change goes along the chain of those who wait for each
// other, a few links at a time: the rest waits in a list, which is worked off before anybody is
// chosen to run, with interrupts taken in between. Each link is looked at for itself, so it does
// not matter what happens to the chain meanwhile; and a chain that closes (a deadlock) comes to
// rest.
#include "kernel/object/channel.h"
#include "kernel/object/event.h"
#include "kernel/object/mutex.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/place.h"
#include "kernel/schedule/schedule.h"
#include "kernel/trace.h"

enum : uint32_t { CHAIN_STEP = 16 }; // links
static struct list unsettled;

void inherit_init(void)
{
    list_init(&unsettled);
}

// What a thread gets from itself or from its first donor.
struct loan {
    uint64_t urgency;
    struct budget *payer;
};

static void set_key(struct tree *tree, struct tree_node *node, uint64_t key)
{
    if (node->key == key) return;
    tree_take(tree, node);
    tree_add(tree, node, key);
}

static struct budget *payer_of(const struct tree_node *donor)
{
    if (donor->tag == LENDER_CALLER) return CONTAINER(donor, struct thread, node)->payer;
    if (donor->tag == LENDER_FREE) return nullptr;
    const struct tree_node *first = donor->tag == LENDER_CHANNEL
                                        ? CONTAINER(donor, struct channel, donation)->callers.first
                                        : CONTAINER(donor, struct mutex, donation)->waiters.first;
    return first == nullptr ? nullptr : CONTAINER(first, struct thread, node)->payer;
}

static struct loan inherited(const struct thread *thread)
{
    const struct tree_node *first = thread->donors.first;
    if (first == nullptr || first->key >= thread->own_urgency) {
        return (struct loan){thread->own_urgency, budget_payer(thread->budget)};
    }
    return (struct loan){first->key, payer_of(first)};
}

static void set_payer(struct thread *thread, struct budget *payer)
{
    if (thread->payer == payer) return;
    if (payer != nullptr) budget_get(payer);
    if (thread->payer != nullptr) budget_put(thread->payer);
    thread->payer = payer;
    thread->limited = payer != nullptr;
}

static void requeue(struct thread *thread, uint64_t urgency)
{
    if (thread->urgency == urgency) return;
    queue_remove(&thread->cpu->queue, thread);
    thread->urgency = urgency;
    schedule_enqueue(thread);
}

// The time until now is still the old payer's.
static void change_running(struct thread *thread, const struct loan *loan)
{
    struct cpu *cpu = thread->cpu;
    if (thread->payer != loan->payer) {
        schedule_account(cpu);
        place_retime(cpu);
    }
    thread->urgency = loan->urgency;
    if (queue_has_rival(&cpu->queue, loan->urgency)) place_reschedule(cpu);
}

// Moves the channel's loan along with its first caller; the thread that it reaches, if any.
static struct thread *change_caller(struct thread *thread)
{
    struct channel *channel = thread->ipc.channel;
    set_key(&channel->callers, &thread->node, thread->urgency);
    if (channel->receiver == nullptr) return nullptr;
    if (tree_is_linked(&channel->donation))
        tree_take(&channel->receiver->donors, &channel->donation);
    tree_add(&channel->receiver->donors, &channel->donation, channel->callers.first->key);
    channel->donation.tag = LENDER_CHANNEL;
    return channel->receiver;
}

static struct thread *change_served(struct thread *thread)
{
    struct thread *server = thread->ipc.server;
    if (server == nullptr) return nullptr;
    channel_list_answering(server);
    set_key(&server->donors, &thread->node, thread->urgency);
    thread->node.tag = thread->limited ? LENDER_CALLER : LENDER_FREE;
    return server;
}

static struct thread *change_locking(struct thread *thread)
{
    struct mutex *mutex = thread->wait_mutex;
    set_key(&mutex->waiters, &thread->node, thread->urgency);
    if (mutex->owner == nullptr) return nullptr;
    if (tree_is_linked(&mutex->donation)) tree_take(&mutex->owner->donors, &mutex->donation);
    tree_add(&mutex->owner->donors, &mutex->donation, mutex->waiters.first->key);
    mutex->donation.tag = LENDER_MUTEX;
    return mutex->owner;
}

// Where it waits, or comes from there, or goes there: whoever leaves a queue, or a wait, changes
// others first, and where these wait for each other, that may come back to him.
static bool is_queued(const struct thread *thread)
{
    if (thread->state == THREAD_RECEIVING) return thread->ipc.channel != nullptr;
    bool is_aside = thread->state == THREAD_SERVED && !thread->listed;
    return is_aside || tree_is_linked(&thread->node);
}

// Applies what is new where `thread` is; who is affected next.
static struct thread *apply(struct thread *thread, const struct loan *loan)
{
    if (thread->state == THREAD_READY) {
        requeue(thread, loan->urgency);
    } else if (thread->state == THREAD_RUNNING) {
        change_running(thread, loan);
    }
    thread->urgency = loan->urgency;
    set_payer(thread, loan->payer);
    if (!is_queued(thread)) return nullptr;
    switch (thread->state) {
    case THREAD_CALLING: return change_caller(thread);
    case THREAD_SERVED: return change_served(thread);
    case THREAD_LOCKING: return change_locking(thread);
    case THREAD_RECEIVING:
        channel_list_receiver(thread->ipc.channel);
        set_key(&thread->ipc.channel->receivers, &thread->node, loan->urgency);
        return nullptr;
    case THREAD_WATCHING: event_reorder(thread->wait_event, thread); return nullptr;
    default: return nullptr;
    }
}

void schedule_update_later(struct thread *thread)
{
    if (!list_is_linked(&thread->unsettled)) list_append(&unsettled, &thread->unsettled);
    arch_cpu()->reschedule = true;
}

void schedule_update(struct thread *thread)
{
    for (uint32_t step = 0; thread != nullptr; step++) {
        if (step == CHAIN_STEP) {
            schedule_update_later(thread);
            return;
        }
        channel_list_answering(thread);
        struct loan loan = inherited(thread);
        if (loan.urgency == thread->urgency && loan.payer == thread->payer) return;
        if (loan.urgency != thread->urgency) trace_priority(thread, loan.urgency);
        thread = apply(thread, &loan);
    }
}

bool schedule_settle(void)
{
    for (struct list_node *node; (node = list_take(&unsettled)) != nullptr;) {
        schedule_update(CONTAINER(node, struct thread, unsettled));
        if (arch_interrupt_pending()) break;
    }
    return list_is_empty(&unsettled);
}

// Between equals without budgets, the most frequent case, nothing changes.
static inline void update_if_changed(struct thread *server)
{
    channel_list_answering(server);
    const struct tree_node *first = server->donors.first;
    bool lent = first != nullptr && first->key < server->own_urgency;
    uint64_t urgency = lent ? first->key : server->own_urgency;
    bool pays = server->limited || (lent && first->tag != LENDER_FREE);
    if (urgency != server->urgency || pays) schedule_update(server);
}

void donation_begin(struct thread *server, struct tree_node *node, uint64_t urgency)
{
    if (tree_is_linked(node)) tree_take(&server->donors, node);
    tree_add(&server->donors, node, urgency);
    if (CONTAINER(node, struct thread, node)->limited) node->tag = LENDER_CALLER;
    update_if_changed(server);
}

void donation_queue(struct thread *server, struct tree_node *node, enum lender lender,
                    uint64_t urgency)
{
    if (tree_is_linked(node)) tree_take(&server->donors, node);
    tree_add(&server->donors, node, urgency);
    node->tag = lender;
    update_if_changed(server);
}

void donation_end(struct thread *server, struct tree_node *node)
{
    tree_take(&server->donors, node);
    update_if_changed(server);
}

void inherit_forget(struct thread *thread)
{
    list_remove(&thread->unsettled);
    set_payer(thread, nullptr);
}

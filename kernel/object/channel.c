// SPDX-License-Identifier: MIT
// The channel as an object: its life, its sessions, what it tells its server besides calls, and how
// calls end that nobody answers. The four calls themselves are in call.c.
#include "kernel/object/channel.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/call.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/mutex.h"
#include "kernel/object/process.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"
#include <kernel/syscalls.h>

enum : uint32_t { CHANNEL_STEP = 16 }; // callers, sessions, notices per bounded step
static struct slab notice_slab;

enum status notice_create(struct process *owner, struct notice **notice)
{
    TRY(process_charge(owner, sizeof **notice));
    struct notice *made = slab_allocate(&notice_slab);
    if (made == nullptr) {
        process_uncharge(owner, sizeof *made);
        return ERR_NO_MEMORY;
    }
    *made = (struct notice){.owner = owner};
    list_node_init(&made->node);
    process_hold(owner);
    *notice = made;
    return OK;
}

void notice_destroy(struct notice *notice)
{
    ASSERT(!list_is_linked(&notice->node));
    struct process *owner = notice->owner;
    slab_free(&notice_slab, notice);
    process_uncharge(owner, sizeof *notice);
    process_release(owner);
}

// One bounded part of closing: servers without a handle stop waiting, calls are answered for them.
static bool close_some(struct channel *channel)
{
    for (uint32_t step = 0; step < CHANNEL_STEP; step++) {
        struct thread *waiting = channel_first_receiver(channel);
        struct tree_node *queued = channel->callers.first;
        struct list_node *served = list_first(&channel->served), *node;
        if (waiting != nullptr) {
            wait_break(waiting, ERR_BAD_HANDLE);
        } else if (queued != nullptr) {
            channel_fail(CONTAINER(queued, struct thread, node), ERR_PEER_CLOSED);
        } else if (served != nullptr) {
            channel_fail(CONTAINER(served, struct thread, ipc.served), ERR_ABANDONED);
        } else if ((node = list_take(&channel->notices)) != nullptr) {
            notice_destroy(CONTAINER(node, struct notice, node));
        } else if ((node = list_take(&channel->ended)) != nullptr) {
            object_put(&CONTAINER(node, struct session, ended)->object);
        } else {
            return true;
        }
    }
    return false;
}

static bool channel_reap(struct reap *reap)
{
    struct channel *channel = CONTAINER(reap, struct channel, reap);
    if (!close_some(channel)) return false;
    object_put(&channel->object);
    return true;
}

static void unbind(struct channel *channel)
{
    struct event *event = channel->event;
    channel->event = nullptr;
    if (event == nullptr) return;
    event->channel = nullptr;
    object_put(&event->object);
}

// The last server end is gone. Callers are many, so the reaper answers those whom one step leaves.
static void channel_handles_gone(struct object *object)
{
    struct channel *channel = (struct channel *)object;
    ASSERT(!channel->closed);
    channel->closed = true;
    unbind(channel);
    list_remove(&channel->of_receiver);
    if (channel->receiver != nullptr) channel_list_answering(channel->receiver);
    if (channel->receiver != nullptr && tree_is_linked(&channel->donation)) {
        donation_end(channel->receiver, &channel->donation);
    }
    channel->receiver = nullptr;
    if (close_some(channel)) return;
    object_get(object);
    reap_add(&channel->reap);
}

static void channel_destroy(struct object *object)
{
    struct channel *channel = (struct channel *)object;
    ASSERT(tree_is_empty(&channel->callers) && tree_is_empty(&channel->sessions));
    ASSERT(list_is_empty(&channel->served) && list_is_empty(&channel->notices));
    ASSERT(channel->receiver == nullptr && tree_is_empty(&channel->receivers));
    object_free(object);
}

const struct object_operations channel_operations = {
    .name = "channel",
    .size = sizeof(struct channel),
    .handles_gone = channel_handles_gone,
    .destroy = channel_destroy,
};

void channel_init_all(void)
{
    slab_init(&notice_slab, "notice", sizeof(struct notice));
    session_init_all();
}

enum status channel_create(struct process *owner, struct channel **result)
{
    TRY(object_create(OBJECT_CHANNEL, owner, result));
    struct channel *channel = *result;
    list_init(&channel->served);
    list_init(&channel->notices);
    list_init(&channel->ended);
    list_node_init(&channel->of_receiver);
    reap_init(&channel->reap, channel_reap);
    return OK;
}

void channel_notify(struct channel *channel)
{
    channel->busy = true;
    struct thread *server = channel_first_receiver(channel);
    if (server == nullptr || !call_take_notice(channel, server)) return;
    channel_leave(server);
    wait_end(server, OK);
}

void channel_lend(struct channel *channel)
{
    struct thread *receiver = channel->receiver;
    if (receiver == nullptr) return;
    if (channel->callers.first != nullptr) {
        donation_queue(receiver, &channel->donation, LENDER_CHANNEL, channel->callers.first->key);
    } else if (tree_is_linked(&channel->donation)) {
        donation_end(receiver, &channel->donation);
    }
}

void channel_uncall(struct thread *thread)
{
    struct channel *channel = thread->ipc.channel;
    struct session *session = thread->ipc.session;
    tree_take(&channel->callers, &thread->node);
    channel_lend(channel);
    thread->ipc.session = nullptr;
    thread->ipc.channel = nullptr;
    object_put(&session->object);
}

void channel_list_receiver(struct channel *channel)
{
    struct thread *waiting = channel_first_alone(channel);
    if (waiting == nullptr) return;
    channel->waiting = channel->attending = nullptr;
    channel->busy = true;
    waiting->listed = true;
    tree_add(&channel->receivers, &waiting->node, waiting->urgency);
}

void channel_list_caller(struct thread *server)
{
    struct thread *caller = server->ipc.answering;
    caller->listed = true;
    caller->buffered = false;
    list_append(&caller->ipc.channel->served, &caller->ipc.served);
    tree_add(&server->donors, &caller->node, caller->urgency);
}

static void leave_service(struct thread *caller)
{
    struct thread *server = caller->ipc.server;
    caller->ipc.server = nullptr;
    caller->ipc.channel = nullptr;
    if (caller->listed) list_remove(&caller->ipc.served);
    if (server != nullptr && server->ipc.answering == caller) server->ipc.answering = nullptr;
    if (server != nullptr && caller->listed)
        donation_end(server, &caller->node);
    else
        schedule_update(server);
    caller->listed = caller->buffered = false;
}

// By the notice that the caller brought along; a server is told once.
static void tell_cancelled(struct channel *channel, struct thread *thread)
{
    struct notice *notice = thread->ipc.notice;
    if (channel->closed || notice == nullptr) return;
    thread->ipc.notice = nullptr;
    thread->noticeless = true;
    notice->token = thread->ipc.token;
    list_append(&channel->notices, &notice->node);
    channel_notify(channel);
}

void channel_tell_cancelled(struct thread *thread)
{
    if (thread->ipc.server != nullptr) channel_list_answering(thread->ipc.server);
    tell_cancelled(thread->ipc.channel, thread);
}

void channel_give_up(struct thread *thread)
{
    struct channel *channel = thread->ipc.channel;
    leave_service(thread);
    tell_cancelled(channel, thread);
}

void channel_leave(struct thread *thread)
{
    struct channel *channel = thread->ipc.channel;
    if (thread->listed)
        tree_take(&channel->receivers, &thread->node);
    else
        channel->waiting = channel->attending = nullptr;
    thread->listed = false;
    thread->ipc.channel = nullptr;
}

void channel_fail(struct thread *caller, enum status status)
{
    if (caller->state == THREAD_CALLING)
        channel_uncall(caller);
    else
        leave_service(caller);
    wait_end(caller, status);
}

void channel_finish(struct thread *caller)
{
    leave_service(caller);
}

// A call that a thread received may still be answered by another of its process; when the process
// ends it is answered for them, whoever else has the channel.
static void forget_caller(struct thread *server, struct thread *caller)
{
    if (server->process->ending) {
        channel_fail(caller, ERR_ABANDONED);
        return;
    }
    tree_take(&server->donors, &caller->node);
    caller->ipc.server = nullptr;
}

bool channel_forget_some(struct thread *thread)
{
    channel_list_answering(thread);
    for (uint32_t step = 0; step < CHANNEL_STEP; step++) {
        if (mutex_forget_one(thread)) continue;
        struct list_node *node = list_take(&thread->channels);
        if (node != nullptr) {
            struct channel *channel = CONTAINER(node, struct channel, of_receiver);
            if (tree_is_linked(&channel->donation)) tree_take(&thread->donors, &channel->donation);
            channel->receiver = nullptr;
        } else if (thread->donors.first != nullptr) {
            struct thread *caller = CONTAINER(thread->donors.first, struct thread, node);
            forget_caller(thread, caller);
        } else {
            thread->ipc.answering = nullptr;
            return true;
        }
    }
    return false;
}

enum status sys_channel_create(fe_handle *handle)
{
    struct process *process = process_current();
    TRY(handle_reserve(process, 1));
    struct channel *channel;
    TRY(channel_create(process, &channel));
    *handle = handle_insert(process, &channel->object, RIGHT_ALL);
    object_put(&channel->object);
    return OK;
}

enum status sys_channel_bind(struct channel *channel, fe_handle handle, uint64_t mask)
{
    struct object *object;
    TRY(handle_find(handle, OBJECT_EVENT, RIGHT_EVENT_WAIT, &object));
    struct event *event = (struct event *)object;
    if (event->channel != nullptr && event->channel != channel) return ERR_BUSY;
    object_get(object);
    unbind(channel);
    if (mask == 0) {
        object_put(object);
        return OK;
    }
    channel->event = event;
    event->channel = channel;
    event->channel_mask = mask;
    if ((event->bits & mask) != 0) channel_notify(channel);
    return OK;
}

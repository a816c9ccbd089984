// SPDX-License-Identifier: MIT
// channel_call, channel_receive, channel_reply and channel_reply_receive. Where a server waits,
// control goes from the caller straight to it and back, past the run queue: caller and server never
// run at once, and the server inherits the caller's urgency, so nobody more urgent can be ready.
#include "kernel/object/call.h"
#include "kernel/object/event.h"
#include "kernel/object/message.h"
#include "kernel/object/process.h"
#include "kernel/object/slot.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trace.h"
#include <kernel/syscalls.h>

// Registers of the message calls.
enum {
    REG_LABEL = 1,
    REG_WORD = 2,
    REG_BADGE = 10,
    REG_DEADLINE = 10,
    REG_TOKEN_IN = 10,
    REG_TRANSFER = 11,
    REG_TOKEN = 11
};

static inline void copy_words(struct thread *to, const struct thread *from)
{
    enum { SIZE = (1 + FE_MESSAGE_WORDS) * sizeof(uint64_t) };
    __builtin_memcpy(&to->frame.reg[REG_LABEL], &from->frame.reg[REG_LABEL], SIZE);
}

static inline void become_receiver(struct channel *channel, struct thread *server)
{
    struct thread *before = channel->receiver;
    if (before == server) return;
    if (before != nullptr) channel_list_answering(before); // no more found through the channel
    if (tree_is_linked(&channel->donation)) donation_end(before, &channel->donation);
    list_remove(&channel->of_receiver);
    list_append(&server->channels, &channel->of_receiver);
    channel->receiver = server;
}

// The registers' half of a call's way from `caller` to `server`, and what ties the two from now on.
static inline void hand_over(struct channel *channel, uint64_t badge, struct thread *caller,
                             struct thread *server)
{
    struct ipc *ipc = &caller->ipc;
    copy_words(server, caller);
    ipc->token += TOKEN_STEP;
    server->frame.reg[0] = OK;
    server->frame.reg[REG_BADGE] = badge;
    server->frame.reg[REG_TOKEN] = ipc->token;
    ipc->channel = channel;
    ipc->server = server;
    caller->listed = true;
    list_append(&channel->served, &ipc->served);
    become_receiver(channel, server);
    server->ipc.answering = caller;
    trace_request(caller, server);
}

// --- Call ---

// A server waits: the call goes to it at once. Servers whose own memory fails are told and passed
// over.
static enum status call_waiting(struct thread *caller, struct session *session, uint64_t deadline)
{
    struct channel *channel = session->channel;
    struct thread *server = channel_first_receiver(channel);
    if (message_has_transfer(caller, server)) {
        bool receiver_fails;
        enum status status = message_transfer(caller, server, &receiver_fails);
        if (status < OK && receiver_fails) {
            wait_break(server, status);
            return CALL_RESTART;
        }
        TRY(status);
    }
    channel_leave(server);
    if (timer_is_armed(&server->timeout)) timer_disarm(&server->timeout);
    hand_over(channel, session->badge, caller, server);
    wait_arm(caller, deadline);
    schedule_block(THREAD_SERVED);
    schedule_switch_to(server);
    donation_begin(server, &caller->node, caller->urgency);
    return CALL_DEFERRED;
}

enum status sys_channel_call(struct session *session, struct frame *frame)
{
    struct thread *thread = thread_current();
    struct channel *channel = session->channel;
    uint64_t deadline = frame->reg[REG_DEADLINE];
    if (frame->reg[REG_LABEL] >= FE_NOTICE) return ERR_BAD_ARGUMENT;
    if (channel->closed || session->open == nullptr) return ERR_PEER_CLOSED;
    TRY(message_prepare(thread, frame->reg[REG_TRANSFER]));
    TRY(wait_check(thread, deadline));
    if (thread->noticeless) TRY(notice_create(thread->process, &thread->ipc.notice));
    thread->noticeless = false;
    if (channel_first_receiver(channel) != nullptr) return call_waiting(thread, session, deadline);

    object_get(&session->object); // until it is received
    thread->ipc.session = session;
    thread->ipc.channel = channel;
    channel->busy = true;
    wait_begin(thread, THREAD_CALLING, &channel->callers, deadline);
    channel_lend(channel);
    return CALL_DEFERRED;
}

// --- Receive ---

static void give_notice(struct thread *server, uint64_t label, uint64_t word, uint64_t badge)
{
    uint64_t *reg = server->frame.reg;
    for (uint32_t i = REG_WORD; i < REG_WORD + FE_MESSAGE_WORDS; i++) reg[i] = 0;
    reg[0] = OK;
    reg[REG_LABEL] = label;
    reg[REG_WORD] = word;
    reg[REG_BADGE] = badge;
    reg[REG_TOKEN] = 0;
}

bool call_take_notice(struct channel *channel, struct thread *server)
{
    uint64_t bits = channel->event == nullptr ? 0 : event_take(channel->event);
    struct list_node *node;
    if (bits != 0) {
        give_notice(server, FE_NOTICE_EVENT, bits, 0);
    } else if ((node = list_take(&channel->notices)) != nullptr) {
        struct notice *notice = CONTAINER(node, struct notice, node);
        give_notice(server, FE_NOTICE_CANCELLED, notice->token, 0);
        notice_destroy(notice);
    } else if ((node = list_take(&channel->ended)) != nullptr) {
        struct session *session = CONTAINER(node, struct session, ended);
        give_notice(server, FE_NOTICE_ENDED, 0, session->badge);
        object_put(&session->object);
    } else {
        return false;
    }
    return true;
}

// The most urgent queued call comes to the current thread. ERR_AGAIN: it failed, try the next.
static enum status take_call(struct channel *channel, struct thread *server)
{
    struct thread *caller = CONTAINER(channel->callers.first, struct thread, node);
    struct session *session = caller->ipc.session;
    if (session->open == nullptr) {
        channel_fail(caller, ERR_PEER_CLOSED);
        return ERR_AGAIN;
    }
    if (message_has_transfer(caller, server)) {
        bool receiver_fails;
        enum status status = message_transfer(caller, server, &receiver_fails);
        if (status < OK && !receiver_fails) {
            channel_fail(caller, status);
            return ERR_AGAIN;
        }
        TRY(status);
    }
    tree_take(&channel->callers, &caller->node);
    hand_over(channel, session->badge, caller, server);
    caller->ipc.session = nullptr;
    caller->state = THREAD_SERVED;
    donation_begin(server, &caller->node, caller->urgency);
    channel_lend(channel);
    object_put(&session->object);
    return OK;
}

// Gives the current thread what is there; ERR_NOT_FOUND: nothing is.
static enum status take_any(struct channel *channel, struct thread *server)
{
    for (;;) {
        if (call_take_notice(channel, server)) return CALL_DEFERRED;
        if (channel->callers.first == nullptr) return ERR_NOT_FOUND;
        enum status status = take_call(channel, server);
        if (status == OK) return CALL_DEFERRED;
        if (status != ERR_AGAIN) return status;
        if (lock_should_pass()) return CALL_RESTART;
    }
}

// There is nothing to receive.
static inline void receive_block(struct channel *channel, struct thread *server, uint64_t deadline)
{
    server->ipc.channel = channel;
    server->ipc.answering = nullptr;
    become_receiver(channel, server);
    channel_list_receiver(channel);
    channel->busy = !tree_is_empty(&channel->receivers);
    if (deadline == FE_FOREVER && !server->limited && !channel->busy) {
        channel_set_alone(channel, server, message_is_plain(server));
        schedule_block(THREAD_RECEIVING);
        return;
    }
    channel->busy = true;
    server->listed = true;
    wait_begin(server, THREAD_RECEIVING, &channel->receivers, deadline);
}

enum status sys_channel_receive(struct channel *channel, struct frame *frame)
{
    struct thread *thread = thread_current();
    TRY(message_prepare(thread, frame->reg[REG_TRANSFER]));
    channel_list_answering(thread); // it may have to wait longer than the next
    enum status status = take_any(channel, thread);
    if (status != ERR_NOT_FOUND) return status;
    uint64_t deadline = frame->reg[REG_DEADLINE];
    if (deadline == FE_UNINTERRUPTED) deadline = FE_FOREVER; // a stopped server serves nobody
    TRY(wait_check(thread, deadline));
    receive_block(channel, thread, deadline);
    return CALL_DEFERRED;
}

// --- Reply ---

// The caller whom `token` names, if it still waits for `channel`'s answer; nullptr: it does not.
static inline struct thread *caller_find(struct channel *channel, struct thread *server,
                                         uint64_t token)
{
    struct thread *caller = server->ipc.answering;
    if (caller == nullptr || caller->ipc.token != token) {
        caller = thread_by_slot((uint32_t)(token & (TOKEN_STEP - 1)));
        if (caller == nullptr || caller->ipc.token != token) return nullptr;
    }
    if (caller->state != THREAD_SERVED || caller->ipc.channel != channel) return nullptr;
    return caller;
}

// The way back up to the point where the caller may run. A caller whose own memory fails has its
// call failed, and to the server it no longer waits.
static inline enum status answer(struct thread *caller, struct thread *server)
{
    if (message_has_transfer(server, caller)) {
        bool receiver_fails;
        enum status status = message_transfer(server, caller, &receiver_fails);
        if (status < OK && receiver_fails) {
            channel_fail(caller, status);
            return ERR_STALE;
        }
        TRY(status);
    }
    copy_words(caller, server);
    caller->frame.reg[0] = OK;
    caller->uninterrupted = false;
    if (timer_is_armed(&caller->timeout)) timer_disarm(&caller->timeout);
    trace_reply(caller, server);
    channel_finish(caller);
    return OK;
}

enum status sys_channel_reply(struct channel *channel, struct frame *frame)
{
    struct thread *thread = thread_current();
    struct thread *caller = caller_find(channel, thread, frame->reg[REG_TOKEN_IN]);
    if (caller == nullptr) return ERR_STALE;
    TRY(message_prepare(thread, frame->reg[REG_TRANSFER]));
    TRY(answer(caller, thread));
    schedule_ready(caller);
    return OK;
}

// Whether nothing is there for the server to go on with.
static inline bool nothing_waits(const struct channel *channel)
{
    const struct event *event = channel->event;
    return channel->callers.first == nullptr && list_is_empty(&channel->notices) &&
           list_is_empty(&channel->ended) &&
           (event == nullptr || (event->bits & event->channel_mask) == 0);
}

// A reply that nobody waits for any more is dropped, unless handles would be lost with it. Once
// answered, the token is cleared in the registers, so that a restart does not answer again.
enum status sys_channel_reply_receive(struct channel *channel, struct frame *frame)
{
    struct thread *thread = thread_current();
    uint64_t token = frame->reg[REG_TOKEN_IN];
    TRY(message_prepare(thread, frame->reg[REG_TRANSFER]));
    struct thread *caller = token == 0 ? nullptr : caller_find(channel, thread, token);
    if (caller != nullptr) {
        TRY(answer(caller, thread));
        if (nothing_waits(channel) && !wait_is_interrupted(thread)) {
            channel_list_answering(thread); // somebody else's, if at all
            receive_block(channel, thread, FE_FOREVER);
            schedule_resume(caller);
            return CALL_DEFERRED;
        }
        frame->reg[REG_TOKEN_IN] = 0;
        schedule_ready(caller);
        if (lock_should_pass()) return CALL_RESTART;
    } else if (thread->ipc.transfer_at != 0 && token != 0 &&
               thread->ipc.transfer.send_handle_count != 0) {
        return ERR_STALE;
    }
    channel_list_answering(thread);
    enum status status = take_any(channel, thread);
    if (status != ERR_NOT_FOUND) return status;
    TRY(wait_check(thread, FE_FOREVER));
    receive_block(channel, thread, FE_FOREVER);
    return CALL_DEFERRED;
}

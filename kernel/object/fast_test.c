// SPDX-License-Identifier: MIT
// The fast path: what it does, everything that it leaves to the ordinary way, and that the two go
// together in any order.
#include "kernel/object/fast.h"
#include "kernel/object/fast_sample.h"
#include "kernel/object/event.h"
#include "kernel/object/slot.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"
#include "test/unit.h"

static void receive(struct thread *thread)
{
    play_as(thread);
    thread->frame.reg[10] = FE_FOREVER;
    thread->frame.reg[11] = 0;
    EXPECT(sys_channel_receive(channel, &thread->frame) == CALL_DEFERRED);
}

static enum status call_slowly(struct thread *thread)
{
    play_as(thread);
    thread->frame.reg[1] = 1;
    thread->frame.reg[10] = FE_FOREVER;
    thread->frame.reg[11] = 0;
    return sys_channel_call(session, &thread->frame);
}

static enum status answer_slowly(struct thread *thread, uint64_t token)
{
    play_as(thread);
    thread->frame.reg[10] = token;
    thread->frame.reg[11] = 0;
    return sys_channel_reply_receive(channel, &thread->frame);
}

// A client with a spare notice, and a server that waits alone.
static void setup(void)
{
    EXPECT(connect(1));
    receive(server);
    EXPECT(call_slowly(client) == CALL_DEFERRED);
    EXPECT(answer_slowly(server, server->frame.reg[11]) == CALL_DEFERRED);
    EXPECT(thread_current() == client && channel->waiting == server && !channel->busy);
}

// As after a way out.
static void settle(void)
{
    arch_cpu()->reschedule = arch_cpu()->timer_stale = false;
}

static struct frame *call(struct thread *thread)
{
    play_as(thread);
    settle();
    return fast_call(thread, session_handle, FE_FOREVER);
}

static struct frame *answer(struct thread *thread, uint64_t token)
{
    settle();
    return fast_reply_receive(thread, channel_handle, token, 0);
}

// Nothing has changed for a call.
static bool is_refused(void)
{
    uint64_t token = client->ipc.token;
    return call(client) == nullptr && thread_current() == client &&
           client->state == THREAD_RUNNING && client->ipc.token == token;
}

TEST("a message passes control to the server that waits, and the answer passes it back")
{
    setup();
    uint64_t before = client_process->cpu_ticks;
    none_machine.counter += 5;
    EXPECT(call(client) == &server->frame && thread_current() == server);
    EXPECT(client_process->cpu_ticks == before + 5);
    EXPECT(client->state == THREAD_SERVED && !client->listed && channel->waiting == nullptr);
    EXPECT(server->frame.reg[10] == 77 && server->frame.reg[11] == client->ipc.token);
    EXPECT(server->urgency == client->urgency && server->state == THREAD_RUNNING);
    EXPECT(answer(server, client->ipc.token) == &client->frame && thread_current() == client);
    EXPECT(server->urgency == server->own_urgency && server->state == THREAD_RECEIVING);
    EXPECT(channel->waiting == server && arch_cpu()->handovers == 2);
}

TEST(
    "a handle that is stale, of another type, without the right or closed is not for the fast path")
{
    setup();
    settle();
    EXPECT(fast_call(client, session_handle + (1u << HANDLE_INDEX_BITS), FE_FOREVER) == nullptr);
    EXPECT(fast_call(client, session_handle + HANDLE_SLOTS_PER_PAGE * 4, FE_FOREVER) == nullptr);
    EXPECT(fast_call(client, 0, FE_FOREVER) == nullptr);
    EXPECT(handle_reserve(client_process, 3) == OK);
    uint32_t weak = handle_insert(client_process, &session->object, ~RIGHT_SESSION_CALL);
    uint32_t other = handle_insert(client_process, &channel->object, RIGHT_ALL);
    uint32_t second = handle_insert(client_process, &session->object, RIGHT_ALL);
    EXPECT(fast_call(client, weak, FE_FOREVER) == nullptr);
    EXPECT(fast_call(client, other, FE_FOREVER) == nullptr);
    EXPECT(fast_call(client, second, FE_FOREVER) == &server->frame);
    EXPECT(answer(server, client->ipc.token) == &client->frame);
    object_put_handle(handle_remove(client_process, second).object);
    EXPECT(none_machine.space == &client_process->space.arch);
    EXPECT(fast_call(client, second, FE_FOREVER) == nullptr && call(client) == &server->frame);
}

TEST("whatever is unusual about the caller, the session or the CPU is left to the ordinary way")
{
    setup();
    settle();
    bool *flags[] = {&client->interrupted, &client->kept,          &client->limited,
                     &client->noticeless,  &client->uninterrupted, &none_machine.space_unready};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        *flags[i] = true;
        EXPECT(fast_call(client, session_handle, FE_FOREVER) == nullptr);
        *flags[i] = false;
    }
    arch_cpu()->shared = true;
    lock_next++; // another CPU has the kernel lock, or waits for it
    EXPECT(fast_call(client, session_handle, FE_FOREVER) == nullptr && !arch_cpu()->fast);
    lock_next--;
    arch_cpu()->shared = false;
    arch_cpu()->reschedule = true;
    EXPECT(fast_call(client, session_handle, FE_FOREVER) == nullptr);
    arch_cpu()->trace_kinds = 1;
    EXPECT(is_refused());
    arch_cpu()->trace_kinds = 0;
    play_as(client);
    EXPECT(sys_channel_revoke(channel, session->object.id) == OK && is_refused());
}

TEST("without a server that waits, or when it is no more, there is no fast path")
{
    setup();
    wait_break(server, ERR_INTERRUPTED);
    EXPECT(channel->waiting == nullptr && is_refused());
    play_as(server);
    receive(server);
    EXPECT(channel->waiting == server && !server->listed);
    struct thread *second = play_thread(server_process, 10);
    receive(second); // two that wait are in a tree, the most urgent first
    EXPECT(channel->waiting == nullptr && server->listed && second->listed && is_refused());
    object_put_handle(handle_remove(server_process, channel_handle).object);
    EXPECT(server->state == THREAD_READY && (int32_t)server->frame.reg[0] == ERR_BAD_HANDLE);
    EXPECT(is_refused());
}

TEST(
    "an answer with a token of another call, or to whom something has happened, goes the other way")
{
    setup();
    EXPECT(call(client) == &server->frame);
    uint64_t token = client->ipc.token;
    EXPECT(answer(server, 0) == nullptr && answer(server, token - TOKEN_STEP) == nullptr);
    channel->busy = true;
    EXPECT(answer(server, token) == nullptr);
    channel->busy = false;
    thread_interrupt(client); // tells the server, who may have answered already
    EXPECT(client->listed && channel->busy && answer(server, token) == nullptr);
    EXPECT(answer_slowly(server, token) == CALL_DEFERRED && client->state == THREAD_READY);
    EXPECT(server->frame.reg[1] == FE_NOTICE_CANCELLED && server->frame.reg[2] == token);
}

TEST("a more urgent thread that is ready runs before the caller goes on")
{
    setup();
    EXPECT(call(client) == &server->frame);
    uint64_t token = client->ipc.token;
    play_thread(client_process, 19);
    struct thread *urgent = play_thread(client_process, 21);
    EXPECT(answer(server, token) == nullptr && thread_current() == server);
    EXPECT(answer_slowly(server, token) == CALL_DEFERRED && client->state == THREAD_READY);
    arch_cpu()->reschedule = true;
    EXPECT(schedule_exit() != nullptr && thread_current() == urgent);
}

TEST("what changes about the caller while it is served reaches the server, and is undone")
{
    setup();
    EXPECT(call(client) == &server->frame);
    client->own_urgency = urgency_of(30, UINT64_MAX);
    schedule_update(client);
    EXPECT(server->urgency == client->own_urgency && client->listed);
    EXPECT(answer(server, client->ipc.token) == nullptr);
    EXPECT(answer_slowly(server, client->ipc.token) == CALL_DEFERRED);
    EXPECT(server->urgency == server->own_urgency && thread_current() == client);
    EXPECT(call(client) == &server->frame && server->urgency == client->urgency);
    server->own_urgency = urgency_of(40, UINT64_MAX);
    schedule_update(server);
    EXPECT(server->urgency == server->own_urgency && server->donors.first == &client->node);
}

TEST("a queued caller lends its urgency beside that of one served fast")
{
    setup();
    EXPECT(call(client) == &server->frame);
    uint64_t token = client->ipc.token;
    struct thread *urgent = play_thread(client_process, 30);
    EXPECT(call_slowly(urgent) == CALL_DEFERRED && server->urgency == urgent->urgency);
    EXPECT(client->listed && channel->busy);
    EXPECT(answer_slowly(server, token) == CALL_DEFERRED && client->state == THREAD_READY);
    EXPECT(server->frame.reg[11] == urgent->ipc.token && server->urgency == urgent->urgency);
}

TEST("ends on either side of a fast call end it as they end any other")
{
    setup();
    EXPECT(call(client) == &server->frame);
    struct thread *second = play_thread(server_process, 10);
    uint64_t token = client->ipc.token;
    while (!thread_kill_step(server)) {
    }
    EXPECT(client->state == THREAD_SERVED && client->listed);
    EXPECT(answer_slowly(second, token) == CALL_DEFERRED && channel->waiting == second);
    EXPECT(call(client) == &second->frame);
    while (!thread_kill_step(client)) {
    }
    EXPECT(second->urgency == second->own_urgency && second->ipc.answering == nullptr);
    setup();
    EXPECT(call(client) == &server->frame);
    object_put_handle(handle_remove(server_process, channel_handle).object);
    EXPECT(client->state == THREAD_READY && (int32_t)client->frame.reg[0] == ERR_ABANDONED);
}

// SPDX-License-Identifier: MIT
// Messages between two played processes: control, copies, handles, ends, inheritance.
#include "kernel/object/call.h"
#include "kernel/none/play.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"
#include "test/unit.h"
#include <string.h>

enum : uintptr_t { TRANSFER = PLAY_MEMORY, BUFFER = PLAY_MEMORY + 0x1000 - 16 };
static struct process *client_process, *server_process;
static struct thread *client, *server;
static struct channel *channel;
static struct session *session;

// Another channel becomes the one that receive() and call() are about.
static bool open_channel(uint64_t badge)
{
    if (channel_create(server_process, &channel) != OK) return false;
    object_get_handle(&channel->object);
    return session_create(channel, server_process, badge, &session) == OK;
}

static bool setup(void)
{
    none_reset();
    client_process = play_process(40);
    server_process = play_process(40);
    client = play_thread(client_process, 20);
    server = play_thread(server_process, 10);
    return open_channel(77);
}

static enum status receive(struct thread *thread, uint64_t transfer)
{
    play_as(thread);
    thread->frame.reg[10] = FE_FOREVER;
    thread->frame.reg[11] = transfer;
    return sys_channel_receive(channel, &thread->frame);
}

static enum status call(struct thread *thread, uint64_t label, uint64_t transfer)
{
    play_as(thread);
    thread->frame.reg[1] = label;
    thread->frame.reg[2] = 22;
    thread->frame.reg[10] = FE_FOREVER;
    thread->frame.reg[11] = transfer;
    enum status status = sys_channel_call(session, &thread->frame);
    return status == ERR_BAD_ADDRESS && user_copy_stopped() ? CALL_RESTART : status;
}

static enum status reply(struct thread *thread, uint64_t token, uint64_t transfer)
{
    play_as(thread);
    thread->frame.reg[1] = 5;
    thread->frame.reg[10] = token;
    thread->frame.reg[11] = transfer;
    return sys_channel_reply(channel, &thread->frame);
}

static struct fe_transfer put_transfer(struct process *process, struct fe_transfer transfer)
{
    play_store(process, TRANSFER, &transfer, sizeof transfer);
    return transfer;
}

static struct fe_transfer get_transfer(struct process *process)
{
    struct fe_transfer transfer;
    play_load(process, TRANSFER, &transfer, sizeof transfer);
    return transfer;
}

TEST("a call passes control to the waiting server, and the reply passes it back")
{
    EXPECT(setup());
    EXPECT(receive(server, 0) == CALL_DEFERRED && server->state == THREAD_RECEIVING);
    EXPECT(call(client, 3, 0) == CALL_DEFERRED);
    EXPECT(thread_current() == server && client->state == THREAD_SERVED);
    const uint64_t *reg = server->frame.reg;
    EXPECT(reg[0] == OK && reg[1] == 3 && reg[2] == 22 && reg[10] == 77);
    EXPECT(server->urgency == client->urgency);
    server->frame.reg[1] = 4;
    server->frame.reg[10] = reg[11];
    server->frame.reg[11] = 0;
    EXPECT(sys_channel_reply_receive(channel, &server->frame) == CALL_DEFERRED);
    EXPECT(thread_current() == client && client->frame.reg[0] == OK && client->frame.reg[1] == 4);
    EXPECT(server->state == THREAD_RECEIVING && server->urgency == server->own_urgency);
}

TEST("calls wait for a busy server by urgency, and lend it theirs")
{
    EXPECT(setup());
    struct thread *urgent = play_thread(client_process, 30);
    EXPECT(receive(server, 0) == CALL_DEFERRED && call(client, 1, 0) == CALL_DEFERRED);
    uint64_t token = server->frame.reg[11];
    struct thread *other = play_thread(client_process, 15);
    EXPECT(call(other, 2, 0) == CALL_DEFERRED && call(urgent, 3, 0) == CALL_DEFERRED);
    EXPECT(server->urgency == urgent->urgency);
    EXPECT(schedule_exit() != nullptr && thread_current() == server);
    EXPECT(reply(server, token, 0) == OK && client->state == THREAD_READY);
    EXPECT(receive(server, 0) == CALL_DEFERRED && server->frame.reg[1] == 3);
    EXPECT(reply(server, server->frame.reg[11], 0) == OK);
    EXPECT(server->urgency == other->urgency);
    EXPECT(reply(server, token, 0) == ERR_STALE);
}

static bool copies(uint32_t size, bool server_waits)
{
    static uint8_t out[100'000], in[100'000];
    if (!setup()) return false;
    for (uint32_t i = 0; i < size; i++) out[i] = (uint8_t)(i * 7);
    play_store(client_process, BUFFER, out, size);
    put_transfer(client_process, (struct fe_transfer){.send = BUFFER, .send_size = size});
    put_transfer(server_process,
                 (struct fe_transfer){.receive = BUFFER + 5, .receive_capacity = size});
    enum status first = server_waits ? receive(server, TRANSFER) : call(client, 1, TRANSFER);
    enum status second = server_waits ? call(client, 1, TRANSFER) : receive(server, TRANSFER);
    if (first != CALL_DEFERRED || second != CALL_DEFERRED) return false;
    play_load(server_process, BUFFER + 5, in, size);
    return memcmp(in, out, size) == 0 && get_transfer(server_process).received_size == size;
}

TEST("a buffer is copied once, whoever came first and wherever its pages end")
{
    static const uint32_t sizes[] = {0, 1, 15, 16, 17, 4096, 4097, 100'000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        EXPECT(copies(sizes[i], true));
        EXPECT(copies(sizes[i], false));
    }
}

TEST("a long copy stops for an interrupt and goes on where it was")
{
    EXPECT(setup());
    uint8_t out[8] = "the end";
    play_store(client_process, BUFFER + 99'992, out, sizeof out);
    put_transfer(client_process, (struct fe_transfer){.send = BUFFER, .send_size = 100'000});
    put_transfer(server_process,
                 (struct fe_transfer){.receive = BUFFER, .receive_capacity = 100'000});
    EXPECT(receive(server, TRANSFER) == CALL_DEFERRED);
    none_machine.interrupt = true;
    uint32_t restarts = 0;
    while (call(client, 1, TRANSFER) == CALL_RESTART) restarts++;
    none_machine.interrupt = false;
    // When each page that either side has to get is there, and when the caller's can be seen, and
    // after each piece that is copied.
    EXPECT(restarts > 20 && restarts < 5 * 26 && client->state == THREAD_SERVED);
    uint8_t in[8];
    play_load(server_process, BUFFER + 99'992, in, sizeof in);
    EXPECT(memcmp(in, out, sizeof out) == 0);
}

// `thread`, on a CPU of its own beside the client's, sends what is in the client's transfer too.
static enum status call_beside(struct thread *thread)
{
    static struct cpu beside;
    struct cpu *first = arch_cpu();
    if (thread->state == THREAD_READY) {
        beside = (struct cpu){.self = &beside, .index = 1};
        schedule_init(&beside);
    }
    none_machine.cpu = &beside;
    enum status status = call(thread, 2, TRANSFER);
    none_machine.cpu = first;
    return status;
}

TEST("two long copies into one room do not spoil each other: the second lets the first finish")
{
    enum : uint32_t { SIZE = 100'000, EVER = 1000 };
    EXPECT(setup());
    struct thread *rival = play_thread(client_process, 20);
    put_transfer(client_process, (struct fe_transfer){.send = BUFFER, .send_size = SIZE});
    put_transfer(server_process, (struct fe_transfer){.receive = BUFFER, .receive_capacity = SIZE});
    EXPECT(receive(server, TRANSFER) == CALL_DEFERRED);
    none_machine.interrupt = true;
    while (client->ipc.copied < SIZE / 2) EXPECT(call(client, 1, TRANSFER) == CALL_RESTART);
    uint32_t before = client->ipc.copied, attempts = 0;
    for (uint32_t i = 0; i < 10; i++) EXPECT(call_beside(rival) == CALL_RESTART);
    EXPECT(call(client, 1, TRANSFER) == CALL_RESTART && client->ipc.copied >= before);
    // Not for ever, and not for one who is less urgent.
    while (rival->ipc.copied == 0 && attempts < EVER) {
        EXPECT(call_beside(rival) == CALL_RESTART);
        attempts++;
    }
    EXPECT(attempts > SIZE / ARCH_PAGE_SIZE && attempts < EVER);
    EXPECT(call(client, 1, TRANSFER) == CALL_RESTART && client->ipc.copied == before);
    rival->urgency++;
    EXPECT(call(client, 1, TRANSFER) == CALL_RESTART && client->ipc.copied < before);
    while (call(client, 1, TRANSFER) == CALL_RESTART) EXPECT(call_beside(rival) == CALL_RESTART);
    EXPECT(client->state == THREAD_SERVED && server->frame.reg[1] == 1);
}

TEST("what is too large for the receiver fails the call and leaves the receiver alone")
{
    EXPECT(setup());
    put_transfer(client_process, (struct fe_transfer){.send = BUFFER, .send_size = 17});
    put_transfer(server_process, (struct fe_transfer){.receive = BUFFER, .receive_capacity = 16});
    EXPECT(receive(server, TRANSFER) == CALL_DEFERRED);
    EXPECT(call(client, 1, TRANSFER) == ERR_TOO_LARGE && server->state == THREAD_RECEIVING);
    EXPECT(call(client, 1, ARCH_USER_END) != CALL_DEFERRED);
    EXPECT(call(client, FE_NOTICE, 0) == ERR_BAD_ARGUMENT);
}

TEST("handles move all together or not at all")
{
    EXPECT(setup());
    struct event *event;
    EXPECT(event_create(client_process, &event) == OK && handle_reserve(client_process, 1) == OK);
    uint32_t handle = handle_insert(client_process, &event->object, RIGHT_ALL);
    put_transfer(server_process, (struct fe_transfer){.receive_handle_capacity = 4});
    EXPECT(receive(server, TRANSFER) == CALL_DEFERRED);
    put_transfer(client_process,
                 (struct fe_transfer){.send_handle_count = 2, .send_handle = {handle, 999}});
    EXPECT(call(client, 1, TRANSFER) == ERR_BAD_HANDLE && event->object.handles == 1);
    put_transfer(client_process,
                 (struct fe_transfer){.send_handle_count = 1, .send_handle = {handle}});
    EXPECT(call(client, 1, TRANSFER) == CALL_DEFERRED);
    struct fe_transfer got = get_transfer(server_process);
    struct handle_entry entry;
    EXPECT(got.received_handle_count == 1);
    EXPECT(handle_look_up(client_process, handle, 0, &entry) == ERR_BAD_HANDLE);
    EXPECT(handle_look_up(server_process, got.received_handle[0], 0, &entry) == OK);
    EXPECT(entry.object == &event->object && event->object.handles == 1);
}

TEST("a caller that gives up is told of, and its token is stale")
{
    EXPECT(setup());
    EXPECT(receive(server, 0) == CALL_DEFERRED && call(client, 1, 0) == CALL_DEFERRED);
    uint64_t token = server->frame.reg[11];
    wait_break(client, ERR_TIMED_OUT);
    EXPECT((int32_t)client->frame.reg[0] == ERR_TIMED_OUT && client->state == THREAD_READY);
    EXPECT(reply(server, token, 0) == ERR_STALE);
    EXPECT(receive(server, 0) == CALL_DEFERRED);
    EXPECT(server->frame.reg[1] == FE_NOTICE_CANCELLED && server->frame.reg[2] == token);
    EXPECT(server->urgency == server->own_urgency);
}

TEST("an interrupt of a received call is told to the server once, whose answer ends it")
{
    EXPECT(setup());
    EXPECT(receive(server, 0) == CALL_DEFERRED && call(client, 1, 0) == CALL_DEFERRED);
    uint64_t token = server->frame.reg[11];
    thread_interrupt(client);
    thread_interrupt(client);
    EXPECT(client->state == THREAD_SERVED && receive(server, 0) == CALL_DEFERRED);
    EXPECT(server->frame.reg[1] == FE_NOTICE_CANCELLED && server->frame.reg[2] == token);
    EXPECT(list_is_empty(&channel->notices) && reply(server, token, 0) == OK);
    EXPECT(client->state == THREAD_READY && client->frame.reg[1] == 5);
}

TEST("a server end that goes away answers everybody")
{
    EXPECT(setup());
    struct thread *queued = play_thread(client_process, 20);
    EXPECT(receive(server, 0) == CALL_DEFERRED && call(client, 1, 0) == CALL_DEFERRED);
    EXPECT(call(queued, 1, 0) == CALL_DEFERRED);
    object_put_handle(&channel->object);
    EXPECT((int32_t)client->frame.reg[0] == ERR_ABANDONED);
    EXPECT((int32_t)queued->frame.reg[0] == ERR_PEER_CLOSED);
    EXPECT(call(client, 1, 0) == ERR_PEER_CLOSED);
}

TEST("a server thread that dies leaves its callers to the others")
{
    EXPECT(setup());
    struct thread *second = play_thread(server_process, 10);
    EXPECT(receive(server, 0) == CALL_DEFERRED && call(client, 1, 0) == CALL_DEFERRED);
    uint64_t token = server->frame.reg[11];
    while (!thread_kill_step(server)) {
    }
    EXPECT(client->state == THREAD_SERVED && reply(second, token, 0) == OK);
    EXPECT(client->state == THREAD_READY && client->frame.reg[1] == 5);
}

TEST("two servers that call each other keep each other urgent only until one gives up")
{
    EXPECT(setup());
    struct channel *first_channel = channel;
    struct session *first_session = session;
    struct thread *urgent = play_thread(client_process, 30);
    struct thread *second = play_thread(server_process, 10);
    EXPECT(receive(server, 0) == CALL_DEFERRED && call(urgent, 1, 0) == CALL_DEFERRED);
    EXPECT(open_channel(78));
    EXPECT(receive(second, 0) == CALL_DEFERRED && call(client, 1, 0) == CALL_DEFERRED);
    EXPECT(call(server, 2, 0) == CALL_DEFERRED && second->urgency == urgent->urgency);
    channel = first_channel;
    session = first_session;
    EXPECT(call(second, 2, 0) == CALL_DEFERRED && server->state == THREAD_CALLING);
    wait_break(urgent, ERR_TIMED_OUT);
    wait_break(server, ERR_TIMED_OUT);
    EXPECT(second->urgency == client->urgency && second->state == THREAD_CALLING);
    EXPECT(server->urgency == client->urgency && server->state == THREAD_READY);
}

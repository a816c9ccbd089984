// SPDX-License-Identifier: MIT
// The fast path of messages with buffers and handles: what travels, what is left to the ordinary
// way with nothing of it having moved, and what it knows of pages.
#include "kernel/memory/page.h"
#include "kernel/object/event.h"
#include "kernel/object/fast.h"
#include "kernel/object/fast_sample.h"
#include "kernel/object/memory.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"
#include "test/unit.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include <string.h>

enum : uintptr_t { TRANSFER = PLAY_MEMORY, BUFFER = PLAY_MEMORY + 0x2000 - 100 };
enum : uint32_t { SIZE = 3000 };
static uint8_t out[PAGE_SIZE + 1], in[PAGE_SIZE + 1];

static void set_registers(struct thread *thread, uint64_t handle, uint64_t last, uint64_t transfer)
{
    uint64_t *reg = thread->frame.reg;
    reg[0] = handle;
    reg[1] = 1;
    reg[10] = last;
    reg[11] = transfer;
    arch_cpu()->reschedule = arch_cpu()->timer_stale = false; // as after a way out
}

static struct frame *call(uint64_t transfer)
{
    play_as(client);
    set_registers(client, session_handle, FE_FOREVER, transfer);
    return fast_transfer(&client->frame, FE_CALL_CHANNEL_CALL);
}

static struct frame *answer(uint64_t transfer)
{
    set_registers(server, channel_handle, client->ipc.token, transfer);
    return fast_transfer(&server->frame, FE_CALL_CHANNEL_REPLY_RECEIVE);
}

static void put(struct process *process, struct fe_transfer transfer)
{
    play_store(process, TRANSFER, &transfer, sizeof transfer);
}

static struct fe_transfer get(struct process *process)
{
    struct fe_transfer transfer;
    play_load(process, TRANSFER, &transfer, sizeof transfer);
    return transfer;
}

static const struct fe_transfer room = {
    .receive = BUFFER, .receive_capacity = SIZE, .receive_handle_capacity = 2};

// A client that has called once, and a server that waits alone for any message.
static void setup(void)
{
    EXPECT(connect(8));
    put(server_process, room);
    play_as(server);
    set_registers(server, channel_handle, FE_FOREVER, TRANSFER);
    EXPECT(sys_channel_receive(channel, &server->frame) == CALL_DEFERRED);
    play_as(client);
    set_registers(client, session_handle, FE_FOREVER, 0);
    EXPECT(sys_channel_call(session, &client->frame) == CALL_DEFERRED);
    EXPECT(schedule_exit() == &server->frame);
    set_registers(server, channel_handle, client->ipc.token, TRANSFER);
    EXPECT(sys_channel_reply_receive(channel, &server->frame) == CALL_DEFERRED);
    EXPECT(schedule_exit() == &client->frame);
    EXPECT(channel->attending == server && channel->waiting == nullptr && !channel->busy);
    for (size_t i = 0; i < sizeof out; i++) out[i] = (uint8_t)(i * 7 + 1);
}

static uint32_t event_make(struct process *process)
{
    struct event *event;
    if (event_create(process, &event) != OK || handle_reserve(process, 1) != OK) return 0;
    uint32_t handle = handle_insert(process, &event->object, RIGHT_ALL);
    object_put(&event->object);
    return handle;
}

static bool has(struct process *process, uint32_t handle)
{
    struct handle_entry entry;
    return handle_look_up(process, handle, 0, &entry) == OK && entry.object->type == OBJECT_EVENT &&
           entry.object->handles == 1 && entry.object->references == 1;
}

static bool holds(struct process *process, uintptr_t address, size_t size)
{
    play_load(process, address, in, size);
    return memcmp(in, out, size) == 0;
}

TEST("a buffer and a handle go with a call, and come back with the answer")
{
    EXPECT_ALL(setup());
    uint32_t event = event_make(client_process);
    play_store(client_process, BUFFER, out, SIZE);
    put(client_process, (struct fe_transfer){.send = BUFFER,
                                             .send_size = SIZE,
                                             .receive = BUFFER + PAGE_SIZE,
                                             .receive_capacity = PAGE_SIZE,
                                             .receive_handle_capacity = 1,
                                             .send_handle_count = 1,
                                             .send_handle = {event}});
    EXPECT(call(TRANSFER) == &server->frame && thread_current() == server);
    EXPECT(client->state == THREAD_SERVED && client->buffered && !client->listed);
    EXPECT(channel->attending == nullptr && server->frame.reg[10] == 77);
    struct fe_transfer told = get(server_process);
    EXPECT(told.received_size == SIZE && told.received_handle_count == 1);
    EXPECT(holds(server_process, BUFFER, SIZE) && !has(client_process, event));
    EXPECT(has(server_process, told.received_handle[0]));

    told.send = BUFFER;
    told.send_size = SIZE;
    told.send_handle_count = 1;
    told.send_handle[0] = told.received_handle[0];
    put(server_process, told);
    EXPECT(answer(TRANSFER) == &client->frame && thread_current() == client);
    EXPECT(client->state == THREAD_RUNNING && !client->buffered && channel->attending == server);
    told = get(client_process);
    EXPECT(told.received_size == SIZE && told.received_handle_count == 1);
    EXPECT(holds(client_process, BUFFER + PAGE_SIZE, SIZE));
    EXPECT(has(client_process, told.received_handle[0]) && told.received_handle[0] != event);
}

TEST("nothing is said where nothing came, also to a struct that said otherwise")
{
    EXPECT_ALL(setup());
    put(client_process, (struct fe_transfer){.received_size = 9, .received_handle_count = 3});
    EXPECT(call(TRANSFER) == &server->frame);
    EXPECT(fast_reply_receive(server, channel_handle, client->ipc.token, 0) == nullptr);
    EXPECT(answer(0) == &client->frame && channel->waiting == server);
    struct fe_transfer told = get(client_process);
    EXPECT(told.received_size == 0 && told.received_handle_count == 0);
    put(server_process, (struct fe_transfer){.received_size = 9});
    EXPECT(call(0) == &server->frame && !client->buffered);
    EXPECT(get(server_process).received_size == 9); // it waited for registers only
}

TEST("a struct that goes on in another page is written in both")
{
    enum : uintptr_t { APART = PLAY_MEMORY + PAGE_SIZE - 48 };
    EXPECT_ALL(setup());
    struct fe_transfer wish = {.receive_handle_capacity = 1, .received_size = 9};
    EXPECT(call(0) == &server->frame);
    play_store(server_process, APART, &wish, sizeof wish);
    EXPECT(answer(APART) == &client->frame);
    uint32_t event = event_make(client_process);
    put(client_process, (struct fe_transfer){.send_handle_count = 1, .send_handle = {event}});
    EXPECT(call(TRANSFER) == &server->frame);
    play_load(server_process, APART, &wish, sizeof wish);
    EXPECT(wish.received_size == 0 && wish.received_handle_count == 1);
    EXPECT(has(server_process, wish.received_handle[0]));
}

TEST("what cannot go at once is left to the ordinary way, and nothing of it has moved")
{
    EXPECT_ALL(setup());
    uint32_t event = event_make(client_process);
    const struct fe_transfer good = {
        .send = BUFFER, .send_size = 8, .send_handle_count = 1, .send_handle = {event}};
    struct fe_transfer bad[10];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) bad[i] = good;
    bad[0].send_size = SIZE + 1;                               // does not fit
    bad[1].send = PLAY_MEMORY + 8 * PAGE_SIZE - 4;             // half of it is nothing's
    bad[2].send = ARCH_USER_END - 4;                           // nor is this the user's
    bad[3].send_handle_count = 3;                              // more than fit
    bad[4].send_handle[0] = event + (1u << HANDLE_INDEX_BITS); // of another generation
    bad[5].send_handle_count = 2;                              // the same one twice
    bad[5].send_handle[1] = event;
    bad[6].send_handle_count = FE_MESSAGE_HANDLES + 1;
    bad[7].receive = PLAY_MEMORY, bad[7].receive_capacity = UINT32_MAX, bad[7].receive = 1;
    bad[8].send_size = FE_BUFFER_MAX + 1;
    bad[9].receive_handle_capacity = FE_MESSAGE_HANDLES + 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(client_process, bad[i]);
        EXPECT(call(TRANSFER) == nullptr && thread_current() == client);
        EXPECT(client->state == THREAD_RUNNING && channel->attending == server);
        EXPECT(has(client_process, event) && get(server_process).received_size == 0);
    }
    put(client_process, good);
    EXPECT(call(TRANSFER + 4) == nullptr && call(PLAY_MEMORY + 8 * PAGE_SIZE) == nullptr);
    server_process->entitlement.object_kinds &= ~(1u << OBJECT_EVENT);
    EXPECT(call(TRANSFER) == nullptr && has(client_process, event));
    server_process->entitlement.object_kinds |= 1u << OBJECT_EVENT;
    set_registers(client, session_handle, 1'000'000, TRANSFER); // a deadline
    EXPECT(fast_transfer(&client->frame, FE_CALL_CHANNEL_CALL) == nullptr);
    set_registers(client, session_handle, FE_FOREVER, TRANSFER);
    client->frame.reg[1] = FE_NOTICE;
    EXPECT(fast_transfer(&client->frame, FE_CALL_CHANNEL_CALL) == nullptr);
    arch_cpu()->timer_stale = true;
    EXPECT(fast_transfer(&client->frame, FE_CALL_CHANNEL_CALL) == nullptr);
    EXPECT(call(TRANSFER) == &server->frame && !has(client_process, event));
}

// Has the server's own access bring in what it may do at BUFFER, so that its translation tells.
static bool touch(struct process *process)
{
    struct space *before = arch_cpu()->space;
    struct thread *current = arch_cpu()->current;
    arch_cpu()->current = process == server_process ? server : client;
    arch_cpu()->space = &process->space;
    arch_space_switch(&process->space.arch);
    uint8_t byte = 0;
    bool is_there = arch_user_write(BUFFER, &byte, 1);
    arch_cpu()->current = current;
    arch_cpu()->space = before;
    arch_space_switch(&before->arch);
    return is_there;
}

static bool remap(struct space *space, uintptr_t page, struct memory *memory)
{
    uintptr_t at = page;
    while (at < page + PAGE_SIZE)
        if (space_unmap(space, &at, page + PAGE_SIZE) != OK) return false;
    struct space_view view = {.memory = memory,
                              .size = PAGE_SIZE,
                              .flags = MAP_READ | MAP_WRITE | MAP_FIXED,
                              .allowed = MAP_READ | MAP_WRITE};
    at = page;
    return space_map(space, &view, &at) == OK;
}

TEST("what is known of a receiver's page is forgotten with its translation")
{
    enum : uintptr_t { PAGE = BUFFER & ~(uintptr_t)(PAGE_SIZE - 1) };
    EXPECT_ALL(setup());
    struct memory *first, *second;
    EXPECT(memory_make(server_process, PAGE_SIZE, &first) == OK);
    EXPECT(memory_make(server_process, PAGE_SIZE, &second) == OK);
    EXPECT(remap(&server_process->space, PAGE, first) && touch(server_process));
    play_store(client_process, BUFFER, out, 8);
    put(client_process, (struct fe_transfer){.send = BUFFER, .send_size = 8});
    EXPECT(call(TRANSFER) == &server->frame && answer(TRANSFER) == &client->frame);
    const struct page_view *view = &server->ipc.buffer_view[BUFFER / PAGE_SIZE % 2];
    EXPECT((view->page & ~(uintptr_t)(PAGE_SIZE - 1)) == PAGE && (view->page & MAP_WRITE) != 0);
    EXPECT(memory_load(first, BUFFER % PAGE_SIZE, in, 8) == OK && memcmp(in, out, 8) == 0);

    EXPECT(remap(&server_process->space, PAGE, second));
    play_store(client_process, BUFFER, out + 8, 8);
    EXPECT(call(TRANSFER) == &server->frame && answer(TRANSFER) == &client->frame);
    EXPECT(memory_load(first, BUFFER % PAGE_SIZE, in, 8) == OK && memcmp(in, out, 8) == 0);
    EXPECT(memory_load(second, BUFFER % PAGE_SIZE, in, 8) == OK && memcmp(in, out + 8, 8) == 0);

    EXPECT(touch(server_process) && call(TRANSFER) == &server->frame);
    EXPECT(answer(TRANSFER) == &client->frame);
    uintptr_t at = PAGE;
    EXPECT(space_protect(&server_process->space, &at, PAGE + PAGE_SIZE, MAP_READ) == OK);
    play_store(client_process, BUFFER, out, 8);
    EXPECT(call(TRANSFER) == nullptr && channel->attending == server);
    EXPECT(memory_load(second, BUFFER % PAGE_SIZE, in, 8) == OK && memcmp(in, out + 8, 8) == 0);
    object_put(&first->object);
    object_put(&second->object);
}

TEST("a clone made meanwhile does not see what a message brings")
{
    EXPECT_ALL(setup());
    struct memory *memory, *clone;
    EXPECT(memory_make(server_process, PAGE_SIZE, &memory) == OK);
    EXPECT(remap(&server_process->space, BUFFER & ~(uintptr_t)(PAGE_SIZE - 1), memory));
    EXPECT(touch(server_process));
    play_store(client_process, BUFFER, out, 8);
    put(client_process, (struct fe_transfer){.send = BUFFER, .send_size = 8});
    EXPECT(call(TRANSFER) == &server->frame && answer(TRANSFER) == &client->frame);
    uint64_t done = 0;
    EXPECT(memory_clone_make(server_process, memory, 0, PAGE_SIZE, &clone) == OK);
    while (done < PAGE_SIZE) EXPECT(memory_clone_step(clone, memory, 0, &done) == OK);
    play_store(client_process, BUFFER, out + 8, 8);
    EXPECT(call(TRANSFER) == &server->frame && answer(TRANSFER) == &client->frame);
    EXPECT(memory_load(clone, BUFFER % PAGE_SIZE, in, 8) == OK && memcmp(in, out, 8) == 0);
    EXPECT(memory_load(memory, BUFFER % PAGE_SIZE, in, 8) == OK && memcmp(in, out + 8, 8) == 0);
    object_put(&memory->object);
    object_put(&clone->object);
}

TEST("each wait that begins here has a name of its own for copies that stop")
{
    EXPECT_ALL(setup());
    uint32_t caller_waits = client->waits, server_waits = server->waits;
    put(client_process, room);
    EXPECT(call(TRANSFER) == &server->frame && client->waits == caller_waits + 1);
    EXPECT(answer(TRANSFER) == &client->frame && server->waits == server_waits + 1);
}

TEST("a caller with a struct that ends, is interrupted or outlives its server is as any other")
{
    EXPECT_ALL(setup());
    put(client_process, room);
    EXPECT(call(TRANSFER) == &server->frame && client->buffered);
    thread_interrupt(client);
    EXPECT(client->listed && !client->buffered && answer(TRANSFER) == nullptr);
    EXPECT_ALL(setup());
    put(client_process, room);
    EXPECT(call(TRANSFER) == &server->frame);
    while (!thread_kill_step(client)) {
    }
    EXPECT(server->ipc.answering == nullptr && server->urgency == server->own_urgency);
    EXPECT_ALL(setup());
    put(client_process, room);
    EXPECT(call(TRANSFER) == &server->frame);
    object_put_handle(handle_remove(server_process, channel_handle).object);
    EXPECT(client->state == THREAD_READY && (int32_t)client->frame.reg[0] == ERR_ABANDONED);
    EXPECT(!client->buffered);
}

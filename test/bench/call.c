// SPDX-License-Identifier: MIT
// What calls cost: one that does nothing, those to a server in another address space, and giving
// the CPU to an equal. Names and what they are compared with are in tool/bench.
#include "measure.h"

#include <ferrite/libc.h>

enum : uint32_t { BUFFER = 4096 };

// What the server is asked to do, in the message's label. From SIZE_FIRST on: to answer with so
// many bytes.
enum request : uint64_t {
    ANSWER,  // and nothing else travels
    WELCOME, // from now on what comes along, too
    COMPUTE, // with a floating-point number
    RETURN,  // the handle that came
    SIZE_FIRST,
};

static char buffer[BUFFER];
static volatile double number = 1;

TEST("a call that does nothing")
{
    uint64_t id;
    MEASURE("null_call", EXPECT(fe_thread_current(&id) == OK));
}

static void answer(struct fe_message *message, struct fe_transfer *transfer)
{
    transfer->send = (uintptr_t)buffer;
    transfer->send_size = message->label >= SIZE_FIRST ? (uint32_t)message->label : 0;
    transfer->send_handle_count = message->label == RETURN ? 1 : 0;
    transfer->send_handle[0] = transfer->received_handle[0];
    if (message->label == COMPUTE) number = number * 1.0001;
    bool is_bare = message->label == ANSWER || message->label == COMPUTE;
    message->transfer = is_bare ? nullptr : transfer;
}

static int serve(void)
{
    fe_handle channel = fe_start_handle("channel");
    struct fe_transfer transfer = {
        .receive = (uintptr_t)buffer, .receive_capacity = BUFFER, .receive_handle_capacity = 1};
    struct fe_message message = {.transfer = &transfer};
    enum status status = fe_channel_receive(channel, &message, FE_FOREVER);
    while (status == OK && message.label < FE_NOTICE) {
        message.transfer = nullptr;
        if (message.label != ANSWER) answer(&message, &transfer);
        status = fe_channel_reply_receive(channel, &message);
    }
    return 0;
}

int guest_child(const char *role)
{
    return strcmp(role, "serve") == 0 ? serve() : 0;
}

static fe_handle session;
static struct fe_child server;

static void server_start(void)
{
    fe_handle channel;
    uint64_t id;
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 1, &session, &id) == OK);
    struct fe_spawn_handle handle = {"channel", channel, 0, false};
    EXPECT(guest_spawn("serve", &handle, 1, &server) == OK);
}

static void server_end(void)
{
    struct fe_process_info info;
    EXPECT(fe_handle_close(session) == OK);
    EXPECT(guest_wait(&server, &info) == OK);
}

// Not made in a vector register: those are another figure's.
static inline uint64_t scalar(uint64_t value)
{
    __asm__("" : "+r"(value));
    return value;
}

TEST("call and reply across address spaces")
{
    struct fe_message message = {};
    EXPECT_ALL(server_start());
    MEASURE("ipc_roundtrip_0w", {
        message.label = ANSWER;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    MEASURE("ipc_roundtrip_8w", {
        message.label = ANSWER;
        for (uint32_t w = 0; w < FE_MESSAGE_WORDS; w++) message.word[w] = scalar(w + i);
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    MEASURE("ipc_roundtrip_fp", {
        message.label = COMPUTE;
        number = number * 1.0001;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    EXPECT_ALL(server_end());
}

TEST("call and reply across address spaces with a buffer")
{
    struct fe_transfer transfer = {.receive = (uintptr_t)buffer, .receive_capacity = BUFFER};
    struct fe_message message = {.transfer = &transfer};
    EXPECT_ALL(server_start());
    MEASURE("ipc_roundtrip_4k", {
        message.label = BUFFER;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    transfer.send = (uintptr_t)buffer;
    transfer.send_size = BUFFER;
    MEASURE("ipc_roundtrip_4k_both", {
        message.label = BUFFER;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    EXPECT_ALL(server_end());
}

TEST("call and reply across address spaces with a handle")
{
    struct fe_transfer transfer = {.send_handle_count = 1, .receive_handle_capacity = 1};
    struct fe_message message = {.label = WELCOME};
    EXPECT_ALL(server_start());
    EXPECT(fe_event_create(&transfer.send_handle[0]) == OK);
    EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    message.transfer = &transfer;
    MEASURE("ipc_roundtrip_handle", {
        message.label = RETURN;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
        EXPECT(transfer.received_handle_count == 1);
        transfer.send_handle[0] = transfer.received_handle[0];
    });
    EXPECT(fe_handle_close(transfer.send_handle[0]) == OK);
    EXPECT_ALL(server_end());
}

static volatile bool is_over;

static void equal(void *)
{
    while (!is_over) {
        if (fe_thread_yield() != OK) return;
    }
}

TEST("giving the CPU to an equal")
{
    EXPECT(guest_thread(equal, nullptr, 0) == OK);
    MEASURE_EACH("yield", 2, EXPECT(fe_thread_yield() == OK));
    is_over = true;
    EXPECT(fe_thread_yield() == OK);
}

// SPDX-License-Identifier: MIT
// Servers that receive with FE_TRANSFER_ROOM: they answer in registers, and what a message brings
// besides reaches them all the same.
#include <ferrite/libc.h>
#include <guest/guest.h>

struct server {
    fe_handle channel, session;
    size_t offset; // of the room from where it should be
    enum status end;
};

static char received[64];
static alignas(2 * FE_TRANSFER_ROOM_ALIGN) char place[4 * FE_TRANSFER_ROOM_ALIGN];

// Answers with what came: label, size and first byte of the buffer, handles.
static void serve(void *argument)
{
    struct server *server = argument;
    struct fe_transfer *room = (struct fe_transfer *)(place + server->offset);
    *room = (struct fe_transfer){.receive = (uintptr_t)received,
                                 .receive_capacity = sizeof received,
                                 .receive_handle_capacity = 1};
    struct fe_message message = {};
    enum status status = OK;
    for (bool first = true; status == OK; first = false) {
        message.transfer = (struct fe_transfer *)((uintptr_t)room | FE_TRANSFER_ROOM);
        status = first ? fe_channel_receive(server->channel, &message, FE_FOREVER)
                       : fe_channel_reply_receive(server->channel, &message);
        if (status != OK || message.label > FE_NOTICE) break;
        message.word[0] = message.label;
        message.word[1] = room->received_size;
        message.word[2] = room->received_size != 0 ? (uint64_t)received[0] : 0;
        message.word[3] = room->received_handle_count;
        if (room->received_handle_count != 0) (void)!fe_handle_close(room->received_handle[0]);
        room->received_size = room->received_handle_count = 0;
    }
    server->end = status;
    (void)!fe_handle_close(server->channel);
}

static enum status server_start(struct server *server)
{
    uint64_t id;
    TRY(fe_channel_create(&server->channel));
    TRY(fe_channel_mint(server->channel, 1, &server->session, &id));
    return guest_thread(serve, server, 0);
}

static bool calls(const struct server *server, struct fe_message message, uint64_t deadline)
{
    uint64_t label = message.label, size = 0, handles = 0;
    char byte = 0;
    if (message.transfer != nullptr) {
        size = message.transfer->send_size;
        handles = message.transfer->send_handle_count;
        if (size != 0) byte = *(const char *)message.transfer->send;
    }
    if (fe_channel_call(server->session, &message, deadline) != OK) return false;
    return message.word[0] == label && message.word[1] == size &&
           message.word[2] == (uint64_t)byte && message.word[3] == handles;
}

TEST("calls in registers and calls with buffers and handles follow each other in any order")
{
    static struct server server;
    EXPECT(server_start(&server) == OK);
    for (uint32_t round = 0; round < 64; round++) {
        char text[8] = {(char)('a' + round % 26)};
        fe_handle event;
        EXPECT(fe_event_create(&event) == OK);
        bool has_buffer = (round & 1) != 0, has_handle = (round & 2) != 0;
        struct fe_transfer transfer = {.send = (uintptr_t)text,
                                       .send_size = has_buffer ? sizeof text : 0,
                                       .send_handle_count = has_handle,
                                       .send_handle = {event}};
        struct fe_message message = {.label = round};
        if ((round & 4) != 0 || has_buffer || has_handle) message.transfer = &transfer;
        EXPECT(calls(&server, message, (round & 8) != 0 ? FE_UNINTERRUPTED : FE_FOREVER));
        EXPECT(fe_handle_close(event) == (has_handle ? ERR_BAD_HANDLE : OK));
    }
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("what does not fit the room fails the call, and the server does not hear of it")
{
    static struct server server;
    static char large[sizeof received + 1];
    EXPECT(server_start(&server) == OK);
    struct fe_transfer transfer = {.send = (uintptr_t)large, .send_size = sizeof large};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    EXPECT(calls(&server, (struct fe_message){.label = 7}, FE_FOREVER));
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == ERR_TOO_LARGE);
    EXPECT(calls(&server, (struct fe_message){.label = 8}, FE_FOREVER));
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a room that could cross a page fails the server when something comes, and nobody else")
{
    static struct server server = {.offset = 8};
    EXPECT(server_start(&server) == OK);
    EXPECT(calls(&server, (struct fe_message){.label = 7}, FE_FOREVER));
    struct fe_transfer transfer = {.send = (uintptr_t)received, .send_size = 1};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    enum status status = fe_channel_call(server.session, &message, guest_limit());
    EXPECT(status == ERR_PEER_CLOSED && server.end == ERR_BAD_ARGUMENT);
    EXPECT(fe_handle_close(server.session) == OK);
}

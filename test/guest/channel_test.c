// SPDX-License-Identifier: MIT
// Channels: calls and replies, what travels with them, sessions and their ends, deadlines.
#include <ferrite/libc.h>
#include <guest/guest.h>

struct server {
    fe_handle channel, session;
    uint64_t session_id;
    enum status end; // what receive gave when the server stopped
};

static char received[256];
static fe_handle go; // an event

static enum status wait_for_go(void)
{
    uint64_t bits;
    return fe_event_wait(go, 1, guest_limit(), &bits);
}

// Answers each call: label 1 echoes words and buffer, 2 answers badge and label, 3 gives an event,
// 4 is answered only when the server is told to; any other ends the server without an answer.
static enum status answer(struct server *server, struct fe_message *message)
{
    struct fe_transfer *transfer = message->transfer;
    transfer->send = (uintptr_t)received;
    transfer->send_size = message->label == 1 ? transfer->received_size : 0;
    transfer->send_handle_count = 0;
    if (message->label == 2) message->word[0] = message->badge;
    if (message->label == 3) {
        TRY(fe_event_create(&transfer->send_handle[0]));
        TRY(fe_event_signal(transfer->send_handle[0], 0x33));
        transfer->send_handle_count = 1;
    }
    if (message->label == 4) TRY(wait_for_go());
    return fe_channel_reply_receive(server->channel, message);
}

static void serve(void *argument)
{
    struct server *server = argument;
    struct fe_transfer transfer = {.receive = (uintptr_t)received,
                                   .receive_capacity = sizeof received,
                                   .receive_handle_capacity = 4};
    struct fe_message message = {.transfer = &transfer};
    enum status status = fe_channel_receive(server->channel, &message, FE_FOREVER);
    while (status == OK &&
           ((message.label >= 1 && message.label <= 4) || message.label > FE_NOTICE)) {
        if (message.label > FE_NOTICE)
            status = fe_channel_receive(server->channel, &message, FE_FOREVER);
        else
            status = answer(server, &message);
        if (status == ERR_STALE) status = fe_channel_receive(server->channel, &message, FE_FOREVER);
    }
    server->end = status;
    (void)!fe_handle_close(server->channel);
}

static enum status server_start(struct server *server)
{
    TRY(fe_channel_create(&server->channel));
    TRY(fe_channel_mint(server->channel, 77, &server->session, &server->session_id));
    return guest_thread(serve, server, 0);
}

TEST("words and label go there and come back")
{
    static struct server server;
    EXPECT(server_start(&server) == OK);
    struct fe_message message = {.label = 1};
    for (unsigned i = 0; i < FE_MESSAGE_WORDS; i++)
        message.word[i] = 0x1111'0000'0000'0000u * i + i;
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == OK);
    for (unsigned i = 0; i < FE_MESSAGE_WORDS; i++)
        EXPECT(message.word[i] == 0x1111'0000'0000'0000u * i + i);
    message.label = 2;
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == OK && message.word[0] == 77);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a buffer is copied both ways")
{
    static struct server server;
    static const char text[] = "once, directly, from the sender to the receiver";
    char back[sizeof text] = {};
    EXPECT(server_start(&server) == OK);
    struct fe_transfer transfer = {.send = (uintptr_t)text,
                                   .send_size = sizeof text,
                                   .receive = (uintptr_t)back,
                                   .receive_capacity = sizeof back};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == OK);
    EXPECT(transfer.received_size == sizeof text && memcmp(text, back, sizeof text) == 0);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a buffer that is too large for the receiver fails the call and leaves the server alone")
{
    static struct server server;
    static char large[sizeof received + 1];
    EXPECT(server_start(&server) == OK);
    struct fe_transfer transfer = {.send = (uintptr_t)large, .send_size = sizeof large};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == ERR_TOO_LARGE);
    message = (struct fe_message){.label = 2};
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == OK);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a handle moves in an answer")
{
    static struct server server;
    uint64_t bits;
    EXPECT(server_start(&server) == OK);
    struct fe_transfer transfer = {.receive_handle_capacity = 1};
    struct fe_message message = {.label = 3, .transfer = &transfer};
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == OK);
    EXPECT(transfer.received_handle_count == 1);
    fe_handle event = transfer.received_handle[0];
    EXPECT(fe_event_wait(event, 0xff, 0, &bits) == OK && bits == 0x33);
    EXPECT(fe_handle_close(event) == OK);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a handle that is sent is gone from the sender")
{
    static struct server server;
    fe_handle event;
    EXPECT(server_start(&server) == OK);
    EXPECT(fe_event_create(&event) == OK);
    struct fe_transfer transfer = {.send_handle_count = 1, .send_handle = {event}};
    struct fe_message message = {.label = 2, .transfer = &transfer};
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == OK);
    EXPECT(fe_event_signal(event, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("bad memory and bad handles in a transfer fail the call")
{
    static struct server server;
    EXPECT(server_start(&server) == OK);
    struct fe_message message = {.label = 1, .transfer = (struct fe_transfer *)kernel_address};
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == ERR_BAD_ADDRESS);
    struct fe_transfer transfer = {.send = unmapped_address, .send_size = 64};
    message.transfer = &transfer;
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == ERR_BAD_ADDRESS);
    transfer = (struct fe_transfer){.send_handle_count = 1, .send_handle = {NO_SUCH_HANDLE}};
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == ERR_BAD_HANDLE);
    message = (struct fe_message){.label = FE_NOTICE_EVENT};
    EXPECT(fe_channel_call(server.session, &message, 0) == ERR_BAD_ARGUMENT);
    message.label = 2;
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == OK);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a call ends at its deadline when no answer came")
{
    static struct server server;
    EXPECT(server_start(&server) == OK);
    EXPECT(fe_event_create(&go) == OK);
    struct fe_message message = {.label = 4};
    uint64_t deadline = fe_clock_after(5 * MILLISECOND);
    EXPECT(fe_channel_call(server.session, &message, deadline) == ERR_TIMED_OUT);
    EXPECT(fe_clock_monotonic() >= deadline);
    EXPECT(fe_event_signal(go, 1) == OK);
    message.label = 2;
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == OK);
    EXPECT(fe_handle_close(server.session) == OK && fe_handle_close(go) == OK);
}

TEST("a server that goes away answers whoever waits with the news")
{
    static struct server server;
    EXPECT(server_start(&server) == OK);
    struct fe_message message = {.label = 9};
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == ERR_ABANDONED);
    EXPECT(fe_channel_call(server.session, &message, guest_limit()) == ERR_PEER_CLOSED);
    EXPECT(fe_handle_close(server.session) == OK);
}

// Receives one call and ends with it.
int guest_child(const char *)
{
    struct fe_message message = {};
    return (int)fe_channel_receive(fe_start_handle("server"), &message, FE_FOREVER);
}

TEST("a server's end is told to those it served, and another process with the channel goes on")
{
    fe_handle channel, session;
    uint64_t id;
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 5, &session, &id) == OK);
    struct fe_spawn_handle handle = {"server", channel, 0, true};
    EXPECT(guest_spawn("server", &handle, 1, &child) == OK);
    struct fe_message message = {.label = 1};
    EXPECT(fe_channel_call(session, &message, guest_limit()) == ERR_ABANDONED);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == OK);
    message.label = 1; // now it waits for the next server
    EXPECT(fe_channel_call(session, &message, fe_clock_after(MILLISECOND)) == ERR_TIMED_OUT);
    EXPECT(fe_handle_close(session) == OK);
    EXPECT(fe_channel_receive(channel, &message, guest_limit()) == OK);
    EXPECT(message.label == FE_NOTICE_ENDED && message.badge == 5);
    EXPECT(fe_handle_close(channel) == OK);
}

TEST("the server is told when a session's last handle is gone")
{
    fe_handle channel, session, copy;
    uint64_t id;
    struct fe_message message = {};
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 5, &session, &id) == OK);
    EXPECT(fe_handle_copy(session, &copy) == OK);
    EXPECT(fe_handle_close(session) == OK);
    EXPECT(fe_channel_receive(channel, &message, 0) == ERR_TIMED_OUT);
    EXPECT(fe_handle_close(copy) == OK);
    EXPECT(fe_channel_receive(channel, &message, guest_limit()) == OK);
    EXPECT(message.label == FE_NOTICE_ENDED && message.badge == 5);
    EXPECT(fe_handle_close(channel) == OK);
}

TEST("a revoked session is dead in every copy")
{
    fe_handle channel, session;
    uint64_t id;
    struct fe_message message = {.label = 1};
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 5, &session, &id) == OK);
    EXPECT(fe_channel_revoke(channel, id) == OK);
    EXPECT(fe_channel_call(session, &message, guest_limit()) == ERR_PEER_CLOSED);
    EXPECT(fe_channel_revoke(channel, id + 12345) == ERR_NOT_FOUND);
    EXPECT(fe_handle_close(session) == OK);
    EXPECT(fe_handle_close(channel) == OK);
}

TEST("a session's note is for whoever serves the channel, as long as the session is there")
{
    fe_handle channel, session[2], weak;
    uint64_t id[2], found, badge;
    char text[64];
    static char large[1025];
    size_t size;
    EXPECT(fe_channel_create(&channel) == OK);
    for (uint32_t i = 0; i < 2; i++)
        EXPECT(fe_channel_mint(channel, 5 + i, &session[i], &id[i]) == OK);
    EXPECT(fe_channel_next_note(channel, 0, text, sizeof text, &found, &badge, &size) ==
           ERR_NOT_FOUND);
    EXPECT(fe_channel_note(channel, id[1], "second", 6) == OK);
    EXPECT(fe_channel_note(channel, id[0], large, 1024) == OK);
    EXPECT(fe_channel_note(channel, id[0], "once", 4) == ERR_EXISTS);
    EXPECT(fe_channel_next_note(channel, 0, text, sizeof text, &found, &badge, &size) ==
           ERR_TOO_LARGE);
    EXPECT(fe_channel_next_note(channel, 0, large, sizeof large, &found, &badge, &size) == OK);
    EXPECT(found == id[0] && badge == 5 && size == 1024);
    EXPECT(fe_channel_next_note(channel, id[0], text, sizeof text, &found, &badge, &size) == OK);
    EXPECT(found == id[1] && badge == 6 && size == 6 && memcmp(text, "second", 6) == 0);
    EXPECT(fe_channel_next_note(channel, id[1], text, sizeof text, &found, &badge, &size) ==
           ERR_NOT_FOUND);
    EXPECT(fe_channel_next_note(channel, UINT64_MAX, text, sizeof text, &found, &badge, &size) ==
           ERR_NOT_FOUND);
    EXPECT(fe_handle_close(session[1]) == OK);
    struct fe_message message = {};
    EXPECT(fe_channel_receive(channel, &message, guest_limit()) == OK); // it has ended
    EXPECT(fe_channel_next_note(channel, id[0], text, sizeof text, &found, &badge, &size) ==
           ERR_NOT_FOUND);
    EXPECT(fe_handle_duplicate(channel, RIGHT_CHANNEL_SERVE, &weak) == OK);
    EXPECT(fe_channel_next_note(weak, 0, large, sizeof large, &found, &badge, &size) ==
           ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(session[0]) == OK);
    EXPECT(fe_handle_close(channel) == OK);
}

TEST("a note that cannot be is refused: of no session, too long, from memory that is not there")
{
    fe_handle channel, session;
    uint64_t id, found, badge;
    static char large[1025];
    size_t size;
    char *nowhere = (char *)(uintptr_t)FE_PAGE_SIZE;
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 5, &session, &id) == OK);
    EXPECT(fe_channel_note(channel, id + 12345, "x", 1) == ERR_NOT_FOUND);
    EXPECT(fe_channel_note(channel, id, large, sizeof large) == ERR_TOO_LARGE);
    EXPECT(fe_channel_note(channel, id, nowhere, 8) == ERR_BAD_ADDRESS);
    EXPECT(fe_channel_note(channel, id, "x", 1) == OK);
    EXPECT(fe_channel_next_note(channel, 0, nowhere, 8, &found, &badge, &size) == ERR_BAD_ADDRESS);
    EXPECT(fe_handle_close(session) == OK && fe_handle_close(channel) == OK);
}

TEST("a bound event comes out of receive, with its bits")
{
    fe_handle channel, event;
    struct fe_message message = {};
    EXPECT(fe_channel_create(&channel) == OK && fe_event_create(&event) == OK);
    EXPECT(fe_channel_bind(channel, event, 0xf0) == OK);
    EXPECT(fe_event_signal(event, 0x0f) == OK);
    EXPECT(fe_channel_receive(channel, &message, 0) == ERR_TIMED_OUT);
    EXPECT(fe_event_signal(event, 0x30) == OK);
    EXPECT(fe_channel_receive(channel, &message, guest_limit()) == OK);
    EXPECT(message.label == FE_NOTICE_EVENT && message.word[0] == 0x30);
    EXPECT(fe_channel_bind(channel, NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(event) == OK && fe_handle_close(channel) == OK);
}

TEST("calling, serving and minting each need their right, and an invented token answers nobody")
{
    fe_handle channel, session, other;
    uint64_t id;
    struct fe_message message = {.label = 1, .token = 0x1234'5678};
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 5, &session, &id) == OK);
    EXPECT(fe_channel_reply(channel, &message) == ERR_STALE);
    fe_handle mute = guest_weaken(session, RIGHT_INSPECT);
    fe_handle weak = guest_weaken(channel, RIGHT_INSPECT);
    EXPECT(fe_channel_call(mute, &message, 0) == ERR_NO_RIGHT);
    EXPECT(fe_channel_receive(weak, &message, 0) == ERR_NO_RIGHT);
    EXPECT(fe_channel_reply(weak, &message) == ERR_NO_RIGHT);
    EXPECT(fe_channel_mint(weak, 1, &other, &id) == ERR_NO_RIGHT);
    EXPECT(fe_channel_call(channel, &message, 0) == ERR_WRONG_TYPE);
    EXPECT(fe_channel_receive(session, &message, 0) == ERR_WRONG_TYPE);
    EXPECT(fe_handle_close(mute) == OK && fe_handle_close(weak) == OK);
    EXPECT(fe_handle_close(session) == OK && fe_handle_close(channel) == OK);
}

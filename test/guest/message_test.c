// SPDX-License-Identifier: MIT
// Messages in registers only, which the kernel passes on by a fast path: nothing of them, of either
// side's registers and of what is refused may differ from the ordinary way, between which and the
// fast one each call here changes.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uint32_t { ROUNDS = 500 };

struct server {
    fe_handle channel, session;
    uint64_t session_id;
};

// Label 0 ends it without an answer; else each word is answered with its complement, the label with
// one more, and the badge in place of the last word; wrongly if a number that lives through the
// calls is not what it was.
static void serve(void *argument)
{
    struct server *server = argument;
    struct fe_message message = {};
    double number = 0;
    uint64_t count = 0;
    enum status status = fe_channel_receive(server->channel, &message, FE_FOREVER);
    while (status == OK && message.label != 0 && message.label < FE_NOTICE) {
        number += 0.5;
        count++;
        for (uint32_t i = 0; i < FE_MESSAGE_WORDS; i++) message.word[i] = ~message.word[i];
        message.word[FE_MESSAGE_WORDS - 1] = message.badge;
        message.label += number * 2 == (double)count ? 1 : 2;
        status = fe_channel_reply_receive(server->channel, &message);
    }
    (void)!fe_handle_close(server->channel);
}

static enum status start(struct server *server)
{
    TRY(fe_channel_create(&server->channel));
    TRY(fe_channel_mint(server->channel, 1234, &server->session, &server->session_id));
    return guest_thread(serve, server, 0);
}

static bool is_answered(fe_handle session, uint64_t round, uint64_t deadline,
                        struct fe_transfer *transfer)
{
    struct fe_message message = {.label = round + 1, .transfer = transfer};
    for (uint64_t i = 0; i < FE_MESSAGE_WORDS; i++)
        message.word[i] = round * 0x1'0001'0001'0001u + (i << 60);
    if (fe_channel_call(session, &message, deadline) != OK) return false;
    for (uint64_t i = 0; i < FE_MESSAGE_WORDS - 1; i++)
        if (message.word[i] != ~(round * 0x1'0001'0001'0001u + (i << 60))) return false;
    return message.label == round + 2 && message.word[FE_MESSAGE_WORDS - 1] == 1234;
}

TEST("label, words and badge are the same by every way a call goes")
{
    static struct server server;
    EXPECT(start(&server) == OK);
    struct fe_transfer transfer = {};
    for (uint64_t round = 0; round < ROUNDS; round++) {
        EXPECT(is_answered(server.session, round, FE_FOREVER, nullptr));
        if (round % 3 == 0) EXPECT(is_answered(server.session, round, FE_UNINTERRUPTED, nullptr));
        if (round % 5 == 0) EXPECT(is_answered(server.session, round, guest_limit(), nullptr));
        if (round % 7 == 0) EXPECT(is_answered(server.session, round, FE_FOREVER, &transfer));
    }
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("floating-point registers of both sides stay their own")
{
    static struct server server;
    EXPECT(start(&server) == OK);
    double sum = 0, product = 1;
    for (uint64_t round = 1; round <= 100; round++) {
        sum += (double)round;
        product *= 1.5;
        EXPECT(is_answered(server.session, round, FE_FOREVER, nullptr));
    }
    EXPECT(sum == 5050 && product > 4.06e17 && product < 4.07e17);
    EXPECT(fe_handle_close(server.session) == OK);
}

TEST("a session by which calls went is refused when it is revoked, weak, closed or stale")
{
    static struct server server;
    struct fe_message message = {.label = 1};
    fe_handle weak, copy;
    EXPECT(start(&server) == OK);
    EXPECT(fe_handle_duplicate(server.session, ~RIGHT_SESSION_CALL, &weak) == OK);
    EXPECT(fe_handle_duplicate(server.session, RIGHT_ALL, &copy) == OK);
    EXPECT(is_answered(server.session, 1, FE_FOREVER, nullptr));
    EXPECT(fe_channel_call(weak, &message, FE_FOREVER) == ERR_NO_RIGHT);
    EXPECT(is_answered(copy, 1, FE_FOREVER, nullptr));
    EXPECT(fe_handle_close(copy) == OK);
    EXPECT(fe_channel_call(copy, &message, FE_FOREVER) == ERR_BAD_HANDLE);
    EXPECT(fe_channel_call(server.channel, &message, FE_FOREVER) == ERR_WRONG_TYPE);
    EXPECT(is_answered(server.session, 2, FE_FOREVER, nullptr));
    message.label = FE_NOTICE_EVENT;
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == ERR_BAD_ARGUMENT);
    EXPECT(fe_channel_revoke(server.channel, server.session_id) == OK);
    message.label = 1;
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == ERR_PEER_CLOSED);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(server.session) == OK);
}

TEST("a server that ends with a call unanswered ends the call")
{
    static struct server server;
    struct fe_message message = {};
    EXPECT(start(&server) == OK);
    EXPECT(is_answered(server.session, 1, FE_FOREVER, nullptr));
    EXPECT(fe_channel_call(server.session, &message, FE_FOREVER) == ERR_ABANDONED);
    EXPECT(fe_handle_close(server.session) == OK);
}

static volatile bool has_run;

static void urgent(void *)
{
    has_run = true;
}

TEST("a more urgent thread is not kept from running by messages that pass")
{
    static struct server server;
    guest_cpus(0, 1);
    EXPECT(start(&server) == OK);
    EXPECT(is_answered(server.session, 1, FE_FOREVER, nullptr));
    EXPECT(guest_thread(urgent, nullptr, PRIORITY_DRIVER) == OK);
    EXPECT(is_answered(server.session, 2, FE_FOREVER, nullptr));
    EXPECT(has_run);
    EXPECT(fe_handle_close(server.session) == OK);
    guest_cpus(0, ALL_CPUS);
}

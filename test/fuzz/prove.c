// SPDX-License-Identifier: MIT
// uses: libsodium
// Feeds the client's side of a proof with what a server says. An input is records, one for each
// frame that the client sends: what the answer is (1 byte, enum manner), a place or a type (1),
// bytes (1), and those. The client shows its proof only to a server that has shown its own.
#include "lib/9import/prove.c"
#include "lib/9import/remote.c"
#include "lib/9key/key.c"
#include "lib/9wire/attribute.c"
#include "lib/9wire/wire.c"
#include "lib/ferrite/lock.c"

#include "test/no_files.h"

#include <abi/status.h>
#include <arch/user/syscall.h>
#include <stdlib.h>
#include <user/syscalls.c>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// A right answer, with the bytes laid over it by exclusive or, from `place` on; another one whose
// fields are the bytes; the end of the connection.
enum manner : uint8_t { RIGHT, OTHER, LOST, MANNERS };
enum : uint32_t { WHO = 1000 };
enum : size_t { HEAD = 3, ANSWER_MOST = WIRE_HEADER + UINT8_MAX + 1 };

static const uint8_t key[KEY_SIZE] = "the key that both of them have";

static struct {
    const uint8_t *at; // of the input
    size_t size;
    struct key_talk talk;
    uint64_t fid;
    uint32_t writes;
    bool is_right;  // all that was answered so far
    bool is_proved; // the server has shown its proof
} server;

static void must(bool condition)
{
    if (!condition) abort();
}

// The only calls are those that wake somebody, and nobody sleeps: answers come at once.
#define NOBODY(size)                                                                               \
    void fe_syscall##size(uint64_t number, uint64_t reg[size])                                     \
    {                                                                                              \
        must(number == FE_CALL_FUTEX_REQUEUE_LOCK);                                                \
        reg[0] = OK;                                                                               \
        reg[1] = 0;                                                                                \
    }
NOBODY(2)
NOBODY(4)
NOBODY(8)
NOBODY(12)

uint32_t fe_thread_number(void)
{
    return 1;
}

uint64_t fe_clock_after(uint64_t ns)
{
    return ns;
}

bool fe_entropy(void *data, size_t size)
{
    memset(data, 'c', size);
    return true;
}

static void take_auth(const struct wire_message *request)
{
    server.fid = request->number[0];
    server.talk.key = key;
    server.talk.user = wire_text_of("user");
    server.talk.tree = wire_text_of("/tree");
    server.talk.uid = (uint32_t)request->number[1];
    must(wire_text_is(request->text[0], "user") && wire_text_is(request->text[1], "/tree"));
}

static void take_write(const struct wire_message *request, struct wire_message *reply)
{
    uint8_t proof[KEY_PROOF];
    must(request->number[0] == server.fid && ++server.writes <= 2);
    must(request->size == (server.writes == 1 ? KEY_NONCE : KEY_PROOF));
    reply->number[0] = request->size;
    if (server.writes == 1) memcpy(server.talk.client, request->data, KEY_NONCE);
    if (server.writes == 1) return;
    key_proof(&server.talk, true, proof);
    must(server.is_proved && memcmp(request->data, proof, KEY_PROOF) == 0);
}

// What a server with the key answers.
static size_t answer_make(const struct import_exchange *exchange, uint8_t frame[ANSWER_MOST])
{
    static uint8_t answer[KEY_ANSWER];
    struct wire_message request, reply = {};
    must(wire_decode(exchange->frame, exchange->size, &request));
    reply.type = request.type + 1;
    reply.tag = request.tag;
    switch (request.type) {
    case WIRE_AUTH: take_auth(&request); break;
    case WIRE_WRITE: take_write(&request, &reply); break;
    case WIRE_READ:
        must(request.number[0] == server.fid && request.number[2] == KEY_ANSWER);
        memset(server.talk.server, 's', KEY_NONCE);
        memcpy(answer, server.talk.server, KEY_NONCE);
        key_proof(&server.talk, false, answer + KEY_NONCE);
        reply.data = answer;
        reply.size = KEY_ANSWER;
        break;
    default: must(request.type == WIRE_CLUNK && request.number[0] == server.fid);
    }
    return wire_encode(&reply, frame, ANSWER_MOST);
}

static void size_put(uint8_t *frame, size_t size)
{
    for (int i = 0; i < 4; i++) frame[i] = (uint8_t)(size >> 8 * i);
}

// By the next record: the answer's size; 0: none comes. After the last one all are right.
static size_t answer_change(uint8_t frame[ANSWER_MOST], size_t size)
{
    if (server.size < HEAD) return size;
    enum manner manner = server.at[0] % MANNERS;
    size_t place = server.at[1], count = server.at[2];
    const uint8_t *bytes = server.at + HEAD;
    if (count > server.size - HEAD) count = server.size - HEAD;
    server.at += HEAD + count;
    server.size -= HEAD + count;
    if (manner == LOST) return 0;
    if (manner == RIGHT) {
        for (size_t i = 0; i < count && place + i < size; i++) frame[place + i] ^= bytes[i];
        return size;
    }
    frame[4] = (uint8_t)place;
    memcpy(frame + WIRE_HEADER, bytes, count);
    size_put(frame, WIRE_HEADER + count);
    return WIRE_HEADER + count;
}

// As a transport does: frames for which nobody waits, or that do not end, are the connection's end.
static void deliver(struct import *import, const uint8_t *frame, size_t size)
{
    struct import_exchange *exchange = nullptr;
    if (size >= WIRE_HEADER && wire_size(frame) <= size && wire_size(frame) >= WIRE_HEADER)
        exchange = import_expect(import, frame);
    if (exchange == nullptr) {
        import_lost(import);
        return;
    }
    uint8_t *reply = exchange->reply;
    memset(reply, 0xee, exchange->capacity);
    memcpy(reply, frame, wire_size(frame));
    import_answer(import, exchange, wire_size(frame));
}

static int answer_send(struct import *import, const struct import_exchange *exchange)
{
    uint8_t right[ANSWER_MOST] = {}, frame[ANSWER_MOST];
    size_t size = answer_make(exchange, right);
    memcpy(frame, right, sizeof frame);
    size_t sent = answer_change(frame, size);
    bool is_right = sent == size && memcmp(frame, right, size) == 0;
    server.is_right = server.is_right && is_right;
    if (exchange->frame[4] == WIRE_READ) server.is_proved = is_right;
    deliver(import, frame, sent);
    return 0;
}

static void state_free(struct import_state *state)
{
    for (uint32_t i = 0; i < state->exchange_capacity; i++) must(state->exchanges[i] == nullptr);
    free(state->exchanges);
    free(state->free_fids);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static const struct import_transport transport = {.send = answer_send};
    static uint8_t frame[WIRE_LEAST], reply[WIRE_LEAST];
    struct import_state state = {.is_up = true, .message_size = WIRE_LEAST};
    struct import import = {.transport = &transport, .user = "user", .tree = "/tree", .key = key};
    struct worker worker = {.import = &import, .frame = frame, .reply = reply};
    uint32_t proof;
    import.state = &state;
    memset(&server, 0, sizeof server);
    server.at = input;
    server.size = size;
    server.is_right = true;
    int result = remote_prove(&worker, WHO, &proof);
    must(result <= 0 && result >= -ERRNO_MOST);
    if (server.is_right) must(result == 0);
    if (result == 0) must(server.is_proved && server.writes == 2);
    must(state.free_count == (result != 0)); // the number is free again, or the caller's
    state_free(&state);
    return 0;
}

// SPDX-License-Identifier: MIT
// The loop: receives, finds the session by its badge, runs the operation, answers with the next
// receive. Notices of the kernel end sessions, cancel what waits, and bring the bound event's bits.
#include "server_internal.h"
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <ferrite/watchdog.h>

struct p9_reply *reply_of(struct p9_request *request)
{
    return &request->server->state->reply;
}

// Aligned as its transfer has to be, which malloc does not promise.
static struct p9_server_state *state_create(void)
{
    uintptr_t align = alignof(struct p9_server_state);
    void *block = calloc(1, sizeof(struct p9_server_state) + align);
    if (block == nullptr) return nullptr;
    uintptr_t place = ((uintptr_t)block + align - 1) & ~(align - 1);
    struct p9_server_state *state = (struct p9_server_state *)place;
    state->block = block;
    return state;
}

enum status p9_server_init(struct p9_server *server)
{
    struct p9_server_state *state = state_create();
    if (state == nullptr) return ERR_NO_MEMORY;
    state->in = malloc(2 * (size_t)FE_9P_DATA_MAX);
    if (state->in == nullptr) {
        free(state->block);
        return ERR_NO_MEMORY;
    }
    state->reply.data = (uint8_t *)state->in + FE_9P_DATA_MAX;
    state->transfer.receive = (uintptr_t)state->in;
    state->transfer.receive_capacity = FE_9P_DATA_MAX;
    state->transfer.receive_handle_capacity = FE_MESSAGE_HANDLES;
    server->state = state;
    fe_watchdog_begin();
    server->channel = fe_start_handle("channel");
    state->is_kept = server->channel != FE_NO_HANDLE;
    if (!state->is_kept) TRY(fe_channel_create(&server->channel));
    const struct fe_start_handle *instance = fe_start_find("instance");
    if (instance != nullptr) server->instance = (uint32_t)instance->value;
    struct fe_handle_info info;
    TRY(fe_handle_inspect(server->channel, &info));
    state->device = info.id << 32;
    TRY(fe_event_create(&server->event));
    TRY(fe_channel_bind(server->channel, server->event, UINT64_MAX));
    struct p9_base *base = base_get(server, "");
    if (base == nullptr) return ERR_NO_MEMORY;
    base->root = server->root;
    return state->is_kept ? connections_revive(server) : OK;
}

static void reply_clear(struct p9_reply *reply)
{
    reply->label = 0;
    __builtin_memset(reply->word, 0, sizeof reply->word);
    reply->bytes = reply->data;
    reply->size = 0;
    reply->handle_count = 0;
}

static void drop_handles(struct p9_reply *reply)
{
    while (reply->handle_count != 0) fe_handle_drop(&reply->handle[--reply->handle_count]);
}

// For a receive that sends nothing.
static void receive_begin(struct p9_server_state *state)
{
    struct fe_transfer *transfer = &state->transfer;
    state->message.transfer = (struct fe_transfer *)((uintptr_t)transfer | FE_TRANSFER_ROOM);
    transfer->received_size = transfer->received_handle_count = 0;
}

// The reply's buffer and handles, for a message that has any.
static void compose_transfer(struct p9_server_state *state)
{
    const struct p9_reply *reply = &state->reply;
    struct fe_transfer *transfer = &state->transfer;
    state->message.transfer = transfer;
    transfer->send = (uintptr_t)reply->bytes;
    transfer->send_size = (uint32_t)reply->size;
    transfer->send_handle_count = (uint8_t)reply->handle_count;
    for (uint32_t i = 0; i < reply->handle_count; i++) transfer->send_handle[i] = reply->handle[i];
}

// An error carries no data.
[[gnu::noinline]] static void reply_fail(struct p9_reply *reply, int64_t result)
{
    drop_handles(reply);
    reply_clear(reply);
    reply->label = (uint64_t)-result;
}

// Puts the answer into state->message, where the request was.
static inline void compose(struct p9_server_state *state, uint64_t token, int64_t result)
{
    struct p9_reply *reply = &state->reply;
    struct fe_message *message = &state->message;
    if (result < 0) reply_fail(reply, result);
    message->label = reply->label;
    __builtin_memcpy(message->word, reply->word, sizeof message->word);
    message->token = token;
    receive_begin(state);
    if (reply->size != 0 || reply->handle_count != 0) compose_transfer(state);
}

// Sends a composed answer by itself. When the caller cannot take it, because its buffer is too
// small or its memory used up, it hears that instead; when it is gone, nobody minds.
static void answer_now(struct p9_server *server)
{
    struct p9_server_state *state = server->state;
    uint64_t token = state->message.token;
    enum status status = fe_channel_reply(server->channel, &state->message);
    if (status == OK) {
        state->reply.handle_count = 0; // they have moved
        return;
    }
    drop_handles(&state->reply);
    if (status == ERR_STALE) return;
    compose(state, token, -fe_status_errno(status));
    status = fe_channel_reply(server->channel, &state->message);
}

void request_answer(struct p9_request *request, int64_t result)
{
    compose(request->server->state, request->token, result);
    answer_now(request->server);
}

int p9_answer(struct p9_request *request, const void *data, size_t size)
{
    struct p9_reply *reply = reply_of(request);
    if (size > FE_9P_DATA_MAX - reply->size) return -EMSGSIZE;
    memcpy(reply->data + reply->size, data, size);
    reply->size += size;
    return 0;
}

int p9_answer_handle(struct p9_request *request, fe_handle handle)
{
    struct p9_reply *reply = reply_of(request);
    if (reply->handle_count == FE_MESSAGE_HANDLES) {
        fe_handle_drop(&handle);
        return -EMSGSIZE;
    }
    reply->handle[reply->handle_count++] = handle;
    return 0;
}

fe_handle p9_take_handle(struct p9_request *request, uint32_t index)
{
    return index < request->handle_count ? fe_handle_take(&request->handle[index]) : FE_NO_HANDLE;
}

static int64_t execute(struct p9_request *request)
{
    struct p9_reply *reply = reply_of(request);
    reply_clear(reply);
    request->bytes = nullptr;
    p9_operation *operation = nullptr;
    if (request->operation < P9_OPERATION_COUNT) operation = p9_operation_table[request->operation];
    if (operation == nullptr) return -ENOSYS;
    return operation(request, reply);
}

// A waiting request that is run again: it ends, or waits on (the operation has put it back).
void request_run(struct p9_request *request)
{
    int64_t result = execute(request);
    if (result == P9_LATER) return;
    if (result == P9_KEPT) return;
    request_answer(request, result);
    request_end(request);
}

// A fresh request: leaves the answer composed (true), or nothing to send.
static bool serve(struct p9_server *server, const struct fe_message *message)
{
    struct p9_server_state *state = server->state;
    struct p9_request request = {
        .server = server,
        .connection = connection_find(server, message->badge),
        .token = message->token,
        .operation = message->label < P9_OPERATION_COUNT ? (uint32_t)message->label : 0,
        .word = message->word,
        .data = state->in,
        .size = state->transfer.received_size,
        .handle_count = state->transfer.received_handle_count,
    };
    for (uint32_t i = 0; i < request.handle_count; i++)
        request.handle[i] = state->transfer.received_handle[i];
    int64_t result = -ESTALE;
    if (request.connection) {
        request.identity = request.connection->identity;
        result = execute(&request);
    }
    for (uint32_t i = 0; i < request.handle_count; i++) fe_handle_drop(&request.handle[i]);
    if (result == P9_LATER || result == P9_KEPT) return false;
    compose(state, request.token, result);
    return true;
}

static void notice(struct p9_server *server, const struct fe_message *message)
{
    if (message->label == FE_NOTICE_EVENT) {
        if (server->signalled) server->signalled(server, message->word[0]);
    } else if (message->label == FE_NOTICE_ENDED) {
        struct p9_connection *connection = connection_find(server, message->badge);
        if (connection) connection_destroy(server, connection);
    } else if (message->label == FE_NOTICE_CANCELLED) {
        wait_cancel(server, message->word[0]);
    }
}

// Whether an answer waits to be sent; when others wait for what this request changed, it goes
// first, at once.
static bool handle(struct p9_server *server)
{
    struct p9_server_state *state = server->state;
    bool has_answer = false;
    fe_watchdog_round();
    state->is_busy = true;
    if (state->message.label >= FE_NOTICE) {
        notice(server, &state->message);
    } else {
        has_answer = serve(server, &state->message);
    }
    state->is_busy = false;
    if (state->changed == nullptr) return has_answer;
    if (has_answer) answer_now(server);
    changes_run(state);
    return false;
}

enum status p9_serve_once(struct p9_server *server, uint64_t deadline)
{
    struct p9_server_state *state = server->state;
    receive_begin(state);
    TRY(fe_channel_receive(server->channel, &state->message, deadline));
    if (handle(server)) answer_now(server);
    return OK;
}

// The composed answer and the next message in one call. An answer that cannot be sent so is dealt
// with by itself.
static enum status answer_and_receive(struct p9_server *server)
{
    struct p9_server_state *state = server->state;
    uint64_t token = state->message.token;
    enum status status = fe_channel_reply_receive(server->channel, &state->message);
    if (status == OK) {
        state->reply.handle_count = 0; // they have moved
        return OK;
    }
    state->message.token = token;
    answer_now(server);
    return status;
}

void p9_serve(struct p9_server *server)
{
    struct p9_server_state *state = server->state;
    bool has_answer = false;
    fe_watchdog_begin();
    for (;;) {
        enum status status;
        if (has_answer) {
            status = answer_and_receive(server);
        } else {
            receive_begin(state);
            status = fe_channel_receive(server->channel, &state->message, FE_FOREVER);
        }
        has_answer = status == OK && handle(server);
    }
}

static enum status say_ready(const char *name, fe_handle given, bool is_kept)
{
    FE_HANDLE connector = given;
    struct fe_transfer transfer = {
        .send = (uintptr_t)name,
        .send_size = (uint32_t)strlen(name),
        .send_handle_count = 1,
        .send_handle = {connector},
    };
    struct fe_message message = {.label = P9_CONTROL, .transfer = &transfer};
    message.word[0] = FE_9P_ROOT_FID;
    message.word[1] = CONTROL_INIT_READY;
    message.word[2] = is_kept ? CONTROL_INIT_KEPT : 0;
    TRY(fe_channel_call(fe_start_handle("init"), &message, FE_FOREVER));
    connector = FE_NO_HANDLE;
    return message.label == 0 ? OK : ERR_BAD_STATE;
}

enum status p9_ready(const char *name, fe_handle connector)
{
    return say_ready(name, connector, false);
}

enum status p9_server_ready(struct p9_server *server, const char *name, struct p9_node *root)
{
    fe_handle connector;
    if (fe_start_handle("init") == FE_NO_HANDLE) return OK;
    struct p9_base *base = base_get(server, name);
    if (base == nullptr) return ERR_NO_MEMORY;
    base->root = root != nullptr ? root : server->root;
    TRY(p9_connector(server, base->root, 0, 0, &connector));
    return say_ready(name, connector, server->state->is_kept);
}

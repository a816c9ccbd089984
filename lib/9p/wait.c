// SPDX-License-Identifier: MIT
// Requests that wait for a node to change, in the order in which they came, and those who poll it.
// A request that waits is a copy with its data; it hangs on the server's list (for cancellation)
// and is found by its node.
#include "server_internal.h"
#include <ferrite/status.h>

enum : uint32_t { POLLERS_PER_OPEN = 64, SPARES = 4 };

static void kept_link(struct p9_request *request)
{
    struct p9_server_state *state = request->server->state;
    request->previous = nullptr;
    request->next = state->kept;
    if (state->kept) state->kept->previous = request;
    state->kept = request;
}

static void kept_unlink(struct p9_request *request)
{
    if (request->next) request->next->previous = request->previous;
    if (request->previous) {
        request->previous->next = request->next;
    } else {
        request->server->state->kept = request->next;
    }
    request->next = request->previous = nullptr;
}

// Most copies have no data. The last ones of those that were let go are the next ones: who answers
// one request after the other, or has a few that wait, needs the allocator for none of them.
static struct p9_request *room_for(struct p9_server_state *state, size_t size)
{
    struct p9_request *spare = state->spare;
    if (size == 0 && spare != nullptr) {
        state->spare = spare->next;
        state->spares--;
        return spare;
    }
    return malloc(sizeof *spare + FE_MESSAGE_WORDS * sizeof(uint64_t) + size);
}

static struct p9_request *request_copy(const struct p9_request *request)
{
    size_t words = FE_MESSAGE_WORDS * sizeof(uint64_t);
    struct p9_request *copy = room_for(request->server->state, request->size);
    if (copy == nullptr) return nullptr;
    *copy = *request;
    uint8_t *behind = (uint8_t *)(copy + 1);
    memcpy(behind, request->word, words);
    memcpy(behind + words, request->data, request->size);
    copy->word = (const uint64_t *)(copy + 1);
    copy->data = behind + words;
    return copy;
}

static void request_free(struct p9_request *request)
{
    for (uint32_t i = 0; i < request->handle_count; i++) fe_handle_drop(&request->handle[i]);
    struct p9_server_state *state = request->server->state;
    if (request->size == 0 && state->spares < SPARES) {
        request->next = state->spare;
        state->spare = request;
        state->spares++;
    } else {
        free(request);
    }
}

void request_end(struct p9_request *kept)
{
    kept_unlink(kept);
    request_free(kept);
}

struct p9_request *p9_keep(struct p9_request *request)
{
    if (request->is_kept) return request;
    struct p9_request *copy = request_copy(request);
    if (copy == nullptr) return nullptr;
    request->handle_count = 0;
    copy->is_kept = true;
    kept_link(copy);
    return copy;
}

// A kept read or write at the file's position moves it when it is finished.
static void position_advance(const struct p9_request *kept, int64_t count,
                             struct fe_message *message)
{
    if (kept->operation != P9_READ && kept->operation != P9_WRITE) return;
    const struct p9_fid *fid = fid_find(kept->connection, kept->word[0]);
    if (count < 0 || fid == nullptr || fid->open == nullptr) return;
    if (kept->word[1] == FE_9P_POSITION) fid->open->position += (uint64_t)count;
    if (kept->operation == P9_WRITE) message->word[1] = fid->open->position;
}

// Sends straight from the caller's data: the reply buffer may be in use by the request that runs
// now.
static void finish(struct p9_request *kept, int64_t result, struct fe_transfer *transfer)
{
    fe_handle handle = transfer->send_handle[0];
    if (!kept->is_cancelled) {
        struct fe_message message = {.label = result < 0 ? (uint64_t)-result : 0,
                                     .token = kept->token,
                                     .transfer = transfer};
        message.word[0] = result >= 0 ? (uint64_t)result : 0;
        position_advance(kept, result, &message);
        if (transfer->send_size != 0 && read_is_inline(kept)) {
            memcpy(&message.word[1], (const void *)transfer->send, transfer->send_size);
            transfer->send_size = 0;
        }
        enum status status = fe_channel_reply(kept->server->channel, &message);
        if (status == OK) handle = FE_NO_HANDLE;
        if (status != OK && status != ERR_STALE) {
            message.label = (uint64_t)fe_status_errno(status);
            *transfer = (struct fe_transfer){};
            status = fe_channel_reply(kept->server->channel, &message);
        }
        kept_unlink(kept);
    }
    fe_handle_drop(&handle);
    request_free(kept);
}

void p9_finish(struct p9_request *kept, int64_t result, const void *data, size_t size)
{
    if (read_is_inline(kept) && size > kept->word[2]) result = -EMSGSIZE;
    struct fe_transfer transfer = {.send = (uintptr_t)data,
                                   .send_size = result >= 0 ? (uint32_t)size : 0};
    finish(kept, result, &transfer);
}

void p9_finish_handle(struct p9_request *kept, int64_t result, fe_handle handle)
{
    struct fe_transfer transfer = {.send_handle_count = handle != FE_NO_HANDLE,
                                   .send_handle = {handle}};
    finish(kept, result, &transfer);
}

void p9_finish_control(struct p9_request *kept, const struct p9_result *result)
{
    bool is_good = result->value >= 0;
    struct fe_transfer transfer = {.send = (uintptr_t)result->data,
                                   .send_size = is_good ? (uint32_t)result->size : 0,
                                   .send_handle_count = result->handle != FE_NO_HANDLE,
                                   .send_handle = {result->handle}};
    finish(kept, result->value, &transfer);
}

int wait_for_change(struct p9_request *request, struct p9_node *node)
{
    struct p9_request *copy = p9_keep(request);
    if (copy == nullptr) return -ENOMEM;
    copy->waits_for = node;
    p9_node_get(node);
    struct p9_request **end = &node->waiting;
    while (*end) end = &(*end)->next_waiting;
    copy->next_waiting = nullptr;
    *end = copy;
    return 0;
}

bool p9_control_waits(const struct p9_node *node, uint32_t control)
{
    const struct p9_request *at = node->waiting;
    while (at && (at->operation != P9_CONTROL || at->word[1] != control)) at = at->next_waiting;
    return at != nullptr;
}

bool p9_open_waits(const struct p9_node *node, uint32_t access)
{
    const struct p9_request *at = node->waiting;
    while (at && (at->operation != P9_OPEN || (at->word[2] & OPEN_ACCESS) != access))
        at = at->next_waiting;
    return at != nullptr;
}

static void stop_waiting(struct p9_request *request)
{
    struct p9_node *node = request->waits_for;
    if (node == nullptr) return;
    struct p9_request **at = &node->waiting;
    while (*at && *at != request) at = &(*at)->next_waiting;
    if (*at) *at = request->next_waiting;
    request->waits_for = nullptr;
    p9_node_put(node);
}

// The client gave up. A request that waits for a node is simply dropped; one that the server's code
// keeps is marked.
static void abandon(struct p9_request *request)
{
    bool waited = request->waits_for != nullptr;
    stop_waiting(request);
    kept_unlink(request);
    if (waited) {
        request_free(request);
    } else {
        request->is_cancelled = true;
        request->connection = nullptr;
    }
}

// A client that was interrupted still waits to be told so; others are gone, and the answer goes
// nowhere.
void wait_cancel(struct p9_server *server, uint64_t token)
{
    for (struct p9_request *r = server->state->kept; r; r = r->next) {
        if (r->token == token) {
            struct fe_message message = {.label = EINTR, .token = token};
            [[maybe_unused]] enum status status = fe_channel_reply(server->channel, &message);
            abandon(r);
            return;
        }
    }
}

void wait_forget(struct p9_server *server, struct p9_connection *connection)
{
    struct p9_request *next;
    for (struct p9_request *r = server->state->kept; r; r = next) {
        next = r->next;
        if (r->connection == connection) abandon(r);
    }
}

static uint32_t ready_now(struct p9_open *open)
{
    const struct p9_operations *operations = open->node->operations;
    return operations->ready ? operations->ready(open) : READY_READ | READY_WRITE;
}

static void poll_signal(struct p9_node *node)
{
    struct p9_poller **at = &node->pollers;
    while (*at) {
        struct p9_poller *poller = *at;
        uint32_t always = READY_ERROR | READY_HANGUP;
        if ((ready_now(poller->open) & (poller->events | always)) == 0) {
            at = &poller->next;
            continue;
        }
        *at = poller->next;
        [[maybe_unused]] enum status status = fe_event_signal(poller->event, poller->bits);
        fe_handle_drop(&poller->event);
        free(poller);
    }
}

// Runs the waiting requests once each: those that must wait on come back to the list's end by
// themselves.
static void run_waiting(struct p9_node *node)
{
    struct p9_request *list = node->waiting;
    node->waiting = nullptr;
    while (list) {
        struct p9_request *request = list;
        list = request->next_waiting;
        request->waits_for = nullptr;
        request_run(request);
        p9_node_put(node);
    }
    poll_signal(node);
}

// While a request is served the node is only put on a list: one reply at a time.
void p9_node_changed(struct p9_node *node)
{
    if (node->server == nullptr || (node->waiting == nullptr && node->pollers == nullptr)) return;
    struct p9_server_state *state = node->server->state;
    if (!node->has_changed) {
        node->has_changed = true;
        node->next_changed = nullptr;
        p9_node_get(node);
        struct p9_node **end = &state->changed;
        while (*end) end = &(*end)->next_changed;
        *end = node;
    }
    if (!state->is_busy) changes_run(state);
}

void changes_run(struct p9_server_state *state)
{
    bool was_busy = state->is_busy;
    state->is_busy = true;
    while (state->changed) {
        struct p9_node *node = state->changed;
        state->changed = node->next_changed;
        node->has_changed = false;
        run_waiting(node);
        p9_node_put(node);
    }
    state->is_busy = was_busy;
}

// One registration for each event and open file: a poll that is repeated replaces the last one.
int poll_register(struct p9_request *request, struct p9_open *open, uint32_t events)
{
    uint32_t ready = ready_now(open) & (events | READY_ERROR | READY_HANGUP);
    if (ready != 0) return (int)ready;
    FE_HANDLE event = p9_take_handle(request, 0);
    struct fe_handle_info info;
    if (event == FE_NO_HANDLE) return 0;
    if (fe_handle_inspect(event, &info) != OK || info.type != OBJECT_EVENT) return -EINVAL;
    uint32_t count = 0;
    struct p9_poller **at = &open->node->pollers;
    for (; *at; at = &(*at)->next) {
        if ((*at)->open != open) continue;
        if ((*at)->event_id == info.id) {
            (*at)->bits = request->word[2];
            (*at)->events = events;
            return 0;
        }
        if (++count == POLLERS_PER_OPEN) return -ENOMEM;
    }
    struct p9_poller *poller = malloc(sizeof *poller);
    if (poller == nullptr) return -ENOMEM;
    *poller = (struct p9_poller){.open = open,
                                 .event_id = info.id,
                                 .event = fe_handle_take(&event),
                                 .bits = request->word[2],
                                 .events = events};
    *at = poller;
    return 0;
}

void poll_forget(struct p9_open *open)
{
    struct p9_poller **at = &open->node->pollers;
    while (*at) {
        struct p9_poller *poller = *at;
        if (poller->open != open) {
            at = &poller->next;
            continue;
        }
        *at = poller->next;
        fe_handle_drop(&poller->event);
        free(poller);
    }
}

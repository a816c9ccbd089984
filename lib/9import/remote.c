// SPDX-License-Identifier: MIT
// Requests to the remote server: tags, waiting, flushing, and a connection that is made when it is
// needed. A request that was sent when the connection is lost gives EIO and is not repeated: nobody
// knows whether it was done.
#include "internal.h"
#include <ferrite/clock.h>

enum : int { ERRNO_MOST = 4095 };

uint32_t remote_fid_take(struct import_state *state)
{
    fe_lock_take(&state->lock);
    uint32_t fid = state->free_count ? state->free_fids[--state->free_count] : state->next_fid++;
    fe_lock_release(&state->lock);
    return fid;
}

// A number that finds no room in the list of free ones is never used again.
void remote_fid_give(struct import_state *state, uint32_t fid)
{
    fe_lock_take(&state->lock);
    if (state->free_count == state->free_capacity) {
        uint32_t capacity = state->free_capacity ? state->free_capacity * 2 : 16;
        uint32_t *fids = realloc(state->free_fids, capacity * sizeof *fids);
        if (fids) {
            state->free_fids = fids;
            state->free_capacity = capacity;
        }
    }
    if (state->free_count < state->free_capacity) state->free_fids[state->free_count++] = fid;
    fe_lock_release(&state->lock);
}

// With the lock. A tag for the exchange, or a negative errno.
static int tag_take(struct import_state *state, struct import_exchange *exchange)
{
    for (uint32_t tag = 0; tag < state->exchange_capacity; tag++) {
        if (state->exchanges[tag]) continue;
        state->exchanges[tag] = exchange;
        exchange->tag = tag;
        return (int)tag;
    }
    uint32_t old = state->exchange_capacity, capacity = old ? old * 2 : 16;
    if (capacity > WIRE_NO_TAG) return -EAGAIN;
    struct import_exchange **table = realloc(state->exchanges, capacity * sizeof(*table));
    if (table == nullptr) return -ENOMEM;
    memset(table + old, 0, (capacity - old) * sizeof(*table));
    table[old] = exchange;
    exchange->tag = old;
    state->exchanges = table;
    state->exchange_capacity = capacity;
    return (int)old;
}

struct import_exchange *import_expect(struct import *import, const uint8_t *header)
{
    struct import_state *state = import->state;
    uint32_t tag = header[5] | (uint32_t)header[6] << 8;
    struct import_exchange *exchange = nullptr;
    fe_lock_take(&state->lock);
    if (tag == WIRE_NO_TAG) exchange = state->version;
    if (tag < state->exchange_capacity) exchange = state->exchanges[tag];
    // A second answer finds nobody: the first one may be being read.
    if (exchange && exchange->is_done) exchange = nullptr;
    fe_lock_release(&state->lock);
    return exchange && wire_size(header) <= exchange->capacity ? exchange : nullptr;
}

// With the lock.
static void finish(struct import_state *state, struct import_exchange *exchange, int64_t result)
{
    if (exchange->is_done) return;
    exchange->result = result;
    exchange->is_done = true;
    if (exchange->answered == nullptr) {
        fe_condition_signal(&exchange->done, &state->lock);
        return;
    }
    state->exchanges[exchange->tag] = nullptr;
    exchange->answered(exchange);
}

void import_answer(struct import *import, struct import_exchange *exchange, int64_t result)
{
    fe_lock_take(&import->state->lock);
    finish(import->state, exchange, result);
    fe_lock_release(&import->state->lock);
}

void import_lost(struct import *import)
{
    struct import_state *state = import->state;
    fe_lock_take(&state->lock);
    state->is_up = false;
    if (state->version) finish(state, state->version, -EIO);
    for (uint32_t tag = 0; tag < state->exchange_capacity; tag++) {
        if (state->exchanges[tag]) finish(state, state->exchanges[tag], -EIO);
    }
    fe_lock_release(&state->lock);
}

int remote_begin(struct import *import, struct import_exchange *exchange,
                 struct wire_message *request, uint8_t *frame)
{
    struct import_state *state = import->state;
    bool is_version = request->type == WIRE_VERSION_OF;
    exchange->is_done = false;
    fe_lock_take(&state->lock);
    int tag = is_version ? WIRE_NO_TAG : state->is_up ? tag_take(state, exchange) : -EIO;
    if (is_version) state->version = exchange;
    fe_lock_release(&state->lock);
    if (tag < 0) return tag;
    request->tag = (uint16_t)tag;
    exchange->frame = frame;
    exchange->size = wire_encode(request, frame, state->message_size);
    int result = exchange->size == 0 ? -EMSGSIZE : import->transport->send(import, exchange);
    if (result != 0) import_answer(import, exchange, result);
    return tag;
}

static void end(struct import_state *state, int tag)
{
    fe_lock_take(&state->lock);
    if (tag == WIRE_NO_TAG) {
        state->version = nullptr;
    } else {
        state->exchanges[tag] = nullptr;
    }
    fe_lock_release(&state->lock);
}

// Nobody waits longer for the server than it may take, but for what waits for others.
static uint64_t deadline_of(const struct import *import)
{
    if (import->patience == 0 || import->transport->close == nullptr) return FE_UNINTERRUPTED;
    return fe_clock_after(import->patience);
}

// Waits for the answer until the client gives up: false. An answer that does not come in time ends
// the connection, which then is the answer.
static bool await(struct import *import, struct import_exchange *exchange, uint64_t deadline,
                  const bool *is_cancelled)
{
    struct fe_lock *lock = &import->state->lock;
    enum status status = OK;
    fe_lock_take(lock);
    while (!exchange->is_done && !*is_cancelled) {
        if (status == ERR_TIMED_OUT) {
            fe_lock_release(lock);
            import->transport->close(import);
            fe_lock_take(lock);
            deadline = FE_UNINTERRUPTED;
            status = OK;
        } else {
            status = fe_condition_wait(&exchange->done, lock, deadline);
        }
    }
    bool is_done = exchange->is_done;
    fe_lock_release(lock);
    return is_done;
}

// Asks the server to give up what has `tag`. When that is answered, so is the other, or never.
static void flush(struct worker *worker, int tag)
{
    struct import *import = worker->import;
    static const bool never;
    uint8_t frame[WIRE_HEADER + 2], reply[WIRE_HEADER + 64];
    struct wire_message request = {.type = WIRE_FLUSH, .number = {(uint64_t)tag}};
    struct import_exchange exchange = {.reply = reply, .capacity = sizeof reply};
    int own = remote_begin(import, &exchange, &request, frame);
    if (own < 0) return;
    (void)await(import, &exchange, deadline_of(import), &never);
    end(import->state, own);
}

static void give_up(struct worker *worker, int tag)
{
    struct import_state *state = worker->import->state;
    flush(worker, tag);
    fe_lock_take(&state->lock);
    finish(state, &worker->exchange, -EINTR);
    fe_lock_release(&state->lock);
}

static int read_reply(struct worker *worker, uint8_t type, struct wire_message *reply)
{
    int64_t result = worker->exchange.result;
    if (result < 0) return (int)result;
    if (!wire_decode(worker->reply, (size_t)result, reply)) return -EPROTO;
    if (reply->type == type + 1) return 0;
    if (reply->type != WIRE_ERROR_REPLY) return -EPROTO;
    return reply->number[0] >= 1 && reply->number[0] <= ERRNO_MOST ? -(int)reply->number[0] : -EIO;
}

// Where a frame is made: a write's data stays where it came, and its head is put before it.
static uint8_t *frame_of(struct worker *worker, const struct wire_message *request)
{
    enum : size_t { WRITE_HEAD = WIRE_HEADER + 4 + 8 + 4 };
    bool is_before = request->type == WIRE_WRITE && request->data == worker->data;
    return is_before ? worker->data - WRITE_HEAD : worker->frame;
}

static int call(struct worker *worker, struct wire_message *request, struct wire_message *reply,
                bool may_end)
{
    worker->exchange.reply = worker->reply;
    worker->exchange.capacity = worker->import->state->message_size;
    int tag = remote_begin(worker->import, &worker->exchange, request, frame_of(worker, request));
    if (tag < 0) return tag;
    static const bool never;
    uint64_t deadline = may_end ? FE_UNINTERRUPTED : deadline_of(worker->import);
    const bool *is_cancelled = may_end ? &worker->is_cancelled : &never;
    if (!await(worker->import, &worker->exchange, deadline, is_cancelled)) give_up(worker, tag);
    end(worker->import->state, tag);
    return read_reply(worker, request->type, reply);
}

// Another version is refused by the word "unknown", or by an error, as diod does it.
static int agree_on(struct worker *worker, const char *version, bool *is_agreed)
{
    struct import_state *state = worker->import->state;
    struct wire_message reply = {}, request = {
                                        .type = WIRE_VERSION_OF,
                                        .number = {worker->import->transport->message_most},
                                        .text = {wire_text_of(version)},
                                    };
    state->message_size = worker->import->transport->message_most;
    *is_agreed = false;
    int result = call(worker, &request, &reply, false);
    bool is_refused = worker->exchange.result >= 0 && reply.type == WIRE_ERROR_REPLY;
    if (result != 0) return is_refused ? 0 : result;
    *is_agreed = wire_text_is(reply.text[0], version);
    if (!*is_agreed) return 0;
    if (reply.number[0] < WIRE_LEAST) return -EPROTO;
    if (reply.number[0] < state->message_size) state->message_size = (uint32_t)reply.number[0];
    return 0;
}

// First with what only Ferrite's servers have.
static int agree(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    bool is_agreed;
    int result = agree_on(worker, WIRE_VERSION_OWN, &state->has_own_requests);
    if (result != 0 || state->has_own_requests) return result;
    result = agree_on(worker, WIRE_VERSION, &is_agreed);
    return result == 0 && !is_agreed ? -EOPNOTSUPP : result;
}

int remote_ready(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    fe_lock_take(&state->lock);
    while (state->is_connecting)
        (void)fe_condition_wait(&state->connected, &state->lock, FE_UNINTERRUPTED);
    state->is_connecting = !state->is_up;
    bool is_up = state->is_up;
    fe_lock_release(&state->lock);
    if (is_up) return 0;
    int result = worker->import->transport->open(worker->import);
    if (result == 0) result = agree(worker);
    fe_lock_take(&state->lock);
    state->is_connecting = false;
    if (result == 0) {
        state->is_up = true;
        state->generation++;
    }
    fe_condition_broadcast(&state->connected, &state->lock);
    fe_lock_release(&state->lock);
    return result;
}

int remote_call(struct worker *worker, struct wire_message *request, struct wire_message *reply)
{
    return call(worker, request, reply, false);
}

int remote_wait(struct worker *worker, struct wire_message *request, struct wire_message *reply)
{
    return call(worker, request, reply, true);
}

// Whatever the answer, the server has forgotten the fid.
void remote_clunk(struct worker *worker, uint32_t fid)
{
    struct wire_message reply, request = {.type = WIRE_CLUNK, .number = {fid}};
    (void)remote_call(worker, &request, &reply);
    remote_fid_give(worker->import->state, fid);
}

void remote_leave(struct worker *worker, uint32_t fid)
{
    if (worker->left_count == LEFT_MOST) {
        remote_clear(worker);
    }
    worker->left[worker->left_count++] = fid;
}

void remote_clear(struct worker *worker)
{
    while (worker->left_count != 0) remote_clunk(worker, worker->left[--worker->left_count]);
}

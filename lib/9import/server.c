// SPDX-License-Identifier: MIT
// Workers: threads that each take a request, serve it to its end and answer. One is always left to
// take the next message, so that notices come through while all others wait for the remote server.
#include "internal.h"
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <thread/thread.h>

enum : uint32_t { IDLE_MOST = 4 }; // workers with nothing to do; more than that end

#define RELAY_ROW(number, name) [number] = relay_##name,
static import_operation *const operations[P9_OPERATION_COUNT] = {P9_OPERATION_TABLE(RELAY_ROW)};
#undef RELAY_ROW

static void worker_destroy(struct worker *worker)
{
    if (worker == nullptr) return;
    if (worker->data) free(worker->data - HEADROOM);
    free(worker->frame);
    free(worker->reply);
    free(worker->answer);
    free(worker);
}

static struct worker *worker_create(struct import *import)
{
    uint32_t most = import->transport->message_most;
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == nullptr) return nullptr;
    worker->import = import;
    worker->frame = malloc(most);
    worker->reply = malloc(most);
    worker->answer = malloc(FE_9P_DATA_MAX);
    uint8_t *data = malloc(HEADROOM + FE_9P_DATA_MAX);
    if (data) worker->data = data + HEADROOM;
    if (worker->frame && worker->reply && worker->answer && data) return worker;
    worker_destroy(worker);
    return nullptr;
}

static void answer_clear(struct worker *worker)
{
    worker->label = 0;
    memset(worker->word, 0, sizeof worker->word);
    worker->size = 0;
    worker->handle = FE_NO_HANDLE;
}

// What the caller cannot take, because its buffer is too small or its memory used up, it hears of
// instead; one that is gone hears nothing.
static void answer(struct worker *worker, int result)
{
    if (result < 0) {
        fe_handle_drop(&worker->handle);
        answer_clear(worker);
        worker->label = (uint64_t)-result;
    }
    struct fe_transfer transfer = {
        .send = (uintptr_t)worker->bytes,
        .send_size = (uint32_t)worker->size,
        .send_handle_count = worker->handle != FE_NO_HANDLE,
        .send_handle = {worker->handle},
    };
    struct fe_message message = {
        .label = worker->label, .token = worker->token, .transfer = &transfer};
    memcpy(message.word, worker->word, sizeof message.word);
    fe_handle channel = worker->import->state->channel;
    enum status status = fe_channel_reply(channel, &message);
    if (status == OK) return;
    fe_handle_drop(&worker->handle);
    if (status == ERR_STALE) return;
    message =
        (struct fe_message){.label = (uint64_t)fe_status_errno(status), .token = worker->token};
    status = fe_channel_reply(channel, &message);
}

static bool worker_start(struct import *import);

static void serve(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    uint64_t label = worker->message.label;
    int result = -ESTALE;
    answer_clear(worker);
    worker->session = remote_session_find(state, worker->message.badge);
    if (worker->session) {
        bool is_known = label < P9_OPERATION_COUNT && operations[label];
        result = is_known ? operations[label](worker) : -ENOSYS;
    }
    answer(worker, result);
    fe_lock_take(&state->lock);
    worker->token = 0;
    worker->is_cancelled = false;
    fe_lock_release(&state->lock);
    remote_clear(worker);
    if (worker->session) remote_session_put(worker, worker->session);
    worker->session = nullptr;
    for (uint32_t i = 0; i < worker->transfer.received_handle_count; i++)
        fe_handle_drop(&worker->transfer.received_handle[i]);
}

// The caller gave up: whoever serves it flushes what he waits for.
static void cancel(struct import_state *state, uint64_t token)
{
    fe_lock_take(&state->lock);
    for (struct worker *worker = state->workers; worker; worker = worker->next) {
        if (worker->token != token) continue;
        worker->is_cancelled = true;
        fe_condition_signal(&worker->exchange.done, &state->lock);
    }
    fe_lock_release(&state->lock);
}

static enum status receive(struct worker *worker)
{
    struct fe_transfer *transfer = &worker->transfer;
    *transfer = (struct fe_transfer){
        .receive = (uintptr_t)worker->data,
        .receive_capacity = FE_9P_DATA_MAX,
        .receive_handle_capacity = FE_MESSAGE_HANDLES,
    };
    worker->message.transfer = transfer;
    return fe_channel_receive(worker->import->state->channel, &worker->message, FE_FOREVER);
}

// One worker at a time waits for messages, and lets the next one do so when the request that it got
// can be cancelled by it.
static bool take(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    fe_lock_take(&state->turn);
    while (receive(worker) != OK) {
    }
    fe_lock_take(&state->lock);
    worker->token = worker->message.label < FE_NOTICE ? worker->message.token : 0;
    bool is_last = --state->idle_count == 0;
    fe_lock_release(&state->lock);
    bool has_room = !is_last || worker_start(worker->import);
    fe_lock_release(&state->turn);
    return has_room;
}

// Afterwards. True: there are enough of us.
static bool is_enough(struct import_state *state)
{
    fe_lock_take(&state->lock);
    bool enough = state->idle_count >= IDLE_MOST;
    if (!enough) state->idle_count++;
    fe_lock_release(&state->lock);
    return enough;
}

static void unlink_worker(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    fe_lock_take(&state->lock);
    struct worker **at = &state->workers;
    while (*at != worker) at = &(*at)->next;
    *at = worker->next;
    fe_lock_release(&state->lock);
}

// Without room for one more, the last worker serves nothing that it would have to wait for, and
// goes back to hear the notices that end what the others wait for.
static void work(struct worker *worker)
{
    do {
        bool has_room = take(worker);
        if (worker->message.label == FE_NOTICE_CANCELLED) {
            cancel(worker->import->state, worker->message.word[0]);
        } else if (worker->message.label == FE_NOTICE_ENDED) {
            remote_session_end(worker, worker->message.badge);
        } else if (has_room) {
            serve(worker);
        } else {
            answer_clear(worker);
            answer(worker, -ENOMEM);
        }
    } while (!is_enough(worker->import->state));
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    work(worker);
    unlink_worker(worker);
    worker_destroy(worker);
    return nullptr;
}

static void link_worker(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    fe_lock_take(&state->lock);
    worker->next = state->workers;
    state->workers = worker;
    state->idle_count++;
    fe_lock_release(&state->lock);
}

static bool worker_start(struct import *import)
{
    struct worker *worker = worker_create(import);
    if (worker == nullptr) return false;
    link_worker(worker);
    if (thread_run(run, worker)) return true;
    fe_lock_take(&import->state->lock);
    import->state->idle_count--;
    fe_lock_release(&import->state->lock);
    unlink_worker(worker);
    worker_destroy(worker);
    return false;
}

static int state_create(struct import *import)
{
    struct import_state *state = calloc(1, sizeof *state);
    if (state == nullptr) return -ENOMEM;
    if (fe_channel_create(&state->channel) != OK) {
        free(state);
        return -ENOMEM;
    }
    import->state = state;
    return 0;
}

int import_open(struct import *import, uint32_t uid, uint32_t gid, fe_handle *connector)
{
    struct session *made, like = {.uid = uid, .gid = gid};
    int result = state_create(import);
    struct worker *worker = result == 0 ? worker_create(import) : nullptr;
    if (worker == nullptr) return -ENOMEM;
    uint32_t fid;
    result = remote_attach(worker, uid, &fid);
    if (result == 0) result = remote_session_create(import->state, &like, &made, connector);
    if (result == 0) remote_session_put(worker, made);
    worker_destroy(worker);
    return result;
}

int import_start(struct import *import)
{
    return worker_start(import) ? 0 : -ENOMEM;
}

void import_serve(struct import *import)
{
    struct worker *worker = worker_create(import);
    if (worker == nullptr) fe_exit(1);
    for (;;) {
        link_worker(worker);
        work(worker);
        unlink_worker(worker);
    }
}

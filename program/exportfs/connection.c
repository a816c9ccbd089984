// SPDX-License-Identifier: MIT
// One connection: frames come in, each is served by an idle worker or a new one, so that a read
// which waits holds up nobody. A flush interrupts the worker that serves its tag, and is answered
// after it. Who breaks the framing is hung up on.
#include "exportfs.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <stdlib.h>
#include <string.h>
#include <thread/thread.h>
#include <unistd.h>

enum : uint32_t {
    WORKERS_MOST = 64, // of one client; what comes beyond is told to come again
    IDLE_MOST = 4,
    VERSION_LEAST = 512, // bytes
};

uint32_t message_size;
bool has_own_requests;

static struct fe_lock lock, sending;
static struct worker *idle, *busy;
static uint32_t idle_count, worker_count;
static struct fe_condition ended; // a worker has answered

// A client that takes no answers any more has nothing to be served for.
void send_frame(const uint8_t *frame, size_t size)
{
    fe_lock_take(&sending);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(export.out, frame + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) _exit(0);
        done += (size_t)count;
    }
    fe_lock_release(&sending);
}

void send_small(struct wire_message *reply)
{
    uint8_t frame[128];
    send_frame(frame, wire_encode(reply, frame, sizeof frame));
}

static void send_error(uint16_t tag, int error)
{
    struct wire_message reply = {
        .type = WIRE_ERROR_REPLY, .tag = tag, .number = {(uint32_t)-error}};
    send_small(&reply);
}

static void send_flushed(uint16_t tag)
{
    struct wire_message reply = {.type = WIRE_FLUSH + 1, .tag = tag};
    send_small(&reply);
}

// --- Workers ---

static void worker_destroy(struct worker *worker)
{
    fe_handle_drop(&worker->thread);
    free(worker->frame);
    free(worker->answer);
    free(worker->data);
    free(worker->flushes);
    free(worker);
}

static struct worker *worker_create(void)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == nullptr) return nullptr;
    worker->frame = malloc(WIRE_MOST);
    worker->answer = malloc(WIRE_MOST);
    worker->data = malloc(FE_9P_DATA_MAX);
    if (worker->frame && worker->answer && worker->data) return worker;
    worker_destroy(worker);
    return nullptr;
}

// What was cut off by a flush needs no answer.
static void answer(struct worker *worker, int result)
{
    struct wire_message *reply = &worker->reply;
    if (result == SERVE_LATER || (result == -EINTR && worker->is_cancelled)) return;
    if (result < 0) {
        send_error(worker->tag, result);
        return;
    }
    reply->type = (uint8_t)(worker->request.type + 1);
    reply->tag = worker->tag;
    size_t size = wire_encode(reply, worker->answer, message_size);
    if (size != 0) {
        send_frame(worker->answer, size);
    } else {
        send_error(worker->tag, -EMSGSIZE);
    }
}

// With the lock, which is given up meanwhile.
static void answer_flushes(struct worker *worker)
{
    if (worker->flush_count != 0) polls_flush(worker->tag);
    while (worker->flush_count != 0) {
        uint16_t tag = worker->flushes[--worker->flush_count];
        fe_lock_release(&lock);
        send_flushed(tag);
        fe_lock_take(&lock);
    }
}

static void take_out(struct worker **list, const struct worker *worker)
{
    while (*list != worker) list = &(*list)->next;
    *list = worker->next;
}

// An interrupt may still be on its way to a thread that was cancelled: it ends. True: wait for
// more.
static bool finish(struct worker *worker)
{
    fe_lock_take(&lock);
    answer_flushes(worker);
    take_out(&busy, worker);
    worker->size = 0;
    bool stays = !worker->is_cancelled && idle_count < IDLE_MOST;
    if (stays) {
        worker->next = idle;
        idle = worker;
        idle_count++;
    } else {
        worker_count--;
    }
    fe_condition_broadcast(&ended, &lock);
    while (stays && worker->size == 0 && !worker->is_ending)
        (void)fe_condition_wait(&worker->work, &lock, FE_UNINTERRUPTED);
    fe_lock_release(&lock);
    return stays;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    uint64_t id;
    // By this the reader interrupts us. It is the next thread after the number before ours.
    enum status status =
        fe_process_thread(fe_process_self(), fe_thread_number() - 1, &worker->thread, &id);
    (void)status; // without it, a flush waits for the end
    do {
        int result = -EPROTO;
        worker->reply = (struct wire_message){};
        if (wire_decode(worker->frame, worker->size, &worker->request)) result = serve(worker);
        answer(worker, result);
    } while (finish(worker));
    worker_destroy(worker);
    return nullptr;
}

// An idle worker, or a new one; *is_new: it is to be started. nullptr: there are too many.
static struct worker *worker_take(bool *is_new)
{
    fe_lock_take(&lock);
    struct worker *worker = idle;
    if (worker) {
        idle = worker->next;
        idle_count--;
    }
    bool is_full = worker_count == WORKERS_MOST;
    if (worker == nullptr && !is_full) worker_count++;
    fe_lock_release(&lock);
    *is_new = worker == nullptr && !is_full;
    if (!*is_new) return worker;
    worker = worker_create();
    if (worker) return worker;
    fe_lock_take(&lock);
    worker_count--;
    fe_lock_release(&lock);
    return nullptr;
}

static void give_back(struct worker *worker)
{
    fe_lock_take(&lock);
    take_out(&busy, worker);
    worker_count--;
    fe_lock_release(&lock);
    worker_destroy(worker);
}

static void set_to_work(struct worker *worker, size_t size, bool is_new)
{
    uint16_t tag = worker->frame[5] | (uint16_t)(worker->frame[6] << 8);
    fe_lock_take(&lock);
    worker->tag = tag;
    worker->size = size;
    worker->is_cancelled = false;
    worker->next = busy;
    busy = worker;
    if (!is_new) fe_condition_signal(&worker->work, &lock);
    fe_lock_release(&lock);
    if (!is_new || thread_run(work, worker)) return;
    give_back(worker);
    send_error(tag, -EAGAIN);
}

// --- The reader ---

// With the lock: ends what a worker waits for.
static void cancel(struct worker *worker)
{
    worker->is_cancelled = true;
    if (worker->thread == FE_NO_HANDLE) return;
    enum status status = fe_thread_interrupt(worker->thread);
    (void)status; // it is our own thread
}

static bool note_flush(struct worker *worker, uint16_t tag)
{
    size_t size = (worker->flush_count + 1) * sizeof *worker->flushes;
    uint16_t *flushes = realloc(worker->flushes, size);
    if (flushes == nullptr) return false;
    flushes[worker->flush_count++] = tag;
    worker->flushes = flushes;
    cancel(worker);
    return true;
}

static bool take_flush(const uint8_t *frame, size_t size)
{
    struct wire_message request;
    if (!wire_decode(frame, size, &request)) return false;
    fe_lock_take(&lock);
    struct worker *worker = busy;
    while (worker && worker->tag != request.number[0]) worker = worker->next;
    bool is_noted = worker && note_flush(worker, request.tag);
    fe_lock_release(&lock);
    if (is_noted) return true;
    if (worker == nullptr) polls_flush((uint16_t)request.number[0]);
    send_flushed(request.tag);
    return true;
}

// Everything that went before is forgotten.
static void forget(void)
{
    fe_lock_take(&lock);
    for (struct worker *worker = busy; worker; worker = worker->next) cancel(worker);
    while (busy) (void)fe_condition_wait(&ended, &lock, FE_UNINTERRUPTED);
    fe_lock_release(&lock);
    polls_clear();
    fids_clear();
}

// The version that we speak of what is wished for; nullptr: none.
static const char *version_of(struct wire_text wish)
{
    if (wire_text_is(wish, WIRE_VERSION_OWN)) return WIRE_VERSION_OWN;
    return wire_text_is(wish, WIRE_VERSION) ? WIRE_VERSION : nullptr;
}

static bool take_version(const uint8_t *frame, size_t size)
{
    struct wire_message request;
    if (!wire_decode(frame, size, &request)) return false;
    forget();
    const char *version = version_of(request.text[0]);
    uint32_t wanted = (uint32_t)request.number[0];
    if (wanted < VERSION_LEAST) {
        send_error(request.tag, -EINVAL);
        return true;
    }
    message_size = version ? wanted < WIRE_MOST ? wanted : (uint32_t)WIRE_MOST : 0;
    has_own_requests = version && strcmp(version, WIRE_VERSION_OWN) == 0;
    struct wire_message reply = {
        .type = WIRE_VERSION_OF + 1,
        .tag = request.tag,
        .number = {version ? message_size : wanted},
        .text = {wire_text_of(version ? version : "unknown")},
    };
    send_small(&reply);
    return true;
}

// Frames that the reader answers by itself: they are short.
static bool take_here(const uint8_t *header, size_t size)
{
    uint8_t frame[128];
    if (size > sizeof frame) return false;
    memcpy(frame, header, WIRE_HEADER);
    if (!input_take(frame + WIRE_HEADER, size - WIRE_HEADER)) return false;
    return header[4] == WIRE_FLUSH ? take_flush(frame, size) : take_version(frame, size);
}

static bool pass_over(size_t size)
{
    uint8_t nothing[512];
    while (size != 0) {
        size_t part = size < sizeof nothing ? size : sizeof nothing;
        if (!input_take(nothing, part)) return false;
        size -= part;
    }
    return true;
}

static bool take_request(const uint8_t *header, size_t size)
{
    bool is_new;
    struct worker *worker = worker_take(&is_new);
    if (worker == nullptr) {
        if (!pass_over(size - WIRE_HEADER)) return false;
        send_error(header[5] | (uint16_t)(header[6] << 8), -EAGAIN);
        return true;
    }
    memcpy(worker->frame, header, WIRE_HEADER);
    if (!input_take(worker->frame + WIRE_HEADER, size - WIRE_HEADER)) return false;
    set_to_work(worker, size, is_new);
    return true;
}

static bool take_frame(void)
{
    uint8_t header[WIRE_HEADER];
    if (!input_begin() || !input_take(header, sizeof header)) return false;
    size_t size = wire_size(header);
    uint8_t type = header[4];
    if (size < sizeof header) return false;
    if (type == WIRE_VERSION_OF || type == WIRE_FLUSH) return take_here(header, size);
    return message_size != 0 && size <= message_size && take_request(header, size);
}

// The process ends with its connection, and so does everything that its files were to others.
void connection_serve(void)
{
    while (take_frame()) {
    }
    _exit(0);
}

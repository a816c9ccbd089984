// SPDX-License-Identifier: MIT
// Polls that the remote server answers when a file is ready. Nobody waits for them: the answer
// signals the event of who polls, and so does the end of the connection.
#include "internal.h"

enum : uint32_t { EVENTS = READY_READ | READY_PRIORITY | READY_WRITE };

struct watch {
    struct import_exchange exchange; // first: the watch is found by it
    struct watch *next;              // of the file
    struct file *file;               // nullptr: it is closed, nobody is told
    fe_handle event;
    uint64_t event_id, bits;
    uint32_t events;
    uint32_t holders; // who sends it, and the exchange while it is under way
    uint8_t frame[WIRE_HEADER + 9], reply[WIRE_HEADER + 4];
};

// With the lock, as all that follows but remote_poll() and watch_send().
static void watch_put(struct watch *watch)
{
    if (--watch->holders != 0) return;
    fe_handle_drop(&watch->event);
    free(watch);
}

static void watch_unlink(struct watch *watch)
{
    struct watch **at = &watch->file->watches;
    while (*at != watch) at = &(*at)->next;
    *at = watch->next;
    watch->file = nullptr;
}

static void answered(struct import_exchange *exchange)
{
    struct watch *watch = (struct watch *)exchange;
    if (watch->file) {
        watch_unlink(watch);
        [[maybe_unused]] enum status status = fe_event_signal(watch->event, watch->bits);
    }
    watch_put(watch);
}

void watches_leave(struct file *file)
{
    while (file->watches) {
        struct watch *watch = file->watches;
        watch_unlink(watch);
        fe_handle_drop(&watch->event);
    }
}

// One that tells the same event of the same, and now by other bits.
static bool has_watch(const struct file *file, const struct watch *wish)
{
    for (struct watch *watch = file->watches; watch; watch = watch->next) {
        if (watch->event_id != wish->event_id || (wish->events & ~watch->events) != 0) continue;
        watch->bits = wish->bits;
        return true;
    }
    return false;
}

static int watch_send(struct worker *worker, struct watch *watch, uint32_t fid)
{
    struct import_state *state = worker->import->state;
    struct wire_message request = {.type = WIRE_POLL, .number = {fid, watch->events, true}};
    int tag = remote_begin(worker->import, &watch->exchange, &request, watch->frame);
    fe_lock_take(&state->lock);
    if (tag < 0) {
        if (watch->file) watch_unlink(watch);
        watch_put(watch);
    }
    watch_put(watch);
    fe_lock_release(&state->lock);
    return tag < 0 ? tag : 0;
}

// The event that came with the request is told once. One that is known already, for the same or
// more, is told by the watch that there is.
static int watch_add(struct worker *worker, struct file *file, uint32_t events)
{
    struct import_state *state = worker->import->state;
    fe_handle *event = &worker->transfer.received_handle[0];
    struct fe_handle_info info;
    if (fe_handle_inspect(*event, &info) != OK || info.type != OBJECT_EVENT) return -EINVAL;
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == nullptr) return -ENOMEM;
    watch->events = events;
    watch->event_id = info.id;
    watch->bits = worker->message.word[2];
    watch->holders = 2;
    watch->exchange.reply = watch->reply;
    watch->exchange.capacity = sizeof watch->reply;
    watch->exchange.answered = answered;
    fe_lock_take(&state->lock);
    bool is_known = has_watch(file, watch);
    if (!is_known) {
        watch->event = fe_handle_take(event);
        watch->file = file;
        watch->next = file->watches;
        file->watches = watch;
    }
    fe_lock_release(&state->lock);
    if (!is_known) return watch_send(worker, watch, file->fid);
    free(watch);
    return 0;
}

int remote_poll(struct worker *worker, struct file *file, uint32_t events)
{
    struct wire_message reply,
        request = {.type = WIRE_POLL, .number = {file->fid, events & EVENTS}};
    int result = remote_call(worker, &request, &reply);
    if (result != 0) return result;
    worker->word[0] = reply.number[0] & (events | READY_ERROR | READY_HANGUP);
    if (worker->word[0] != 0 || worker->transfer.received_handle_count == 0) return 0;
    return watch_add(worker, file, events & EVENTS);
}

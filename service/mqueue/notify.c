// SPDX-License-Identifier: MIT
// Telling a process that a message came: it registers on an open queue, which gives it a number,
// and asks the folder about that number, which is answered in time. So its question does not hold
// the queue open: closing ends the registration, as the death of the process does.
#include "queue.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

static struct listener *listeners;

static void unlink_listener(struct listener *listener)
{
    struct listener **at = &listeners;
    while (*at != listener) at = &(*at)->next;
    *at = listener->next;
    free(listener);
}

// It is not registered any more. Who asks is told; who will ask finds it.
static void settle(struct queue *queue, bool has_fired)
{
    struct listener *listener = queue->registered;
    queue->registered = nullptr;
    listener->has_fired = has_fired;
    if (listener->notice != nullptr) p9_finish(listener->notice, has_fired, nullptr, 0);
    if (listener->notice != nullptr || !listener->is_collected) unlink_listener(listener);
}

void notify_fire(struct queue *queue)
{
    if (queue->registered != nullptr) settle(queue, true);
}

static int add(struct p9_request *request, struct p9_open *open, bool is_collected)
{
    static uint64_t last_number;
    struct queue *queue = (struct queue *)open->node;
    if (queue->registered != nullptr) return -EBUSY;
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == nullptr) return -ENOMEM;
    *listener = (struct listener){.next = listeners,
                                  .open = open,
                                  .number = ++last_number,
                                  .uid = request->identity->uid,
                                  .is_collected = is_collected};
    listeners = queue->registered = listener;
    request->value = listener->number;
    return 0;
}

int notify_control(struct p9_request *request, struct p9_open *open)
{
    uint32_t wish;
    struct queue *queue = (struct queue *)open->node;
    if (request->size != sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    if (wish > FE_QUEUE_NOTIFY_SILENT) return -EINVAL;
    if (wish != FE_QUEUE_NOTIFY_NONE) return add(request, open, wish == FE_QUEUE_NOTIFY_ASKED);
    if (queue->registered != nullptr && queue->registered->open == open) settle(queue, false);
    return 0;
}

// The numbers are no secret, so only the user's own are answered.
static struct listener *find(const struct p9_request *request, uint64_t number)
{
    struct listener *at = listeners;
    while (at != nullptr && at->number != number) at = at->next;
    return at != nullptr && at->uid == request->identity->uid ? at : nullptr;
}

int notify_wait(struct p9_request *request)
{
    uint64_t number;
    if (request->size != sizeof number) return -EINVAL;
    memcpy(&number, request->data, sizeof number);
    struct listener *listener = find(request, number);
    if (listener == nullptr) return 0; // closed meanwhile
    struct queue *queue = (struct queue *)listener->open->node;
    if (queue->registered != listener) {
        request->value = listener->has_fired;
        unlink_listener(listener);
        return 0;
    }
    if (listener->notice != nullptr && !listener->notice->is_cancelled) return -EBUSY;
    struct p9_request *kept = p9_keep(request);
    if (kept == nullptr) return -ENOMEM;
    if (listener->notice != nullptr) p9_finish(listener->notice, 0, nullptr, 0);
    listener->notice = kept;
    return P9_KEPT;
}

void notify_close(struct p9_open *open)
{
    struct queue *queue = (struct queue *)open->node;
    if (queue->registered != nullptr && queue->registered->open == open) settle(queue, false);
    for (struct listener *at = listeners, *next; at != nullptr; at = next) {
        next = at->next;
        if (at->open == open) unlink_listener(at);
    }
}

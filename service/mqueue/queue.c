// SPDX-License-Identifier: MIT
// Sending to and receiving from a queue.
#include "queue.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/libc.h>

static struct queue *queue_of(const struct p9_open *open)
{
    return (struct queue *)open->node;
}

// Waiting ends at the deadline: the request runs again then.
static int wait(struct p9_open *open, uint64_t deadline)
{
    struct queue *queue = queue_of(open);
    if (open->flags & OPEN_NONBLOCK) return -EAGAIN;
    if (deadline <= fe_clock_monotonic()) return -ETIMEDOUT;
    if (deadline < queue->deadline) queue->deadline = deadline;
    return P9_LATER;
}

static int wish_read(const struct p9_request *request, struct fe_queue_wish *wish)
{
    if (request->size < sizeof *wish) return -EINVAL;
    memcpy(wish, request->data, sizeof *wish);
    return 0;
}

static int send(struct p9_request *request, struct p9_open *open)
{
    struct fe_queue_wish wish;
    struct queue *queue = queue_of(open);
    int error = wish_read(request, &wish);
    if (error != 0) return error;
    if (!p9_open_has(open, OPEN_WRITE)) return -EBADF;
    if (wish.priority >= FE_QUEUE_PRIORITIES) return -EINVAL;
    size_t size = request->size - sizeof wish;
    if (size > queue->message_size) return -EMSGSIZE;
    if (queue->store.count >= queue->capacity) return wait(open, wish.deadline);
    error = store_put(&queue->store, wish.priority, request->data + sizeof wish, size);
    if (error != 0) return error;
    bool is_awaited = p9_control_waits(&queue->node, CONTROL_QUEUE_RECEIVE);
    if (queue->store.count == 1 && !is_awaited) notify_fire(queue);
    queue->node.modify_time = fe_clock_realtime();
    p9_node_changed(&queue->node);
    return 0;
}

static int receive(struct p9_request *request, struct p9_open *open)
{
    struct fe_queue_wish wish;
    struct queue *queue = queue_of(open);
    int error = wish_read(request, &wish);
    if (error != 0) return error;
    if (!p9_open_has(open, OPEN_READ)) return -EBADF;
    if (wish.capacity < queue->message_size) return -EMSGSIZE;
    struct message *message = store_take(&queue->store);
    if (message == nullptr) return wait(open, wish.deadline);
    error = p9_answer(request, message->bytes, message->size);
    request->value = message->priority;
    free(message);
    queue->node.access_time = fe_clock_realtime();
    p9_node_changed(&queue->node);
    return error;
}

static int status(struct p9_request *request, const struct queue *queue)
{
    struct fe_queue_status status = {.capacity = queue->capacity,
                                     .message_size = queue->message_size,
                                     .count = queue->store.count};
    return p9_answer(request, &status, sizeof status);
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    switch (what) {
    case CONTROL_QUEUE_SEND: return send(request, open);
    case CONTROL_QUEUE_RECEIVE: return receive(request, open);
    case CONTROL_QUEUE_STATUS: return status(request, queue_of(open));
    case CONTROL_QUEUE_NOTIFY: return notify_control(request, open);
    default: return -ENOTTY;
    }
}

static uint32_t ready(struct p9_open *open)
{
    const struct queue *queue = queue_of(open);
    return (queue->store.count != 0 ? READY_READ : 0) |
           (queue->store.count < queue->capacity ? READY_WRITE : 0);
}

// For people.
static int64_t read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                    size_t count)
{
    char text[128];
    const struct queue *queue = queue_of(open);
    size_t size =
        fe_format(text, sizeof text, "messages %u of %u\nbytes %llu, %u in one\nlistener %s\n",
                  queue->store.count, queue->capacity, (unsigned long long)queue->store.bytes,
                  queue->message_size, queue->registered != nullptr ? "yes" : "no");
    if (offset >= size) return 0;
    if (count > size - offset) count = size - (size_t)offset;
    memcpy(to, text + offset, count);
    return (int64_t)count;
}

static void release(struct p9_node *node)
{
    struct queue *queue = (struct queue *)node, **at = &queues;
    while (*at != queue) at = &(*at)->next;
    *at = queue->next;
    store_fini(&queue->store);
    free(queue);
}

uint64_t queue_charge(const struct queue *queue)
{
    uint64_t message = sizeof(struct message) + sizeof(struct message *) + queue->message_size;
    return sizeof *queue + queue->capacity * message;
}

const struct p9_operations queue_operations = {
    .control = control, .ready = ready, .read = read, .close = notify_close, .release = release};

// SPDX-License-Identifier: MIT
// Polling and control requests, which 9P2000.L does not have: they go to servers that are Ferrite's
// own (WIRE_VERSION_OWN).
#include "internal.h"

// Files that are no devices are always ready. Of others' devices nobody can say: they are taken to
// be, and a read may wait.
int relay_poll(struct worker *worker)
{
    struct file *file;
    uint32_t events = (uint32_t)worker->message.word[1];
    int result = remote_file_get(worker, worker->message.word[0], &file);
    if (result != 0) return result;
    bool is_asked = worker->import->state->has_own_requests && (file->kind & QID_DEVICE) != 0;
    worker->word[0] = events & (READY_READ | READY_WRITE);
    if (is_asked) result = remote_poll(worker, file, events);
    remote_file_put(worker, file);
    return result;
}

static int set_flags(struct worker *worker, struct file *file)
{
    uint32_t flags, changeable = OPEN_NONBLOCK | OPEN_APPEND;
    if (worker->transfer.received_size != sizeof flags) return -EINVAL;
    memcpy(&flags, worker->data, sizeof flags);
    file->flags = (file->flags & ~changeable) | (flags & changeable);
    return 0;
}

static int control(struct worker *worker, const struct file *file)
{
    struct wire_message reply, request = {
                                   .type = WIRE_CONTROL,
                                   .number = {file->fid, (uint32_t)worker->message.word[1]},
                                   .data = worker->data,
                                   .size = worker->transfer.received_size,
                               };
    int result = remote_wait(worker, &request, &reply);
    if (result != 0) return result;
    if (reply.size > FE_9P_DATA_MAX) return -EPROTO;
    worker->word[0] = reply.number[0];
    memcpy(worker->answer, reply.data, reply.size);
    answer_data(worker, worker->answer, reply.size);
    return 0;
}

// What a file does when it would wait is for both sides to know, here for all that is no device.
int relay_control(struct worker *worker)
{
    struct file *file;
    int result = remote_file_get(worker, worker->message.word[0], &file);
    if (result != 0) return result;
    bool is_flags = worker->message.word[1] == CONTROL_FLAGS_SET;
    bool is_passed = worker->import->state->has_own_requests && (file->kind & QID_DEVICE) != 0 &&
                     worker->transfer.received_handle_count == 0;
    result = -ENOTTY;
    if (is_flags) result = set_flags(worker, file);
    if (is_passed && (!is_flags || result == 0)) result = control(worker, file);
    remote_file_put(worker, file);
    return result;
}

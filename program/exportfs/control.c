// SPDX-License-Identifier: MIT
// Control requests of files: those of terminals whose meaning is the same on another machine. Those
// with numbers of processes in them, or with handles, stay here.
#include "exportfs.h"

#include <ferrite/handle.h>
#include <string.h>

enum change { UNKNOWN, ASKS, CHANGES };

static enum change change_of(uint32_t request)
{
    switch (request) {
    case CONTROL_TERMIOS_GET:
    case CONTROL_WINDOW_GET:
    case CONTROL_AVAILABLE:
    case CONTROL_DRAIN:
    case CONTROL_FLAGS_SET: return ASKS;
    case CONTROL_TERMIOS_SET:
    case CONTROL_WINDOW_SET:
    case CONTROL_FLUSH:
    case CONTROL_BREAK: return CHANGES;
    default: return UNKNOWN;
    }
}

// Where a write goes is said by each write: only waiting is the file's own.
static int set_flags(struct p9_file *file, const struct wire_message *request)
{
    uint32_t flags;
    if (request->size != sizeof flags) return -EINVAL;
    memcpy(&flags, request->data, sizeof flags);
    flags &= OPEN_NONBLOCK;
    struct p9_control set = {.request = CONTROL_FLAGS_SET, .data = &flags, .size = sizeof flags};
    return p9_control(file, &set);
}

int export_control(struct worker *worker, struct fid *fid)
{
    const struct wire_message *request = &worker->request;
    uint32_t which = (uint32_t)request->number[1];
    enum change change = change_of(which);
    if (fid->file == nullptr) return -EBADF;
    if (change == UNKNOWN) return -ENOTTY;
    if (change == CHANGES && !export.may_write) return -EROFS;
    if (which == CONTROL_FLAGS_SET) return set_flags(fid->file, request);
    struct p9_control control = {
        .request = which,
        .data = request->data,
        .size = request->size,
        .reply = worker->data,
        .reply_capacity = message_size - WIRE_DATA_HEADER,
    };
    if (control.reply_capacity > FE_9P_DATA_MAX) control.reply_capacity = FE_9P_DATA_MAX;
    int result = p9_control(fid->file, &control);
    worker->reply.number[0] = control.value;
    worker->reply.data = worker->data;
    worker->reply.size = (uint32_t)control.reply_size;
    return result;
}

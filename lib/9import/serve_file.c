// SPDX-License-Identifier: MIT
// Operations on open files. The position of an open file is kept here: the remote server knows
// offsets only.
#include "internal.h"
#include <ferrite/memory.h>

// A reference to the open file of the request, opened so that it may be read, or written.
static int open_of(struct worker *worker, uint32_t access, struct file **file)
{
    int result = remote_file_get(worker, worker->message.word[0], file);
    if (result != 0) return result;
    uint32_t has = (*file)->flags & OPEN_ACCESS;
    if ((*file)->is_open && (has == access || has == OPEN_READ_WRITE)) return 0;
    remote_file_put(worker, *file);
    return -EBADF;
}

static uint64_t offset_of(const struct worker *worker, const struct file *file)
{
    uint64_t wanted = worker->message.word[1];
    return wanted == FE_9P_POSITION ? file->position : wanted;
}

static void advance(struct worker *worker, struct file *file, uint64_t position)
{
    struct import_state *state = worker->import->state;
    if (worker->message.word[1] != FE_9P_POSITION) return;
    fe_lock_take(&state->lock);
    file->position = position;
    fe_lock_release(&state->lock);
}

// What one message carries.
static uint32_t room(const struct worker *worker, uint64_t count)
{
    uint32_t most = worker->import->state->message_size - WIRE_DATA_HEADER;
    if (most > FE_9P_DATA_MAX) most = FE_9P_DATA_MAX;
    return count < most ? (uint32_t)count : most;
}

// Bytes at `offset`, which stay in worker->reply; their number, or a negative errno.
static int64_t fetch(struct worker *worker, const struct file *file, uint64_t offset,
                     uint64_t count, const uint8_t **bytes)
{
    uint32_t wanted = room(worker, count);
    struct wire_message reply, request = {.type = WIRE_READ, .number = {file->fid, offset, wanted}};
    bool may_wait = (file->kind & QID_DEVICE) != 0;
    int result =
        may_wait ? remote_wait(worker, &request, &reply) : remote_call(worker, &request, &reply);
    if (result != 0) return result;
    if (reply.size > wanted) return -EPROTO;
    *bytes = reply.data;
    return reply.size;
}

int relay_read(struct worker *worker)
{
    struct file *file;
    const uint8_t *bytes = nullptr;
    uint64_t wanted = worker->message.word[2];
    int result = open_of(worker, OPEN_READ, &file);
    if (result != 0) return result;
    uint64_t offset = offset_of(worker, file);
    int64_t count = -EISDIR;
    if ((file->kind & QID_DIRECTORY) == 0) count = fetch(worker, file, offset, wanted, &bytes);
    if (count >= 0) advance(worker, file, offset + (uint64_t)count);
    remote_file_put(worker, file);
    if (count < 0) return (int)count;
    worker->word[0] = (uint64_t)count;
    if (wanted <= FE_9P_READ_INLINE) {
        if (count != 0) memcpy(&worker->word[1], bytes, (size_t)count);
    } else {
        // A clunk may use the frame before the answer goes: not when nothing is left, as here.
        answer_data(worker, bytes, (size_t)count);
    }
    return 0;
}

static int size_of(struct worker *worker, const struct file *file, uint64_t *size)
{
    struct wire_message reply, request = {.type = WIRE_GETATTR, .number = {file->fid, 0x7ff}};
    int result = remote_call(worker, &request, &reply);
    if (result != 0) return result;
    struct fe_9p_attributes attributes;
    wire_attributes_get(&reply, &attributes);
    *size = attributes.size;
    return 0;
}

// Servers differ in whether they append by themselves, so the end is asked for.
static int64_t store(struct worker *worker, struct file *file, uint64_t *offset)
{
    struct wire_message reply, request = {.type = WIRE_WRITE};
    bool is_stream = (file->kind & QID_DEVICE) != 0;
    int result = 0;
    if ((file->flags & OPEN_APPEND) != 0 && !is_stream) result = size_of(worker, file, offset);
    if (result != 0) return result;
    request.number[0] = file->fid;
    request.number[1] = *offset;
    request.data = worker->data;
    request.size = room(worker, worker->transfer.received_size);
    result =
        is_stream ? remote_wait(worker, &request, &reply) : remote_call(worker, &request, &reply);
    if (result != 0) return result;
    return reply.number[0] <= request.size ? (int64_t)reply.number[0] : -EPROTO;
}

int relay_write(struct worker *worker)
{
    struct file *file;
    int result = open_of(worker, OPEN_WRITE, &file);
    if (result != 0) return result;
    uint64_t offset = offset_of(worker, file);
    int64_t count = store(worker, file, &offset);
    if (count >= 0) advance(worker, file, offset + (uint64_t)count);
    worker->word[0] = count >= 0 ? (uint64_t)count : 0;
    worker->word[1] = file->position;
    remote_file_put(worker, file);
    return count < 0 ? (int)count : 0;
}

// The remote server's entries as the channel's protocol has them, as many as fit.
static int translate(struct worker *worker, const struct wire_message *reply, size_t capacity,
                     uint64_t *next)
{
    size_t written = 0, used;
    struct wire_entry from;
    for (size_t at = 0; at < reply->size; at += used) {
        used = wire_entry_get(reply->data + at, reply->size - at, &from);
        if (used == 0) return -EPROTO;
        size_t size = (sizeof(struct fe_9p_entry) + from.name.size + 7) & ~(size_t)7;
        if (size > capacity - written) break;
        *next = from.next;
        if (!wire_is_name(from.name)) continue; // "." and ".."
        uint64_t number[2] = {from.qid_type, from.qid_version};
        struct fe_9p_entry to = {.qid_kind = qid_kind(number),
                                 .qid_path = from.qid_path,
                                 .next = from.next,
                                 .name_size = (uint16_t)from.name.size,
                                 .type = from.type};
        memset(worker->answer + written, 0, size);
        memcpy(worker->answer + written, &to, sizeof to);
        memcpy(worker->answer + written + sizeof to, from.name.text, from.name.size);
        written += size;
    }
    return (int)written;
}

// A listing that has nothing but "." and ".." is not the end: the next part is asked for.
static int list(struct worker *worker, const struct file *file, uint64_t count, uint64_t *offset)
{
    uint32_t capacity = room(worker, count);
    for (;;) {
        // What takes so many bytes there takes at most twice as many here.
        uint32_t wanted = capacity / 2;
        struct wire_message reply,
            request = {.type = WIRE_READDIR, .number = {file->fid, *offset, wanted}};
        int result = remote_call(worker, &request, &reply);
        if (result != 0) return result;
        if (reply.size > wanted) return -EPROTO;
        if (reply.size == 0) return 0;
        uint64_t before = *offset;
        result = translate(worker, &reply, capacity, offset);
        if (result != 0) return result;
        if (*offset == before) return -EINVAL; // not even one fits
    }
}

int relay_readdir(struct worker *worker)
{
    struct file *file;
    int result = open_of(worker, OPEN_READ, &file);
    if (result != 0) return result;
    uint64_t offset = offset_of(worker, file);
    result = -ENOTDIR;
    if (file->kind & QID_DIRECTORY) result = list(worker, file, worker->message.word[2], &offset);
    if (result >= 0) advance(worker, file, offset);
    remote_file_put(worker, file);
    if (result < 0) return result;
    worker->word[0] = (uint64_t)result;
    answer_data(worker, worker->answer, (size_t)result);
    return 0;
}

int relay_seek(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    struct file *file;
    uint64_t size = 0, whence = worker->message.word[2];
    int result = remote_file_get(worker, worker->message.word[0], &file);
    if (result != 0) return result;
    if (!file->is_open) result = -EBADF;
    if (result == 0 && (file->kind & QID_DEVICE)) result = -ESPIPE;
    if (result == 0 && whence > 2) result = -EINVAL;
    if (result == 0 && whence == 2) result = size_of(worker, file, &size);
    int64_t position, base = whence == 1 ? (int64_t)file->position : (int64_t)size;
    bool is_bad =
        __builtin_add_overflow(base, (int64_t)worker->message.word[1], &position) || position < 0;
    if (result == 0 && is_bad) result = -EINVAL;
    if (result == 0) {
        fe_lock_take(&state->lock);
        file->position = (uint64_t)position;
        fe_lock_release(&state->lock);
        worker->word[0] = (uint64_t)position;
    }
    remote_file_put(worker, file);
    return result;
}

int relay_truncate(struct worker *worker)
{
    struct file *file;
    int result = open_of(worker, OPEN_WRITE, &file);
    if (result != 0) return result == -EBADF ? -EINVAL : result;
    struct fe_9p_attributes wish = {.size = worker->message.word[1]};
    struct wire_message reply, request = {.type = WIRE_SETATTR, .number = {file->fid}};
    wire_change_put(&request, ATTRIBUTE_SIZE, &wish);
    result = remote_call(worker, &request, &reply);
    remote_file_put(worker, file);
    return result;
}

int relay_fsync(struct worker *worker)
{
    struct file *file;
    int result = remote_file_get(worker, worker->message.word[0], &file);
    if (result != 0) return result;
    struct wire_message reply, request = {.type = WIRE_FSYNC, .number = {file->fid}};
    result = file->is_open ? remote_call(worker, &request, &reply) : -EBADF;
    remote_file_put(worker, file);
    return result;
}

int relay_lock(struct worker *worker)
{
    static const int errors[4] = {0, -EAGAIN, -ENOLCK, -EAGAIN};
    const uint64_t *word = worker->message.word;
    struct file *file;
    int result = remote_file_get(worker, word[0], &file);
    if (result != 0) return result;
    struct wire_message reply, request = {
                                   .type = WIRE_LOCK,
                                   .number = {file->fid, word[1] & 3, word[4] & 1, word[2], word[3],
                                              (uint32_t)(worker->session->badge >> 32)},
                                   .text = {wire_text_of("ferrite")},
                               };
    result = remote_wait(worker, &request, &reply);
    remote_file_put(worker, file);
    if (result != 0) return result;
    for (uint32_t i = 0; i < 3; i++) worker->word[i] = word[1 + i];
    return reply.number[0] < 4 ? errors[reply.number[0]] : -EPROTO;
}

// A copy of the file's bytes in memory of their own.
static int copy_out(struct worker *worker, const struct file *file, uint64_t size,
                    fe_handle *memory)
{
    const uint8_t *bytes;
    if (size == 0 || size > SIZE_MAX - FE_PAGE_SIZE) return -ENODEV;
    if (fe_memory_create(fe_page_round((size_t)size), 0, memory) != OK) return -ENOMEM;
    for (uint64_t at = 0; at < size;) {
        int64_t count = fetch(worker, file, at, size - at, &bytes);
        if (count > 0 && fe_memory_write(*memory, at, bytes, (size_t)count) != OK) count = -ENOMEM;
        if (count < 0) {
            fe_handle_drop(memory);
            return (int)count;
        }
        if (count == 0) break; // it has become shorter
        at += (uint64_t)count;
    }
    return 0;
}

// What is mapped is a copy of the file as it was: it can be read, and changes of it stay private.
int relay_memory(struct worker *worker)
{
    const uint64_t *word = worker->message.word;
    struct file *file;
    uint64_t size;
    if (word[1] != 0 || (word[3] & MAP_WRITE)) return -ENODEV;
    int result = open_of(worker, OPEN_READ, &file);
    if (result != 0) return result;
    result = file->kind & (QID_DIRECTORY | QID_DEVICE) ? -ENODEV : size_of(worker, file, &size);
    if (result == 0) result = copy_out(worker, file, size, &worker->handle);
    worker->word[0] = word[2];
    remote_file_put(worker, file);
    return result;
}

// Memory that a disk reads and writes is of its own machine.
int relay_transfer(struct worker *worker)
{
    return -EOPNOTSUPP;
}

int relay_image(struct worker *worker)
{
    struct file *from;
    struct walked walked;
    int result = remote_file_get(worker, worker->message.word[0], &from);
    if (result != 0) return result;
    result = remote_walk(worker, from->fid, request_path(worker), true, &walked);
    remote_file_put(worker, from);
    if (result != 0) return result;
    struct file file = {.fid = walked.fid};
    struct wire_message reply, request = {.type = WIRE_OPEN, .number = {walked.fid, OPEN_READ}};
    FE_HANDLE memory = FE_NO_HANDLE;
    uint64_t size;
    result = remote_may(worker, walked.fid, 1);
    if (result == 0) result = remote_call(worker, &request, &reply);
    if (result == 0) result = size_of(worker, &file, &size);
    if (result == 0) result = copy_out(worker, &file, size, &memory);
    remote_leave(worker, walked.fid);
    if (result != 0) return result == -ENODEV ? -ENOEXEC : result;
    enum status status = fe_image_create(memory, (size_t)size, &worker->handle);
    if (status == OK) return 0;
    return status <= ERR_IMAGE_UNSIGNED && status >= ERR_IMAGE_ENTITLEMENT ? -EACCES : -ENOEXEC;
}

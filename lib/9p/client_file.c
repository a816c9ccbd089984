// SPDX-License-Identifier: MIT
// Operations on open files. One whose server was restarted is opened again (restore.c), and the
// request repeated; where that cannot be, the error is EIO.
#include "client_internal.h"

// Runs a call on a file; the message is set anew on a repetition, as an answer overwrites it.
int file_run(struct p9_file *file, struct call *call)
{
    struct fe_message original = call->message;
    struct deaths deaths = {};
    bool waits = call_waits(call);
    for (;;) {
        struct p9_session *session = file_session(file, &call->message.word[0]);
        int result = call_run(session, call);
        if (result == CALL_LINK) return -EPROTO;
        if (!is_gone(result)) return result;
        result = file_again(file, session, &deaths, result, waits);
        if (result != 0) return result;
        call->message = original;
    }
}

// A read of what fits the words of the answer: no buffer travels.
[[gnu::noinline]] static int64_t read_inline(struct p9_file *file, uint64_t offset, void *to,
                                             size_t count)
{
    uint64_t deadline = is_stream(file) ? FE_FOREVER : FE_UNINTERRUPTED;
    struct deaths deaths = {};
    for (;;) {
        uint64_t fid;
        struct p9_session *session = file_session(file, &fid);
        struct fe_message message = {.label = P9_READ, .word = {fid, offset, count}};
        int result = session_call(session, &message, deadline);
        if (result == 0) {
            size_t got = (size_t)message.word[0];
            if (got > count) return -EPROTO;
            memcpy(to, &message.word[1], got);
            if (offset == FE_9P_POSITION) file->position += got;
            return (int64_t)got;
        }
        if (result == CALL_LINK) return -EPROTO;
        if (!is_gone(result)) return result;
        result = file_again(file, session, &deaths, result, is_stream(file));
        if (result != 0) return result;
    }
}

[[gnu::noinline]] static int64_t read_buffer(struct p9_file *file, uint64_t offset, void *to,
                                             size_t count)
{
    struct call call;
    call_init(&call, P9_READ, file->fid);
    call.is_stream = is_stream(file);
    call.message.word[1] = offset;
    call.message.word[2] = count;
    call_receive(&call, to, count);
    int result = file_run(file, &call);
    if (result != 0) return result;
    if (offset == FE_9P_POSITION) file->position += call.transfer.received_size;
    return (int64_t)call.transfer.received_size;
}

// Whole reads take as many messages as needed; of a stream as long as it has something.
[[gnu::noinline]] static int64_t read_pieces(struct p9_file *file, uint64_t offset, void *to,
                                             size_t count)
{
    size_t done = 0;
    do {
        size_t piece = count - done < FE_9P_DATA_MAX ? count - done : FE_9P_DATA_MAX;
        uint64_t at = offset == FE_9P_POSITION ? offset : offset + done;
        int64_t got = p9_read(file, at, (char *)to + done, piece);
        if (got < 0) return done ? (int64_t)done : got;
        done += (size_t)got;
        if ((size_t)got < piece || done == count) break;
    } while (!is_stream(file) || p9_poll(file, READY_READ, FE_NO_HANDLE, 0) == READY_READ);
    return (int64_t)done;
}

int64_t p9_read(struct p9_file *file, uint64_t offset, void *to, size_t count)
{
    if (count <= FE_9P_READ_INLINE) return read_inline(file, offset, to, count);
    if (count <= FE_9P_DATA_MAX) return read_buffer(file, offset, to, count);
    return read_pieces(file, offset, to, count);
}

int p9_late_error(struct p9_file *file)
{
    if (__atomic_load_n(&file->late_error, __ATOMIC_RELAXED) == 0) return 0;
    return __atomic_exchange_n(&file->late_error, 0, __ATOMIC_RELAXED);
}

void p9_keep_error(struct p9_file *file, int error)
{
    if (error == -EAGAIN || error == -EINTR || error == -EPIPE) return;
    __atomic_store_n(&file->late_error, error, __ATOMIC_RELAXED);
}

int64_t p9_write(struct p9_file *file, uint64_t offset, const void *from, size_t count)
{
    size_t done = 0;
    file->is_written = true;
    do {
        size_t piece = count - done < FE_9P_DATA_MAX ? count - done : FE_9P_DATA_MAX;
        struct call call;
        call_init(&call, P9_WRITE, file->fid);
        call.message.word[1] = offset == FE_9P_POSITION ? offset : offset + done;
        call_send(&call, (const char *)from + done, piece);
        int result = file_run(file, &call);
        if (result != 0 && done == 0) return result;
        if (result != 0) {
            p9_keep_error(file, result);
            break;
        }
        size_t put = (size_t)call.message.word[0];
        if (put > piece) return -EPROTO;
        if (offset == FE_9P_POSITION) file->position = call.message.word[1];
        done += put;
        if (put == 0) break;
    } while (done < count);
    return (int64_t)done;
}

int64_t p9_transfer(struct p9_file *file, uint64_t offset, const struct p9_transfer_place *place,
                    uint64_t flags)
{
    struct deaths deaths = {};
    if ((flags & FE_9P_TRANSFER_WRITE) != 0) file->is_written = true;
    for (;;) {
        struct fe_message message = {.label = P9_TRANSFER,
                                     .word = {0, offset, place->memory, place->position, flags}};
        struct p9_session *session = file_session(file, &message.word[0]);
        int result = session_call(session, &message, FE_UNINTERRUPTED);
        if (result == 0) return (int64_t)message.word[0];
        if (result == CALL_LINK) return -EPROTO;
        if (!is_gone(result)) return result;
        result = file_again(file, session, &deaths, result, false);
        if (result != 0) return result;
    }
}

int64_t p9_seek(struct p9_file *file, int64_t offset, uint32_t whence)
{
    struct call call;
    call_init(&call, P9_SEEK, file->fid);
    call.message.word[1] = (uint64_t)offset;
    call.message.word[2] = whence;
    int result = file_run(file, &call);
    if (result != 0) return result;
    file->position = call.message.word[0];
    return (int64_t)call.message.word[0];
}

int p9_truncate(struct p9_file *file, uint64_t size)
{
    struct call call;
    call_init(&call, P9_TRUNCATE, file->fid);
    call.message.word[1] = size;
    file->is_written = true;
    return file_run(file, &call);
}

int p9_sync(struct p9_file *file)
{
    struct call call;
    call_init(&call, P9_FSYNC, file->fid);
    int result = file_run(file, &call);
    if (result == 0) file->is_written = false;
    return result;
}

int p9_file_stat(struct p9_file *file, struct fe_9p_attributes *attributes)
{
    struct call call;
    call_init(&call, P9_GETATTR, file->fid);
    call.message.word[1] = FE_9P_NO_FOLLOW;
    call_receive(&call, attributes, sizeof *attributes);
    int result = file_run(file, &call);
    return result == 0 && call.transfer.received_size != sizeof *attributes ? -EPROTO : result;
}

int p9_file_set_attributes(struct p9_file *file, uint32_t valid,
                           const struct fe_9p_attributes *attributes)
{
    struct call call;
    call_init(&call, P9_SETATTR, file->fid);
    call.message.word[1] = valid;
    call.message.word[2] = FE_9P_NO_FOLLOW;
    call_send(&call, attributes, sizeof *attributes);
    file->is_written = true;
    return file_run(file, &call);
}

int p9_file_statfs(struct p9_file *file, struct fe_9p_statfs *statistics)
{
    struct call call;
    call_init(&call, P9_STATFS, file->fid);
    call_receive(&call, statistics, sizeof *statistics);
    int result = file_run(file, &call);
    return result == 0 && call.transfer.received_size != sizeof *statistics ? -EPROTO : result;
}

// The event travels with each request anew. The end of a server that has it sets all its bits.
// *ready: which events; *session: who was asked. Returns as call_run.
static int poll_once(struct p9_file *file, struct p9_session **session, uint32_t *ready,
                     fe_handle event, uint64_t bits)
{
    struct call call;
    call_init(&call, P9_POLL, file->fid);
    call.message.word[1] = *ready;
    call.message.word[2] = bits;
    if (event != FE_NO_HANDLE) {
        uint32_t rights = RIGHT_EVENT_SIGNAL | RIGHT_EVENT_END | RIGHT_TRANSFER | RIGHT_INSPECT;
        if (fe_handle_duplicate(event, rights, &call.transfer.send_handle[0]) != OK) return -ENOMEM;
        call.transfer.send_handle_count = 1;
    }
    *session = file_session(file, &call.message.word[0]);
    int result = call_run(*session, &call);
    *ready = (uint32_t)call.message.word[0];
    return result;
}

int p9_poll(struct p9_file *file, uint32_t events, fe_handle event, uint64_t bits)
{
    struct deaths deaths = {};
    for (;;) {
        struct p9_session *session;
        uint32_t ready = events;
        int result = poll_once(file, &session, &ready, event, bits);
        if (result == 0) return (int)ready;
        if (!is_gone(result)) return result;
        if (file_again(file, session, &deaths, result, false) != 0)
            return READY_ERROR | READY_HANGUP;
    }
}

int p9_memory(struct p9_file *file, uint64_t *offset, uint64_t size, uint32_t protection,
              fe_handle *memory)
{
    struct call call;
    call_init(&call, P9_MEMORY, file->fid);
    call.message.word[1] = *offset;
    call.message.word[2] = size;
    call.message.word[3] = protection;
    call.transfer.receive_handle_capacity = 1;
    int result = file_run(file, &call);
    if (result != 0) return result;
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *memory = call.transfer.received_handle[0];
    *offset = call.message.word[1];
    if ((protection & MAP_WRITE) != 0) file->is_mapped = true;
    return 0;
}

int p9_file_image(struct p9_file *file, fe_handle *image)
{
    struct call call;
    call_init(&call, P9_IMAGE, file->fid);
    call.transfer.receive_handle_capacity = 1;
    int result = file_run(file, &call);
    if (result != 0) return result;
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *image = call.transfer.received_handle[0];
    return 0;
}

int p9_lock(struct p9_file *file, struct p9_lock_range *range, uint32_t flags)
{
    struct call call;
    call_init(&call, P9_LOCK, file->fid);
    call.message.word[1] = range->kind;
    call.message.word[2] = range->start;
    call.message.word[3] = range->length;
    call.message.word[4] = flags;
    call.message.word[5] = range->owner;
    file->is_locked = true;
    int result = file_run(file, &call);
    if (result != 0) return result;
    range->kind = (uint32_t)call.message.word[0];
    range->start = call.message.word[1];
    range->length = call.message.word[2];
    range->owner = (uint32_t)call.message.word[3];
    return 0;
}

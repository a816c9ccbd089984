// SPDX-License-Identifier: MIT
// Opening: a walk, the open itself, and a look at the attributes, which say what kind of file it is
// and how long.
#include "internal.h"

enum : uint32_t {
    OPEN_WIRE = OPEN_ACCESS | OPEN_TRUNCATE | OPEN_NONBLOCK | OPEN_DIRECTORY | OPEN_NO_FOLLOW,
};

static uint32_t open_flags(const struct worker *worker)
{
    return (uint32_t)worker->message.word[2];
}

static struct wire_text open_path(const struct worker *worker)
{
    uint32_t size = (uint32_t)(worker->message.word[3] >> 32);
    if (size == 0) return request_path(worker);
    return (struct wire_text){(const char *)&worker->message.word[4], size};
}

static int open_remote(struct worker *worker, const struct walked *walked)
{
    static const uint32_t wanted[4] = {4, 2, 6, 0};
    uint32_t flags = open_flags(worker);
    bool is_link = (walked->kind & QID_LINK) != 0;
    if ((flags & OPEN_ACCESS) == OPEN_PATH) return 0;
    if (is_link) return -ELOOP;
    uint32_t want = wanted[flags & OPEN_ACCESS] | (flags & OPEN_TRUNCATE ? 2 : 0);
    int result = remote_may(worker, walked->fid, want);
    if (result != 0) return result;
    struct wire_message reply,
        request = {.type = WIRE_OPEN, .number = {walked->fid, flags & OPEN_WIRE}};
    return remote_wait(worker, &request, &reply);
}

// Makes the file in a clone of its folder's fid, which it then is. The group is the client's.
static int create_remote(struct worker *worker, uint32_t from, struct walked *walked)
{
    struct place place;
    struct wire_text path = open_path(worker);
    int result = remote_place(worker, from, path, &place);
    if (result != 0) return result;
    result = remote_may(worker, place.fid, 3);
    if (result == 0 && place.fid == from) {
        result = remote_walk(worker, from, (struct wire_text){}, true, walked);
    } else {
        walked->fid = place.fid;
    }
    if (result != 0) {
        place_leave(worker, from, &place);
        return result;
    }
    uint32_t flags = (open_flags(worker) & (OPEN_WIRE | OPEN_EXCLUSIVE)) | OPEN_CREATE;
    struct wire_message reply,
        request = {
            .type = WIRE_CREATE,
            .number = {walked->fid, flags, worker->message.word[3] & MODE_PERMISSIONS,
                       worker->session->gid},
            .text = {place.name},
        };
    result = remote_call(worker, &request, &reply);
    if (result != 0) {
        remote_leave(worker, walked->fid);
        return result;
    }
    walked->kind = qid_kind(&reply.number[0]);
    walked->path = reply.number[2];
    return 0;
}

// What is there is opened; what is not there is made when the client wants that.
static int open_or_create(struct worker *worker, uint32_t from, struct walked *walked)
{
    uint32_t flags = open_flags(worker);
    struct wire_text path = open_path(worker);
    bool creates = (flags & OPEN_CREATE) != 0 && path.size != 0;
    if (creates && (flags & OPEN_EXCLUSIVE) != 0) return create_remote(worker, from, walked);
    int result = remote_walk(worker, from, path, (flags & OPEN_NO_FOLLOW) == 0, walked);
    if (result == -ENOENT && creates) return create_remote(worker, from, walked);
    if (result != 0) return result;
    result = open_remote(worker, walked);
    if (result != 0) remote_leave(worker, walked->fid);
    return result;
}

static int look(struct worker *worker, struct walked *walked, uint64_t *size)
{
    struct wire_message reply, request = {.type = WIRE_GETATTR, .number = {walked->fid, 0x7ff}};
    int result = remote_call(worker, &request, &reply);
    if (result != 0) return result;
    struct fe_9p_attributes attributes;
    wire_attributes_get(&reply, &attributes);
    walked->kind = attributes.qid_kind;
    walked->path = attributes.qid_path;
    *size = attributes.size;
    bool is_directory = (attributes.mode & MODE_TYPE) == MODE_DIRECTORY;
    return (open_flags(worker) & OPEN_DIRECTORY) && !is_directory ? -ENOTDIR : 0;
}

static int finish(struct worker *worker, struct walked *walked)
{
    struct import_state *state = worker->import->state;
    uint64_t size = 0;
    struct file *file = nullptr;
    int result = look(worker, walked, &size);
    if (result == 0) file = remote_file_create(state, walked);
    if (file == nullptr) {
        remote_leave(worker, walked->fid);
        return result != 0 ? result : -ENOMEM;
    }
    file->is_open = true;
    file->flags = open_flags(worker);
    result = remote_file_set(state, worker->session, worker->message.word[1], file);
    if (result != 0) {
        remote_file_put(worker, file);
        return result;
    }
    answer_qid(worker, walked->kind, walked->path);
    worker->word[2] = state->message_size - WIRE_DATA_HEADER;
    worker->word[3] = size;
    return 0;
}

int relay_open(struct worker *worker)
{
    struct file *from;
    struct walked walked;
    if (worker->message.word[3] >> 32 > FE_9P_OPEN_INLINE) return -EINVAL;
    int result = remote_file_get(worker, worker->message.word[0], &from);
    if (result != 0) return result;
    result = open_or_create(worker, from->fid, &walked);
    remote_file_put(worker, from);
    return result != 0 ? result : finish(worker, &walked);
}

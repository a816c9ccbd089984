// SPDX-License-Identifier: MIT
// Operations on open files: each finds the fid, checks how it was opened, and calls the node's own
// function or does the default. Reply words are as abi/9p.def lists them.
#include "server_internal.h"

static struct p9_open *open_of(struct p9_request *request)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    return fid ? fid->open : nullptr;
}

static bool is_directory(const struct p9_node *node)
{
    return (node->mode & MODE_TYPE) == MODE_DIRECTORY;
}

// What P9_LATER means for this open file: an error, or a place in the node's queue.
static int64_t later(struct p9_request *request, struct p9_open *open)
{
    if (open->flags & OPEN_NONBLOCK) return -EAGAIN;
    int result = wait_for_change(request, open->node);
    return result != 0 ? result : P9_LATER;
}

int64_t serve_read(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr || !p9_open_has(open, OPEN_READ)) return -EBADF;
    if (is_directory(open->node)) return -EISDIR;
    if (open->node->operations->read == nullptr) return -EINVAL;
    bool at_position = request->word[1] == FE_9P_POSITION;
    uint64_t offset = at_position ? open->position : request->word[1];
    size_t count = request->word[2] < FE_9P_DATA_MAX ? (size_t)request->word[2] : FE_9P_DATA_MAX;
    bool is_inline = read_is_inline(request);
    void *to = is_inline ? (void *)&reply->word[1] : reply->data;
    int64_t result = open->node->operations->read(request, open, offset, to, count);
    if (result == P9_LATER) return later(request, open);
    if (result < 0) return result;
    if (at_position) open->position += (uint64_t)result;
    reply->word[0] = (uint64_t)result;
    if (!is_inline) {
        reply->size = (size_t)result;
        if (request->bytes) reply->bytes = request->bytes;
    } else if (request->bytes) {
        memcpy(to, request->bytes, (size_t)result);
    }
    return 0;
}

int64_t serve_write(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr || !p9_open_has(open, OPEN_WRITE)) return -EBADF;
    if (open->node->operations->write == nullptr) return -EINVAL;
    bool at_position = request->word[1] == FE_9P_POSITION;
    uint64_t offset = at_position ? open->position : request->word[1];
    if (open->flags & OPEN_APPEND) offset = open->node->size;
    int64_t result =
        open->node->operations->write(request, open, offset, request->data, request->size);
    if (result == P9_LATER) return later(request, open);
    if (result < 0) return result;
    if (at_position) open->position = offset + (uint64_t)result;
    reply->word[0] = (uint64_t)result;
    reply->word[1] = open->position;
    return 0;
}

int64_t serve_transfer(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    struct p9_transfer transfer = {.offset = request->word[1],
                                   .memory = request->word[2],
                                   .position = request->word[3],
                                   .count = request->word[4] & ~FE_9P_TRANSFER_WRITE,
                                   .is_write = (request->word[4] & FE_9P_TRANSFER_WRITE) != 0};
    if (open == nullptr || !p9_open_has(open, transfer.is_write ? OPEN_WRITE : OPEN_READ))
        return -EBADF;
    if (open->node->operations->transfer == nullptr) return -EOPNOTSUPP;
    int64_t result = open->node->operations->transfer(request, open, &transfer);
    if (result == P9_LATER) return later(request, open);
    if (result < 0) return result;
    reply->word[0] = (uint64_t)result;
    return 0;
}

int64_t serve_clunk(struct p9_request *request, struct p9_reply *reply)
{
    return fid_clear(request->connection, request->word[0]);
}

bool p9_list_entry(struct p9_listing *listing, struct p9_name name, const struct fe_9p_entry *entry)
{
    size_t size = (sizeof *entry + name.size + 7) & ~(size_t)7;
    if (size > listing->capacity - listing->size) return false;
    uint8_t *to = listing->to + listing->size;
    memset(to, 0, size);
    memcpy(to, entry, sizeof *entry);
    memcpy(to + sizeof *entry, name.text, name.size);
    listing->size += size;
    return true;
}

bool p9_list(struct p9_listing *listing, struct p9_name name, const struct p9_node *node,
             uint64_t next)
{
    struct fe_9p_entry entry = {
        .qid_kind = node_qid_kind(node),
        .qid_path = node->path,
        .next = next,
        .name_size = (uint16_t)name.size,
        .type = (uint16_t)((node->mode & MODE_TYPE) >> 12),
    };
    return p9_list_entry(listing, name, &entry);
}

int64_t serve_readdir(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr) return -EBADF;
    if (!is_directory(open->node)) return -ENOTDIR;
    if (open->node->operations->readdir == nullptr) return 0;
    bool at_position = request->word[1] == FE_9P_POSITION;
    uint64_t offset = at_position ? open->position : request->word[1];
    size_t count = request->word[2] < FE_9P_DATA_MAX ? (size_t)request->word[2] : FE_9P_DATA_MAX;
    struct p9_listing listing = {.to = reply->data, .capacity = count};
    int result = open->node->operations->readdir(request, open, offset, &listing);
    if (result != 0) return result;
    for (size_t at = 0; at_position && at < listing.size;) {
        struct fe_9p_entry entry;
        memcpy(&entry, listing.to + at, sizeof entry);
        open->position = entry.next;
        at += (sizeof entry + entry.name_size + 7) & ~(size_t)7;
    }
    reply->word[0] = reply->size = listing.size;
    return 0;
}

int64_t serve_seek(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr) return -EBADF;
    uint32_t type = open->node->mode & MODE_TYPE;
    if (type == MODE_FIFO || type == MODE_SOCKET || type == MODE_CHARACTER) return -ESPIPE;
    int64_t base = 0;
    if (request->word[2] == 1) base = (int64_t)open->position;
    if (request->word[2] == 2) {
        struct fe_9p_attributes attributes = {.size = open->node->size};
        if (open->node->operations->getattr) {
            int result = open->node->operations->getattr(request, open->node, &attributes);
            if (result != 0) return result;
        }
        base = (int64_t)attributes.size;
    }
    int64_t position;
    if (request->word[2] > 2 ||
        __builtin_add_overflow(base, (int64_t)request->word[1], &position) || position < 0) {
        return -EINVAL;
    }
    open->position = (uint64_t)position;
    reply->word[0] = (uint64_t)position;
    return 0;
}

int64_t serve_truncate(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr) return -EBADF;
    if (!p9_open_has(open, OPEN_WRITE) || open->node->operations->truncate == nullptr)
        return -EINVAL;
    return open->node->operations->truncate(request, open->node, request->word[1]);
}

int64_t serve_fsync(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr) return -EBADF;
    if (open->node->operations->sync == nullptr) return 0;
    int result = open->node->operations->sync(request, open);
    if (result != P9_LATER) return result;
    result = wait_for_change(request, open->node); // with OPEN_NONBLOCK, too
    return result != 0 ? result : P9_LATER;
}

int64_t serve_statfs(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    if (fid == nullptr) return -EBADF;
    struct fe_9p_statfs statistics = {.block_size = 4096, .name_max = 255};
    int result = 0;
    if (fid->node->operations->statfs) {
        result = fid->node->operations->statfs(request, fid->node, &statistics);
    }
    return result != 0 ? result : p9_answer(request, &statistics, sizeof statistics);
}

// A new session with copies of the fids named, under their numbers; open files are shared.
int64_t serve_share(struct p9_request *request, struct p9_reply *reply)
{
    size_t count = request->size / sizeof(uint32_t);
    struct p9_connection *from = request->connection;
    fe_handle session;
    if (count != request->word[0]) return -EINVAL;
    struct p9_connection *to =
        connection_create(request->server, from->identity, nullptr, &session);
    if (to == nullptr) return -ENOMEM;
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        uint32_t number;
        memcpy(&number, request->data + i * sizeof number, sizeof number);
        struct p9_fid *fid = fid_find(from, number);
        result = fid ? fid_set(to, number, fid->node, fid->open) : -EBADF;
    }
    if (result == 0) return p9_answer_handle(request, session);
    fe_handle_drop(&session); // its end is noticed, and the connection goes then
    return result;
}

int64_t serve_poll(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr) return -EBADF;
    int ready = poll_register(request, open, (uint32_t)request->word[1]);
    if (ready < 0) return ready;
    reply->word[0] = (uint64_t)ready;
    return 0;
}

int64_t serve_memory(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_open *open = open_of(request);
    if (open == nullptr || !p9_open_has(open, OPEN_READ)) return -EBADF;
    if (open->node->operations->memory == nullptr) return -ENODEV;
    struct p9_memory_wish wish = {.offset = request->word[1],
                                  .size = request->word[2],
                                  .protection = (uint32_t)request->word[3]};
    fe_handle memory = FE_NO_HANDLE;
    request->value = 0;
    int result = open->node->operations->memory(request, open, &wish, &memory);
    if (result != 0) return result;
    reply->word[0] = wish.size;
    reply->word[1] = request->value;
    return p9_answer_handle(request, memory);
}

// What every open file understands; the rest is the node's. A session's root is opened by its first
// control.
int64_t serve_control(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    if (fid == nullptr) return -EBADF;
    if (fid->open == nullptr) fid->open = open_create(fid->node, OPEN_PATH);
    struct p9_open *open = fid->open;
    if (open == nullptr) return -ENOMEM;
    if (request->word[1] == CONTROL_FLAGS_SET && request->size == sizeof(uint32_t)) {
        uint32_t flags, changeable = OPEN_NONBLOCK | OPEN_APPEND;
        memcpy(&flags, request->data, sizeof flags);
        open->flags = (open->flags & ~changeable) | (flags & changeable);
        return 0;
    }
    if (open->node->operations->control == nullptr) return -ENOTTY;
    request->value = 0;
    open_get(open);
    int64_t result = open->node->operations->control(request, open, (uint32_t)request->word[1]);
    if (result == P9_LATER) result = later(request, open);
    open_put(open);
    reply->word[0] = request->value;
    return result;
}

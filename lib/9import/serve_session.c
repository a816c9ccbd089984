// SPDX-License-Identifier: MIT
// Operations that make sessions and fids: attach, identify, walk, share, open.
#include "internal.h"

static int answer_session(struct worker *worker, const struct session *like, struct file *root)
{
    struct import_state *state = worker->import->state;
    struct session *made;
    fe_handle handle;
    int result = remote_session_create(state, like, &made, &handle);
    if (result != 0) {
        remote_file_put(worker, root);
        return result;
    }
    if (root) result = remote_file_set(state, made, FE_9P_ROOT_FID, root);
    if (result != 0) remote_file_put(worker, root);
    remote_session_put(worker, made);
    worker->handle = handle;
    return result;
}

int relay_attach(struct worker *worker)
{
    struct session *from = worker->session, like = *from;
    struct wire_text path = request_path(worker);
    if (worker->message.word[1] != FE_9P_VERSION) return -EPROTO;
    uint32_t wanted = (uint32_t)worker->message.word[0];
    if (wanted != FE_9P_SAME_IDENTITY && wanted != from->uid) {
        if (from->uid != 0) return -EPERM;
        like.uid = like.gid = wanted;
        like.group_count = 0;
    }
    char *start = malloc(from->start_size + 1 + path.size);
    if (start == nullptr) return -ENOMEM;
    if (from->start_size != 0) memcpy(start, from->start, from->start_size);
    size_t size = from->start_size;
    if (size != 0 && path.size != 0) start[size++] = '/';
    if (path.size != 0) memcpy(start + size, path.text, path.size);
    like.start = start;
    like.start_size = size + path.size;
    struct file *root;
    worker->session = &like; // for whom it is looked at
    int result = remote_session_root(worker, &like, &root);
    worker->session = from;
    if (result == 0) {
        answer_qid(worker, root->kind, root->path);
        worker->word[2] = FE_9P_ROOT_FID;
        worker->word[3] = FE_9P_DATA_MAX;
        result = answer_session(worker, &like, root);
    }
    free(start);
    return result;
}

int relay_identify(struct worker *worker)
{
    enum : uint32_t { GROUPS_MOST = 32 };
    struct session like = *worker->session;
    uint32_t groups[GROUPS_MOST], size = worker->transfer.received_size;
    if (like.uid != 0) return -EPERM;
    if (size > sizeof groups || size % sizeof groups[0] != 0) return -EINVAL;
    memcpy(groups, worker->data, size);
    like.uid = (uint32_t)worker->message.word[0];
    like.gid = (uint32_t)worker->message.word[1];
    like.groups = groups;
    like.group_count = size / sizeof groups[0];
    return answer_session(worker, &like, nullptr);
}

static int install(struct worker *worker, const struct walked *walked, uint64_t number)
{
    struct import_state *state = worker->import->state;
    struct file *file = remote_file_create(state, walked);
    if (file == nullptr) {
        remote_leave(worker, walked->fid);
        return -ENOMEM;
    }
    int result = remote_file_set(state, worker->session, number, file);
    if (result != 0) remote_file_put(worker, file);
    return result;
}

static int walk_to(struct worker *worker, struct wire_text path, bool follow, uint64_t number)
{
    struct file *from;
    struct walked walked;
    int result = remote_file_get(worker, worker->message.word[0], &from);
    if (result != 0) return result;
    result = remote_walk(worker, from->fid, path, follow, &walked);
    if (result == 0 && path.size == 0) answer_qid(worker, from->kind, from->path);
    if (result == 0 && path.size != 0) answer_qid(worker, walked.kind, walked.path);
    remote_file_put(worker, from);
    if (result != 0) return result;
    if (number != FE_9P_NO_FID) return install(worker, &walked, number);
    remote_leave(worker, walked.fid);
    return 0;
}

int relay_walk(struct worker *worker)
{
    bool follow = (worker->message.word[2] & FE_9P_NO_FOLLOW) == 0;
    return walk_to(worker, request_path(worker), follow, worker->message.word[1]);
}

int relay_rewalk(struct worker *worker)
{
    return walk_to(worker, (struct wire_text){}, false, worker->message.word[1]);
}

int relay_share(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    struct session *made;
    uint32_t number, count = worker->transfer.received_size / sizeof number;
    if (count != worker->message.word[0]) return -EINVAL;
    int result = remote_session_create(state, worker->session, &made, &worker->handle);
    bool has_root = false;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        struct file *file;
        memcpy(&number, worker->data + i * sizeof number, sizeof number);
        result = remote_file_get(worker, number, &file);
        if (result == 0) result = remote_file_set(state, made, number, file);
        if (result != 0) remote_file_put(worker, file);
        has_root |= number == FE_9P_ROOT_FID;
    }
    struct file *root;
    if (result == 0 && !has_root) {
        result = remote_session_root(worker, made, &root);
        if (result == 0) result = remote_file_set(state, made, FE_9P_ROOT_FID, root);
    }
    if (made) remote_session_put(worker, made);
    return result == WALK_LINK ? -ELOOP : result;
}

int relay_clunk(struct worker *worker)
{
    struct import_state *state = worker->import->state;
    struct session *session = worker->session;
    uint64_t number = worker->message.word[0];
    fe_lock_take(&state->lock);
    struct file *file = number < session->file_capacity ? session->files[number] : nullptr;
    if (file) session->files[number] = nullptr;
    fe_lock_release(&state->lock);
    if (file == nullptr) return -EBADF;
    remote_file_put(worker, file);
    return 0;
}

int relay_flush(struct worker *worker)
{
    return 0; // the kernel tells who gave up
}

// SPDX-License-Identifier: MIT
// Opening and closing, united directories, and files that come from elsewhere than a path.
#include "client_internal.h"
#include <ferrite/status.h>

struct opening {
    struct attempt attempt;
    uint32_t flags, mode;
    struct p9_file *file;
    struct p9_session *session; // where it was opened, referenced
    bool is_root;
    char link[FE_PATH_MAX];
};

static int open_attempt(struct attempt *attempt, const struct target *target)
{
    struct opening *opening = (struct opening *)attempt;
    struct p9_file *file = opening->file;
    struct call *call = &attempt->call;
    file->fid = fid_allocate(target->session);
    call_init(call, P9_OPEN, FE_9P_ROOT_FID);
    call->message.word[1] = file->fid;
    call->message.word[2] = opening->flags;
    call->message.word[3] = opening->mode;
    call_send(call, target->relative, target->size);
    call_receive(call, attempt->reply, attempt->reply_capacity);
    int result = call_run(target->session, call);
    if (result != 0) {
        // After an interrupt the server may have opened it all the same.
        if (result != -EINTR) fid_free(target->session, file->fid);
        return result;
    }
    p9_session_get(target->session);
    file->session = target->session;
    file->flags = opening->flags;
    file->qid_kind = call->message.word[0];
    file->qid_path = call->message.word[1];
    file->io_unit = (uint32_t)call->message.word[2];
    file->size = call->message.word[3];
    opening->is_root = target->is_root;
    return 0;
}

static void opening_init(struct opening *opening, uint32_t flags, uint32_t mode)
{
    opening->attempt = (struct attempt){
        .run = open_attempt, .reply = opening->link, .reply_capacity = sizeof opening->link};
    opening->flags = flags;
    opening->mode = mode;
}

// The further parts of a united directory that is itself what was opened.
static void open_parts(struct opening *opening, const struct path *path)
{
    struct p9_file *first = opening->file;
    struct p9_file **end = &first->below;
    for (uint32_t index = 0;; index++) {
        struct target target;
        if (path_target(path, index, &target) != 0) break;
        bool is_first = target.session == first->session;
        struct p9_file *part = is_first ? nullptr : calloc(1, sizeof *part);
        if (part) {
            opening->file = part;
            if (open_attempt(&opening->attempt, &target) == 0) {
                *end = part;
                end = &part->below;
            } else {
                free(part);
            }
        }
        p9_session_put(target.session);
    }
    opening->file = first;
}

// In a united directory a file that any part has is opened before a new one is made.
static int open_path(struct opening *opening, struct path *path, uint32_t flags)
{
    uint64_t mount;
    size_t prefix;
    bool creates = (flags & (OPEN_CREATE | OPEN_EXCLUSIVE)) == OPEN_CREATE;
    enum status united = creates
                             ? fe_namespace_resolve(client_namespace(), path->text, path->length, 1,
                                                    &mount, &prefix, &opening->flags)
                             : ERR_NOT_FOUND;
    opening->flags = flags;
    if (united == OK) {
        opening->flags = flags & ~(uint32_t)OPEN_CREATE;
        int result = path_run_on(path, &opening->attempt);
        if (result != -ENOENT) return result;
        opening->flags = flags;
    }
    return path_run_on(path, &opening->attempt);
}

int p9_open(const char *text, uint32_t flags, uint32_t mode, struct p9_file **file)
{
    struct path path;
    struct opening opening;
    int result = path_init(&path, text);
    if (result != 0) return result;
    opening_init(&opening, flags, mode);
    opening.file = calloc(1, sizeof *opening.file);
    if (opening.file == nullptr) return -ENOMEM;
    result = open_path(&opening, &path, flags);
    if (result != 0) {
        free(opening.file);
        return result;
    }
    opening.file->path = malloc(path.length + 1);
    if (opening.file->path) memcpy(opening.file->path, path.text, path.length + 1);
    if (opening.is_root && (opening.file->qid_kind & QID_DIRECTORY) != 0 && flags != OPEN_PATH) {
        open_parts(&opening, &path);
    }
    *file = opening.file;
    return 0;
}

static void close_one(struct p9_file *file)
{
    struct call call;
    call_init(&call, P9_CLUNK, file->fid);
    if (file->fid != FE_9P_ROOT_FID && !file->session->is_dead &&
        call_run_until(file->session, &call, FE_UNINTERRUPTED) != CALL_DEAD) {
        fid_free(file->session, file->fid);
    }
    p9_session_put(file->session);
    free(file->path);
    free(file);
}

void p9_close(struct p9_file *file)
{
    while (file) {
        struct p9_file *below = file->below;
        close_one(file);
        file = below;
    }
}

struct p9_file *p9_file_adopt(struct p9_session *session, uint32_t fid, uint32_t flags)
{
    struct p9_file *file = calloc(1, sizeof *file);
    if (file == nullptr) return nullptr;
    p9_session_get(session);
    *file =
        (struct p9_file){.session = session, .fid = fid, .flags = flags, .io_unit = FE_9P_DATA_MAX};
    fe_lock_take(&session->lock);
    if (fid >= session->next_fid) session->next_fid = fid + 1;
    fe_lock_release(&session->lock);
    return file;
}

int p9_attach(fe_handle connector, const char *start, struct p9_file **root)
{
    fe_handle handle;
    int result = session_attach(connector, start, strlen(start), &handle);
    if (result != 0) return result == CALL_DEAD ? -EIO : result;
    struct p9_session *session = session_create(handle, 0);
    if (session == nullptr) {
        fe_handle_drop(&handle);
        return -ENOMEM;
    }
    *root = p9_file_adopt(session, FE_9P_ROOT_FID, OPEN_PATH);
    p9_session_put(session);
    return *root ? 0 : -ENOMEM;
}

int p9_identify(fe_handle connector, const struct p9_user *user, fe_handle *bound)
{
    struct call call;
    call_init(&call, P9_IDENTIFY, user->uid);
    call.message.word[1] = user->gid;
    call.message.transfer = &call.transfer;
    call_send(&call, user->groups, user->group_count * sizeof user->groups[0]);
    call.transfer.receive_handle_capacity = 1;
    enum status status = fe_channel_call(connector, &call.message, FE_FOREVER);
    if (status != OK) return -fe_status_errno(status);
    if (call.message.label != 0) return -(int)call.message.label;
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *bound = call.transfer.received_handle[0];
    return 0;
}

int p9_share(struct p9_file *const *files, size_t count, fe_handle *handle)
{
    uint32_t *fids = malloc((count + 1) * sizeof *fids);
    if (fids == nullptr) return -ENOMEM;
    for (size_t i = 0; i < count; i++) fids[i] = files[i]->fid;
    struct call call;
    call_init(&call, P9_SHARE, count);
    call_send(&call, fids, count * sizeof *fids);
    call.transfer.receive_handle_capacity = 1;
    int result = call_run_until(files[0]->session, &call, FE_UNINTERRUPTED);
    free(fids);
    if (result != 0) return result == CALL_DEAD ? -EIO : result;
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *handle = call.transfer.received_handle[0];
    return 0;
}

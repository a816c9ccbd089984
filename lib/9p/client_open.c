// SPDX-License-Identifier: MIT
// Opening and closing, united directories, and files that come from elsewhere than a path.
#include "client_internal.h"
#include <ferrite/status.h>

struct fe_pool file_pool;

struct opening {
    struct attempt attempt;
    uint32_t flags, mode;
    struct p9_file *file;
    bool is_root;
    char link[FE_PATH_MAX];
};

// A short path travels in the words of the message. There is no room for a link's target then: one
// that meets a link gives -EMSGSIZE.
static int open_inline(struct opening *opening, const struct target *target)
{
    struct fe_message *message = &opening->attempt.call.message;
    uint64_t mode = opening->mode | (uint64_t)target->size << 32;
    *message = (struct fe_message){
        .label = P9_OPEN, .word = {FE_9P_ROOT_FID, opening->file->fid, opening->flags, mode}};
    memcpy(&message->word[4], target->relative, target->size);
    bool creates = (opening->flags & OPEN_CREATE) != 0;
    return session_call(target->session, message, creates ? FE_UNINTERRUPTED : FE_FOREVER);
}

static int open_buffer(struct opening *opening, const struct target *target)
{
    struct call *call = &opening->attempt.call;
    call_init(call, P9_OPEN, FE_9P_ROOT_FID);
    call->message.word[1] = opening->file->fid;
    call->message.word[2] = opening->flags;
    call->message.word[3] = opening->mode;
    call_send(call, target->relative, target->size);
    call_receive(call, opening->attempt.reply, opening->attempt.reply_capacity);
    return call_run(target->session, call);
}

static int open_attempt(struct attempt *attempt, const struct target *target)
{
    struct opening *opening = (struct opening *)attempt;
    struct p9_file *file = opening->file;
    file->fid = fid_allocate(target->session);
    bool is_short = target->size <= FE_9P_OPEN_INLINE;
    int result = is_short ? open_inline(opening, target) : -EMSGSIZE;
    if (result == -EMSGSIZE) result = open_buffer(opening, target);
    if (result != 0) {
        // After an interrupt the server may have opened it all the same.
        if (result != -EINTR) fid_free(target->session, file->fid);
        return result;
    }
    const uint64_t *word = attempt->call.message.word;
    p9_session_get(target->session);
    file->session = target->session;
    file->flags = opening->flags;
    file->is_written = (opening->flags & OPEN_TRUNCATE) != 0;
    file->qid_kind = word[0];
    file->qid_path = word[1];
    file->io_unit = (uint32_t)word[2];
    file->size = word[3];
    opening->is_root = target->is_root;
    return 0;
}

static void opening_init(struct opening *opening, uint32_t flags, uint32_t mode)
{
    opening->attempt.run = open_attempt;
    opening->attempt.reply = opening->link;
    opening->attempt.reply_capacity = sizeof opening->link;
    opening->flags = flags;
    opening->mode = mode;
    opening->is_root = false;
}

// As the pool has it: with room for a short path.
struct roomy_file {
    struct p9_file file;
    char near[32];
};

static struct p9_file *file_create(void)
{
    struct p9_file *file = fe_pool_take(&file_pool, sizeof(struct roomy_file));
    if (file != nullptr) *file = (struct p9_file){};
    return file;
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
        struct p9_file *part = is_first ? nullptr : file_create();
        if (part) {
            opening->file = part;
            if (open_attempt(&opening->attempt, &target) == 0) {
                *end = part;
                end = &part->below;
            } else {
                fe_pool_give(&file_pool, part);
            }
        }
        p9_session_put(target.session);
    }
    opening->file = first;
}

// In a united directory a file that any part has is opened before a new one is made.
static int open_path(struct opening *opening, struct path *path, uint32_t flags)
{
    opening->attempt.creates = (flags & OPEN_CREATE) != 0;
    return path_run_on(path, &opening->attempt);
}

static int keep_path(struct p9_file *file, const struct path *path)
{
    char *near = ((struct roomy_file *)file)->near;
    enum : size_t { NEAR = sizeof((struct roomy_file *)file)->near };
    if (path->length < NEAR) { // all that there is room for, in a few instructions
        __builtin_memcpy(near, path->text, NEAR);
        file->path = near;
        return 0;
    }
    file->path = malloc(path->length + 1);
    if (file->path == nullptr) return -ENOMEM;
    memcpy(file->path, path->text, path->length + 1);
    return 0;
}

static int open_at(struct path *path, uint32_t flags, uint32_t mode, struct p9_file **file)
{
    struct opening opening;
    opening_init(&opening, flags, mode);
    opening.file = file_create();
    if (opening.file == nullptr) return -ENOMEM;
    int result = open_path(&opening, path, flags);
    if (result != 0) {
        fe_pool_give(&file_pool, opening.file);
        return result;
    }
    result = keep_path(opening.file, path);
    if (result != 0) {
        p9_close(opening.file);
        return result;
    }
    if (opening.is_root && (opening.file->qid_kind & QID_DIRECTORY) != 0 && flags != OPEN_PATH) {
        open_parts(&opening, path);
    }
    *file = opening.file;
    return 0;
}

int p9_open(const char *text, uint32_t flags, uint32_t mode, struct p9_file **file)
{
    struct path path;
    char buffer[FE_PATH_MAX];
    int result = path_init(&path, buffer, text);
    return result != 0 ? result : open_at(&path, flags, mode, file);
}

int p9_open_clean(char *text, size_t length, const struct p9_open_mode *how, struct p9_file **file)
{
    struct path path = {.text = text, .length = length};
    return open_at(&path, how->flags, how->mode, file);
}

// Whether the server was there. What was given to one that is gone, and not synced, may be lost.
static bool clunk(struct p9_file *file)
{
    struct fe_message message = {.label = P9_CLUNK, .word = {file->fid}};
    if (is_gone(session_call(file->session, &message, FE_UNINTERRUPTED))) return false;
    fid_free(file->session, file->fid);
    return true;
}

static int close_one(struct p9_file *file)
{
    bool has_fid = file->fid != FE_9P_ROOT_FID;
    bool is_lost = has_fid && !clunk(file) && file->is_written && !is_stream(file);
    p9_session_put(file->session);
    if (file->former != nullptr) p9_session_put(file->former);
    if (file->path != ((struct roomy_file *)file)->near) free(file->path);
    fe_pool_give(&file_pool, file);
    return is_lost ? -EIO : 0;
}

int p9_close(struct p9_file *file)
{
    int result = 0;
    while (file) {
        struct p9_file *below = file->below;
        int one = close_one(file);
        if (one != 0) result = one;
        file = below;
    }
    return result;
}

struct p9_file *p9_file_adopt(struct p9_session *session, uint32_t fid, uint32_t flags)
{
    struct p9_file *file = file_create();
    if (file == nullptr) return nullptr;
    p9_session_get(session);
    file->session = session;
    file->fid = fid;
    file->flags = flags;
    file->io_unit = FE_9P_DATA_MAX;
    file->is_shared = true;
    fe_lock_take(&session->lock);
    if (fid >= session->next_fid) session->next_fid = fid + 1;
    fe_lock_release(&session->lock);
    return file;
}

int p9_attach(fe_handle connector, const char *start, struct p9_file **root)
{
    struct p9_session *session;
    int result = session_open(connector, start, 0, &session);
    if (result != 0) return is_gone(result) ? -EIO : result;
    *root = p9_file_adopt(session, FE_9P_ROOT_FID, OPEN_PATH);
    p9_session_put(session);
    return *root ? 0 : -ENOMEM;
}

int p9_share(struct p9_file *const *files, size_t count, fe_handle *handle)
{
    uint32_t *fids = malloc((count + 1) * sizeof *fids);
    if (fids == nullptr) return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        fids[i] = files[i]->fid;
        files[i]->is_shared = true;
    }
    struct call call;
    call_init(&call, P9_SHARE, count);
    call_send(&call, fids, count * sizeof *fids);
    call.transfer.receive_handle_capacity = 1;
    int result = call_run_until(files[0]->session, &call, FE_UNINTERRUPTED);
    free(fids);
    if (is_gone(result)) // a child has a program to run all the same
        return fe_handle_copy(files[0]->session->handle, handle) == OK ? 0 : -ENOMEM;
    if (result != 0) return result;
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *handle = call.transfer.received_handle[0];
    return 0;
}

// SPDX-License-Identifier: MIT
// Sessions and their fids, by the badges that the kernel gives with messages: its low half is the
// place in the table, its high half tells a new session from an old one in the same place.
#include "internal.h"

enum : uint32_t { FID_LIMIT = 65536, SESSION_LIMIT = 1u << 20 };

// With the lock.
static struct session **place_of(struct import_state *state, uint64_t badge)
{
    uint32_t place = (uint32_t)badge - 1;
    if (place >= state->session_capacity || state->sessions[place] == nullptr) return nullptr;
    return state->sessions[place]->badge == badge ? &state->sessions[place] : nullptr;
}

struct session *remote_session_find(struct import_state *state, uint64_t badge)
{
    fe_lock_take(&state->lock);
    struct session **place = place_of(state, badge);
    struct session *session = place ? *place : nullptr;
    if (session) session->references++;
    fe_lock_release(&state->lock);
    return session;
}

// With the lock. A place for a session, or a negative errno.
static int place_take(struct import_state *state)
{
    for (uint32_t place = 0; place < state->session_capacity; place++) {
        if (state->sessions[place] == nullptr) return (int)place;
    }
    uint32_t old = state->session_capacity, capacity = old ? old * 2 : 16;
    if (capacity > SESSION_LIMIT) return -ENFILE;
    struct session **table = realloc(state->sessions, capacity * sizeof(*table));
    if (table == nullptr) return -ENOMEM;
    memset(table + old, 0, (capacity - old) * sizeof(*table));
    state->sessions = table;
    state->session_capacity = capacity;
    return (int)old;
}

static void session_free(struct session *session)
{
    free(session->groups);
    free(session->start);
    free(session->files);
    free(session);
}

static struct session *session_copy(const struct session *like)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == nullptr) return nullptr;
    session->uid = like->uid;
    session->gid = like->gid;
    session->group_count = like->group_count;
    session->start_size = like->start_size;
    session->groups = malloc((like->group_count + 1) * sizeof *like->groups);
    session->start = malloc(like->start_size + 1);
    if (session->groups == nullptr || session->start == nullptr) {
        session_free(session);
        return nullptr;
    }
    if (like->group_count != 0)
        memcpy(session->groups, like->groups, like->group_count * sizeof *like->groups);
    if (like->start_size != 0) memcpy(session->start, like->start, like->start_size);
    return session;
}

// One reference is the table's, one the caller's.
int remote_session_create(struct import_state *state, const struct session *like,
                          struct session **made, fe_handle *handle)
{
    struct session *session = session_copy(like);
    if (session == nullptr) return -ENOMEM;
    fe_lock_take(&state->lock);
    int place = place_take(state);
    if (place >= 0) {
        uint64_t id;
        session->badge = (uint64_t)++state->badge_count << 32 | ((uint32_t)place + 1);
        session->references = 2;
        enum status status = fe_channel_mint(state->channel, session->badge, handle, &id);
        if (status == OK) {
            state->sessions[place] = session;
            state->session_count++;
        } else {
            place = -ENOMEM;
        }
    }
    fe_lock_release(&state->lock);
    if (place < 0) {
        session_free(session);
        return place;
    }
    *made = session;
    return 0;
}

void remote_session_end(struct worker *worker, uint64_t badge)
{
    struct import_state *state = worker->import->state;
    fe_lock_take(&state->lock);
    struct session **place = place_of(state, badge);
    struct session *session = place ? *place : nullptr;
    if (session) *place = nullptr;
    bool is_last = session && --state->session_count == 0;
    fe_lock_release(&state->lock);
    if (session) remote_session_put(worker, session);
    if (is_last && worker->import->ends) fe_exit(0);
}

void remote_session_put(struct worker *worker, struct session *session)
{
    struct import_state *state = worker->import->state;
    fe_lock_take(&state->lock);
    bool is_last = --session->references == 0;
    fe_lock_release(&state->lock);
    if (!is_last) return;
    for (uint32_t i = 0; i < session->file_capacity; i++)
        remote_file_put(worker, session->files[i]);
    session_free(session);
}

struct file *remote_file_create(struct import_state *state, const struct walked *walked)
{
    struct file *file = malloc(sizeof *file);
    if (file == nullptr) return nullptr;
    *file = (struct file){.references = 1,
                          .fid = walked->fid,
                          .generation = state->generation,
                          .kind = walked->kind,
                          .path = walked->path};
    return file;
}

void remote_file_put(struct worker *worker, struct file *file)
{
    struct import_state *state = worker->import->state;
    if (file == nullptr) return;
    fe_lock_take(&state->lock);
    bool is_last = --file->references == 0;
    bool is_known = state->is_up && file->generation == state->generation;
    if (is_last) watches_leave(file);
    fe_lock_release(&state->lock);
    if (!is_last) return;
    if (is_known) {
        remote_clunk(worker, file->fid);
    } else {
        remote_fid_give(state, file->fid);
    }
    free(file);
}

// With the lock.
static int room_for(struct session *session, uint64_t number)
{
    if (number >= FID_LIMIT) return -EMFILE;
    if (number < session->file_capacity) return session->files[number] ? -EEXIST : 0;
    uint32_t capacity = session->file_capacity ? session->file_capacity : 8;
    while (capacity <= number) capacity *= 2;
    struct file **files = realloc(session->files, capacity * sizeof(*files));
    if (files == nullptr) return -ENOMEM;
    memset(files + session->file_capacity, 0, (capacity - session->file_capacity) * sizeof(*files));
    session->files = files;
    session->file_capacity = capacity;
    return 0;
}

int remote_file_set(struct import_state *state, struct session *session, uint64_t number,
                    struct file *file)
{
    fe_lock_take(&state->lock);
    int result = room_for(session, number);
    if (result == 0) session->files[number] = file;
    fe_lock_release(&state->lock);
    return result;
}

// The root of a session on the present connection; its old one is of a connection that was lost.
static int root_again(struct worker *worker, struct session *session, struct file **file)
{
    struct import_state *state = worker->import->state;
    struct file *fresh;
    int result = remote_session_root(worker, session, &fresh);
    if (result != 0) return result == WALK_LINK ? -ELOOP : result;
    fe_lock_take(&state->lock);
    struct file *old = session->files[FE_9P_ROOT_FID];
    session->files[FE_9P_ROOT_FID] = fresh;
    fresh->references++;
    fe_lock_release(&state->lock);
    remote_file_put(worker, old);
    *file = fresh;
    return 0;
}

int remote_file_get(struct worker *worker, uint64_t number, struct file **file)
{
    struct import_state *state = worker->import->state;
    struct session *session = worker->session;
    fe_lock_take(&state->lock);
    struct file *found = number < session->file_capacity ? session->files[number] : nullptr;
    bool is_known = found && state->is_up && found->generation == state->generation;
    if (is_known) found->references++;
    fe_lock_release(&state->lock);
    *file = found;
    if (found == nullptr) return -EBADF;
    if (is_known) return 0;
    return number == FE_9P_ROOT_FID ? root_again(worker, session, file) : -EIO;
}

int remote_session_root(struct worker *worker, struct session *session, struct file **root)
{
    struct walked walked;
    uint32_t attached;
    int result = remote_attach(worker, session->uid, &attached);
    if (result != 0) return result;
    struct wire_text path = {session->start, (uint32_t)session->start_size};
    result = remote_walk(worker, attached, path, true, &walked);
    if (result != 0) return result;
    *root = remote_file_create(worker->import->state, &walked);
    if (*root) return 0;
    remote_leave(worker, walked.fid);
    return -ENOMEM;
}

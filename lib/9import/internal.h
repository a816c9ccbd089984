// SPDX-License-Identifier: MIT
// What the files of the importer share. A request comes to a worker (server.c), which finds its
// session and its fid (session.c), walks (walk.c), asks the remote server one or a few times
// (remote.c) and answers. `state->lock` guards sessions, files, fid numbers and exchanges; nobody
// waits for the remote server with it.
#pragma once

#include <9import/import.h>
#include <9p/server.h>
#include <abi/9p.h>
#include <abi/9p_operations.h>
#include <abi/errno.h>
#include <abi/message.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/start.h>

enum : size_t { HEADROOM = 32 };   // before the data of a request: for the head of a write
enum : int { WALK_LINK = 1 };      // the answer is a link that the client goes on from
enum : uint32_t { LEFT_MOST = 4 }; // fids that one operation leaves to be clunked

// A fid of the remote server, shared by the fids of sessions that were shared.
struct file {
    uint32_t references;
    uint32_t fid;
    uint32_t generation; // of the connection that it belongs to
    bool is_open;        // for the client; at the remote server unless by OPEN_PATH
    uint32_t flags;
    uint64_t kind, path; // the qid
    uint64_t position;
    struct watch *watches; // polls of it that the remote server has not answered
};

// A client's session, or a connector.
struct session {
    uint32_t references;
    uint64_t badge;
    uint32_t uid, gid, group_count;
    uint32_t *groups;
    char *start; // where its root is below what is attached
    size_t start_size;
    struct file **files; // by the client's fids
    uint32_t file_capacity;
};

// The root of what is attached for a user, on the present connection.
struct root {
    struct root *next;
    uint32_t uid, fid, generation;
};

struct import_state {
    struct fe_lock lock;
    struct fe_lock turn; // of the worker that waits for a message
    fe_handle channel;
    struct session **sessions; // by the low half of the badge, less one
    uint32_t session_capacity, session_count, badge_count;
    struct worker *workers;
    uint32_t idle_count;
    struct root *roots;
    uint32_t *free_fids;
    uint32_t free_count, free_capacity, next_fid;
    struct import_exchange **exchanges; // by tag
    uint32_t exchange_capacity;
    struct import_exchange *version; // the one that has no tag
    uint32_t message_size;           // agreed upon
    uint32_t generation;
    bool is_up, is_connecting;
    bool has_own_requests; // WIRE_VERSION_OWN was agreed on
    struct fe_condition connected;
};

struct worker {
    struct worker *next;
    struct import *import;
    struct session *session;
    struct fe_message message;
    struct fe_transfer transfer;
    uint64_t token;         // of the request that is served; 0: none
    bool is_cancelled;      // the client gave up
    uint8_t *data;          // of the request, HEADROOM bytes in
    uint8_t *frame, *reply; // with the remote server
    uint8_t *answer;        // data of the answer that is made here
    struct import_exchange exchange;
    uint32_t left[LEFT_MOST]; // fids to clunk when the client has its answer
    uint32_t left_count;
    // The answer.
    uint64_t label, word[FE_MESSAGE_WORDS];
    const void *bytes;
    size_t size;
    fe_handle handle;
};

// What a walk led to: a new fid of the remote server.
struct walked {
    uint32_t fid;
    uint64_t kind, path;
};

// The folder of a path's last name. Its fid is the start's own when the path is a name alone.
struct place {
    uint32_t fid;
    struct wire_text name;
};

// remote.c: 0 or a negative errno.
int remote_ready(struct worker *worker);
int remote_call(struct worker *worker, struct wire_message *request, struct wire_message *reply);
// The same for what may wait long: ends with EINTR when the client gives up.
int remote_wait(struct worker *worker, struct wire_message *request, struct wire_message *reply);
// Begins what is waited for by `exchange`, whose room for the answer the caller made; the request
// goes into `frame`. The tag, or a negative errno: then nothing was begun. A version's has no tag.
int remote_begin(struct import *import, struct import_exchange *exchange,
                 struct wire_message *request, uint8_t *frame);
uint32_t remote_fid_take(struct import_state *state);
void remote_fid_give(struct import_state *state, uint32_t fid);
void remote_clunk(struct worker *worker, uint32_t fid);
// Later, when the client has its answer.
void remote_leave(struct worker *worker, uint32_t fid);
void remote_clear(struct worker *worker);

// attach.c
int remote_attach(struct worker *worker, uint32_t uid, uint32_t *fid);
int remote_prove(struct worker *worker, uint32_t uid, uint32_t *proof);

// session.c: sessions are referenced by whoever found them.
struct session *remote_session_find(struct import_state *state, uint64_t badge);
int remote_session_create(struct import_state *state, const struct session *like,
                          struct session **made, fe_handle *handle);
void remote_session_end(struct worker *worker, uint64_t badge);
void remote_session_put(struct worker *worker, struct session *session);
struct file *remote_file_create(struct import_state *state, const struct walked *walked);
void remote_file_put(struct worker *worker, struct file *file); // nullptr: nothing
int remote_file_set(struct import_state *state, struct session *session, uint64_t number,
                    struct file *file); // takes the reference over, whatever comes
// A reference to what the request's session has under `number`.
int remote_file_get(struct worker *worker, uint64_t number, struct file **file);
int remote_session_root(struct worker *worker, struct session *session, struct file **root);

// watch.c
int remote_poll(struct worker *worker, struct file *file, uint32_t events);
void watches_leave(struct file *file); // with the lock: nobody is told any more

// walk.c
int remote_walk(struct worker *worker, uint32_t from, struct wire_text path, bool follow,
                struct walked *walked);
int remote_place(struct worker *worker, uint32_t from, struct wire_text path, struct place *place);
void place_leave(struct worker *worker, uint32_t from, const struct place *place);
int remote_may(struct worker *worker, uint32_t fid, uint32_t want); // only where is_one_user

// The operations: 0, WALK_LINK or a negative errno. operations are named as in abi/9p.def.
typedef int import_operation(struct worker *worker);
#define RELAY_DECLARE(number, name) import_operation relay_##name;
P9_OPERATION_TABLE(RELAY_DECLARE)
#undef RELAY_DECLARE

static inline struct wire_text request_path(const struct worker *worker)
{
    return (struct wire_text){(const char *)worker->data, worker->transfer.received_size};
}

static inline void answer_qid(struct worker *worker, uint64_t kind, uint64_t path)
{
    worker->word[0] = kind;
    worker->word[1] = path;
}

static inline void answer_data(struct worker *worker, const void *bytes, size_t size)
{
    worker->bytes = bytes;
    worker->size = size;
}

// The kind of a qid that begins at `number`. Devices show in attributes only.
static inline uint64_t qid_kind(const uint64_t *number)
{
    return (number[0] & (QID_DIRECTORY | QID_LINK | QID_APPEND)) | number[1] << 32;
}

// SPDX-License-Identifier: MIT
// What the files of the server half share. A request comes in (server.c), its operation runs
// (name_operations.c, file_operations.c) on what a walk finds (walk.c) or a fid names
// (connection.c), and is answered, or waits (wait.c).
#pragma once

#include <9p/server.h>
#include <abi/9p_operations.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/pool.h>

struct p9_fid {
    struct p9_node *node; // nullptr: the fid is free
    struct p9_open *open; // nullptr: not opened
};

// A session of a client, or a connector (which has no fids: it only makes sessions).
struct p9_connection {
    uint64_t badge, id; // `id`: the kernel's number of the session
    struct p9_identity *identity;
    struct p9_node *root;       // nullptr: none, or it is still to be found, if there is a base
    const struct p9_base *base; // where the root was found; nullptr: it cannot be found again
    char *path;                 // of the root below that; nullptr: it is the same
    size_t zero_size;           // of the path: the first bytes, which user 0 walked
    uint64_t root_path;         // what was found there by an earlier server; 0: not told
    uint32_t root_generation;
    void *owner;
    struct p9_fid *fids;
    uint32_t fid_capacity;
};

// What the service provides under a name: connectors that outlive it begin there.
struct p9_base {
    struct p9_base *next;
    struct p9_node *root; // nullptr: an earlier server provided it
    char name[];
};

struct p9_poller {
    struct p9_poller *next;
    struct p9_open *open;
    uint64_t event_id;
    fe_handle event;
    uint64_t bits;
    uint32_t events;
};

struct p9_reply {
    uint64_t label;
    uint64_t word[FE_MESSAGE_WORDS];
    const void *bytes; // what is sent: `data`, unless an operation says where else it lies
    size_t size;
    uint32_t handle_count;
    fe_handle handle[FE_MESSAGE_HANDLES];
    uint8_t *data; // FE_9P_DATA_MAX bytes
};

struct p9_server_state {
    void *block;                        // what was allocated for it
    struct p9_connection **connections; // by the low half of the badge, less one
    uint32_t connection_capacity, connection_count;
    uint64_t device; // of its files, by which those who ask tell file systems apart
    uint64_t number; // of the newest session
    uint64_t newest; // its badge
    struct p9_base *bases;
    bool is_kept; // the channel goes on when the server ends
    uint8_t *in;
    struct p9_reply reply;
    struct p9_request *kept;  // every request that waits or is kept
    struct p9_request *spare; // rooms for the next ones without data, by `next`
    uint32_t spares;
    struct p9_node *changed; // their waiting requests are to be run
    bool is_busy;            // serving: changes are put off
    void (*gone)(void *owner, uint64_t badge);
    struct fe_message message; // received, and in the end what is sent
    alignas(FE_TRANSFER_ROOM_ALIGN) struct fe_transfer transfer; // room for requests, set once
};

struct p9_listing {
    uint8_t *to;
    size_t size, capacity;
};

// Results of a walk. `node` is nullptr when the last name does not exist (find_place only).
struct walk {
    struct p9_node *directory, *node; // referenced
    struct p9_name name;
};

// A walk that met a link has filled the reply: the operation ends with 0.
enum : int { WALK_LINK = 1 };

// A badge has the place in the table, from 1 on, in its low bits, and the number of the session.
enum : uint32_t { PLACE_BITS = 24 };

static inline uint32_t badge_place(uint64_t badge)
{
    return (uint32_t)badge & ((1u << PLACE_BITS) - 1);
}

// nullptr: the badge is of no session, or of one that has ended.
static inline struct p9_connection *connection_find(struct p9_server *server, uint64_t badge)
{
    struct p9_server_state *state = server->state;
    uint32_t place = badge_place(badge) - 1;
    if (place >= state->connection_capacity) return nullptr;
    struct p9_connection *connection = state->connections[place];
    return connection && connection->badge == badge ? connection : nullptr;
}

static inline struct p9_fid *fid_find(struct p9_connection *connection, uint64_t fid)
{
    if (fid >= connection->fid_capacity || connection->fids[fid].node == nullptr) return nullptr;
    return &connection->fids[fid];
}

// Whether the answer to a read is in its words.
static inline bool read_is_inline(const struct p9_request *request)
{
    return request->operation == P9_READ && request->word[2] <= FE_9P_READ_INLINE;
}

// connection.c
struct p9_connection *connection_create(struct p9_server *server, struct p9_identity *identity,
                                        struct p9_node *root, fe_handle *session);
// With a badge that an earlier server gave; identity and root as above. ERR_EXISTS, ERR_NO_MEMORY;
// ERR_BAD_ARGUMENT: no badge of ours.
enum status connection_restore(struct p9_server *server, uint64_t badge,
                               struct p9_identity *identity, struct p9_node *root,
                               struct p9_connection **connection);
void connection_destroy(struct p9_server *server, struct p9_connection *connection);
struct p9_identity *identity_create(uint32_t uid, uint32_t gid, const uint32_t *groups,
                                    uint32_t count);
void identity_put(struct p9_identity *identity);
int fid_set(struct p9_connection *connection, uint64_t fid, struct p9_node *node,
            struct p9_open *open); // counts references
int fid_clear(struct p9_connection *connection, uint64_t fid);
struct p9_open *open_create(struct p9_node *node, uint32_t flags);
void open_get(struct p9_open *open);
void open_put(struct p9_open *open);
void open_free(struct p9_open *open); // one that was not opened: close is not for it

// revive.c: connectors that outlive their server
struct p9_base *base_get(struct p9_server *server, const char *name); // nullptr: no memory
// `made` begins where `from` does, or `path` below; with `keeps` the next server makes it again.
int connection_base(struct p9_server *server, struct p9_connection *made,
                    const struct p9_connection *from, struct p9_name path, bool keeps);
// At what is provided under a name.
int connection_base_at(struct p9_server *server, struct p9_connection *made,
                       const struct p9_base *base);
int connection_root(struct p9_request *request); // finds that of the request's, if need be
enum status connections_revive(struct p9_server *server);

// walk.c
int walk_path(struct p9_request *request, struct p9_node *from, struct p9_name path, bool follow,
              struct p9_node **node);
int walk_place(struct p9_request *request, struct p9_node *from, struct p9_name path,
               struct walk *walk);
void walk_drop(struct walk *walk);
int answer_link(struct p9_request *request, struct p9_node *link, size_t consumed);
void node_adopt(struct p9_server *server, struct p9_node *node);
uint64_t node_qid_kind(const struct p9_node *node);

// wait.c
int wait_for_change(struct p9_request *request, struct p9_node *node);
void request_end(struct p9_request *kept); // unlinks and frees one that was answered
void wait_cancel(struct p9_server *server, uint64_t token);
void wait_forget(struct p9_server *server, struct p9_connection *connection);
void changes_run(struct p9_server_state *state);
int poll_register(struct p9_request *request, struct p9_open *open, uint32_t events);
void poll_forget(struct p9_open *open);

// lock.c
void lock_forget(struct p9_node *node, const void *owner); // all of the owner's on this node

// server.c
void request_run(struct p9_request *request); // answers it, or leaves it waiting
void request_answer(struct p9_request *request, int64_t result);
struct p9_reply *reply_of(struct p9_request *request);

// operations.c: the operation of each number
typedef int64_t p9_operation(struct p9_request *request, struct p9_reply *reply);
extern p9_operation *const p9_operation_table[P9_OPERATION_COUNT];

#define P9_DECLARE(number, name) p9_operation serve_##name;
P9_OPERATION_TABLE(P9_DECLARE)
#undef P9_DECLARE

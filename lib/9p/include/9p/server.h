// SPDX-License-Identifier: MIT
// The server: a tree of nodes, each with a table of operations, served over a channel by one
// thread. Every operation has a default, so that a small service gives two or three functions.
// Sessions, fids, open files and their positions, walking, permissions, links, polling, waiting
// readers and their cancellation are dealt with here.
//
// Operations return 0 or a count, or a negative errno. One that must wait returns P9_LATER: it is
// run again, from its beginning, each time p9_node_changed() is called for the node that it worked
// on (and not at all when the client gave up, or opened the file with OPEN_NONBLOCK: that gets
// EAGAIN, but a sync waits all the same). Everything runs in the thread that called p9_serve();
// nothing here is locked.
#pragma once

#include <9p/user.h>
#include <abi/9p.h>
#include <abi/message.h>
#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

struct p9_server;
struct p9_node;
struct p9_open;
struct p9_request;
struct p9_connection;
struct p9_listing;
struct p9_creation;
struct p9_place;
struct p9_memory_wish;
struct p9_transfer;
struct p9_poller;

enum : int { P9_LATER = -0x10000, P9_KEPT = -0x10001 };

struct p9_name { // not NUL-terminated; never empty, "." or ".."
    const char *text;
    size_t size;
};

// Who a session acts for. Counted, shared by the sessions that come from one connector.
struct p9_identity {
    uint32_t references;
    uint32_t uid, gid;
    uint32_t group_count;
    uint32_t groups[];
};

struct p9_operations {
    // Directories. `*found` and `*made` come with a reference for the caller.
    int (*lookup)(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found);
    // Calls p9_list() for entries from `offset` on until that says false. Default for lookup-less
    // nodes: empty.
    int (*readdir)(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   struct p9_listing *listing);
    // A new file: `mode` has its type (S_IFREG, S_IFDIR, S_IFCHR, ...). The name is free.
    int (*create)(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  const struct p9_creation *creation, struct p9_node **made);
    int (*remove)(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node *node);
    int (*rename)(struct p9_request *request, const struct p9_place *from,
                  const struct p9_place *to);
    int (*link)(struct p9_request *request, struct p9_node *node, const struct p9_place *to);

    // Files.
    int (*open)(struct p9_request *request,
                struct p9_open *open); // may set open->state, open->node
    void (*close)(struct p9_open *open);
    // Into `to`; or sets request->bytes to where the bytes lie, and stay as they are until the
    // server receives its next message.
    int64_t (*read)(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                    size_t count);
    int64_t (*write)(struct p9_request *request, struct p9_open *open, uint64_t offset,
                     const void *from, size_t count);
    int64_t (*transfer)(struct p9_request *request, struct p9_open *open,
                        const struct p9_transfer *transfer);
    int (*truncate)(struct p9_request *request, struct p9_node *node, uint64_t size);
    int64_t (*readlink)(struct p9_request *request, struct p9_node *node, char *to,
                        size_t capacity);
    // `request->value`: where in the memory the wish's offset is; 0 before.
    int (*memory)(struct p9_request *request, struct p9_open *open,
                  const struct p9_memory_wish *wish, fe_handle *memory);
    int (*image)(struct p9_request *request, struct p9_node *node, fe_handle *image);
    // Data in request->data, handles in request->handle (closed after unless taken); answers by
    // request->value, p9_answer(), p9_answer_handle().
    int (*control)(struct p9_request *request, struct p9_open *open, uint32_t control);
    uint32_t (*ready)(struct p9_open *open); // POLL* that would not wait; default: in and out
    int (*sync)(struct p9_request *request, struct p9_open *open);
    int (*statfs)(struct p9_request *request, struct p9_node *node,
                  struct fe_9p_statfs *statistics);

    // Attributes. Defaults: from and to the node's fields.
    int (*getattr)(struct p9_request *request, struct p9_node *node,
                   struct fe_9p_attributes *attributes);
    int (*setattr)(struct p9_request *request, struct p9_node *node, uint32_t valid,
                   const struct fe_9p_attributes *attributes); // size is truncate's
    void (*release)(
        struct p9_node *node); // the last reference is gone; default: nothing (static nodes)
};

// What a server embeds first in its own structure of a file.
struct p9_node {
    const struct p9_operations *operations;
    struct p9_server *server; // set by the library when the node is first reached
    uint32_t references;
    uint32_t mode; // S_IF* and permissions
    uint32_t uid, gid;
    uint32_t links;
    uint64_t path; // unique in the server: p9_path_new()
    uint32_t version;
    uint32_t generation; // of its 24 low bits: another than the last file's with this path
    uint64_t size, device;
    uint64_t access_time, modify_time, change_time;
    // The library's own.
    void (*free)(struct p9_node *node); // of a tree's node, whatever operations it has
    struct p9_request *waiting;         // requests to run again
    struct p9_poller *pollers;
    struct p9_lock *locks;
    struct p9_node *next_changed;
    bool has_changed;
};

// An open file: one for each open, shared by the fids that share it.
struct p9_open {
    struct p9_node *node;
    uint32_t references;
    uint32_t flags;    // OPEN_*
    uint64_t position; // used when the client says FE_9P_POSITION
    void *state;       // the server's
};

// Whether it was opened for OPEN_READ, or for OPEN_WRITE.
static inline bool p9_open_has(const struct p9_open *open, uint32_t access)
{
    uint32_t has = open->flags & OPEN_ACCESS;
    return has == access || has == OPEN_READ_WRITE;
}

struct p9_place {
    struct p9_node *directory;
    struct p9_name name;
    struct p9_node *node; // what is there; nullptr: nothing
};

struct p9_creation {
    uint32_t mode;
    uint32_t uid, gid; // the new file's
    uint64_t device;
    struct p9_name target; // of a symbolic link
};

struct p9_memory_wish {
    uint64_t offset, size;
    uint32_t protection; // MAP_*
};

struct p9_transfer {
    uint64_t offset;           // in the file
    uint64_t memory, position; // which memory, and where in it
    uint64_t count;
    bool is_write;
};

// A request while it is served; a kept one lives until p9_finish().
struct p9_request {
    struct p9_server *server;
    struct p9_connection *connection;
    const struct p9_identity *identity;
    uint64_t token;
    uint32_t operation;   // enum fe_9p_operation
    const uint64_t *word; // FE_MESSAGE_WORDS
    const uint8_t *data;
    size_t size;
    fe_handle handle[FE_MESSAGE_HANDLES];
    uint32_t handle_count;
    uint64_t value;    // control, memory: the reply's value
    const void *bytes; // read: where the bytes are, instead of in its buffer
    uint64_t progress; // the operation's own, kept over P9_LATER; 0 at first
    bool is_kept, is_cancelled;
    // The library's own.
    struct p9_request *next, *previous, *next_waiting;
    struct p9_node *waits_for;
};

struct p9_server {
    const char *name;
    struct p9_node *root;
    fe_handle channel;
    fe_handle event; // bound to the channel: bits arrive in `signalled`
    void (*signalled)(struct p9_server *server, uint64_t bits);
    void *context;
    uint32_t instance; // of the device that is served: files that are open on one that was in its
                       // place before are not taken for this one's. 0: it does not leave
    bool is_lasting;   // started again it has the same files, with the same paths and generations
    struct p9_server_state *state;
};

// Makes channel and event; a channel that is kept for the service (start handle "channel",
// abi/keep.h) is served on, with the connectors that earlier servers made (revive.c).
// `server->root`, `name` and `signalled` are set by the caller before.
enum status p9_server_init(struct p9_server *server);

// A connector to `root` (nullptr: the server's) for a user; attach through it gives sessions. uid 0
// may do all.
enum status p9_connector(struct p9_server *server, struct p9_node *root, uint32_t uid, uint32_t gid,
                         fe_handle *connector);
// A session with its root fid attached, to be given to somebody; `user` nullptr: uid 0. `owner`
// tells the server's code who it is.
enum status p9_session_create(struct p9_server *server, struct p9_node *root,
                              const struct p9_user *user, void *owner, fe_handle *session);
// The session with this badge, which an earlier server of the same channel made like that.
enum status p9_session_restore(struct p9_server *server, uint64_t badge, struct p9_node *root,
                               const struct p9_user *user, void *owner);
uint64_t p9_session_badge(const struct p9_server *server); // of the newest
void *p9_request_owner(const struct p9_request *request);  // nullptr for other sessions
// The session with this badge speaks for nobody any more, if it is still there.
void p9_session_disown(struct p9_server *server, uint64_t badge);
void p9_session_gone(struct p9_server *server, void (*gone)(void *owner, uint64_t badge));

// Tells init that the service can be used: hands it a connector (name "" when the unit provides one
// mount). Connectors to what an earlier server provided under that name lead to `root` from then
// on. Without a start handle "init": does nothing.
enum status p9_server_ready(struct p9_server *server, const char *name, struct p9_node *root);
// The same with a connector that somebody else made; moved.
enum status p9_ready(const char *name, fe_handle connector);

// Serves for ever.
[[noreturn]] void p9_serve(struct p9_server *server);
// Serves one message or notice; for programs with a loop of their own and for tests.
enum status p9_serve_once(struct p9_server *server, uint64_t deadline);

// State of `node` changed: runs what waits for it, signals those who poll it.
void p9_node_changed(struct p9_node *node);
// Whether a request for this control waits for `node` to change.
bool p9_control_waits(const struct p9_node *node, uint32_t control);
// Whether somebody waits for `node` to be opened, with this access alone (OPEN_READ, OPEN_WRITE).
bool p9_open_waits(const struct p9_node *node, uint32_t access);
void p9_node_get(struct p9_node *node);
void p9_node_put(struct p9_node *node); // nullptr: nothing
uint64_t p9_path_new(void);             // a fresh p9_node.path

// Instead of P9_LATER: takes the request over (return P9_KEPT) to finish it at any time. When the
// client gave up, is_cancelled is set and finish only frees.
struct p9_request *p9_keep(struct p9_request *request);
void p9_finish(struct p9_request *kept, int64_t result, const void *data, size_t size);
void p9_finish_handle(struct p9_request *kept, int64_t result, fe_handle handle); // moved

// A control request's: its value or a negative errno, bytes and a handle, which is moved.
struct p9_result {
    int64_t value;
    const void *data;
    size_t size;
    fe_handle handle;
};
void p9_finish_control(struct p9_request *kept, const struct p9_result *result);

// The answer's bytes and handles (control), in the order of the calls. Handles are moved, also when
// there is no room for one more.
int p9_answer(struct p9_request *request, const void *data, size_t size);
int p9_answer_handle(struct p9_request *request, fe_handle handle);

// CONTROL_CONNECTOR_POST and _TAKE at a file that keeps the connector at *place. -EINVAL: what came
// is no session that can be given on. -ENXIO: nothing was posted.
int p9_connector_post(struct p9_request *request, fe_handle *place);
int p9_connector_take(struct p9_request *request, fe_handle connector);
// Both, as of a local socket's name: its owner posts, and who may write to it takes.
int p9_socket_control(struct p9_request *request, struct p9_node *node, uint32_t control,
                      fe_handle *place);
// Takes a handle that came with the request; FE_NO_HANDLE when there is none.
fe_handle p9_take_handle(struct p9_request *request, uint32_t index);

// The open file behind a fid of the request's session; nullptr: none. And a new one (CONTROL_PIPE).
struct p9_open *p9_fid_open(struct p9_request *request, uint32_t fid);
int p9_fid_install(struct p9_request *request, uint32_t fid, struct p9_node *node, uint32_t flags);

// Whether the request's user may: 4 read, 2 write, 1 search/execute, or'ed.
bool p9_may(const struct p9_request *request, const struct p9_node *node, uint32_t want);

// Adds an entry to a listing; false when it is full (stop). `next`: the offset after this entry.
bool p9_list(struct p9_listing *listing, struct p9_name name, const struct p9_node *node,
             uint64_t next);
bool p9_list_entry(struct p9_listing *listing, struct p9_name name,
                   const struct fe_9p_entry *entry);

struct p9_name p9_name_of(const char *text);
bool p9_name_is(struct p9_name name, const char *text);
uint32_t p9_name_hash(struct p9_name name); // the same for all of the same bytes

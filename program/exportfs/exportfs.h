// SPDX-License-Identifier: MIT
// What the files of exportfs share. A process serves one connection: its first thread reads frames
// (connection.c), each request is served by a worker, a thread of its own (serve_*.c), on fids
// (fid.c) that are paths in a namespace with nothing but what is exported (tree.c). What a client
// sends is checked by lib/9wire as to its form, and here as to its meaning.
#pragma once

#include <9key/key.h>
#include <9p/client.h>
#include <9wire/wire.h>
#include <abi/errno.h>
#include <ferrite/lock.h>
#include <ferrite/path.h>

struct export
{
    int in, out; // the connection
    bool may_write;
    const uint8_t *key; // of KEY_SIZE bytes; nullptr: everybody may attach
    unsigned patience;  // seconds, for a request that has begun to be whole, and for an attach
    bool is_attached;   // somebody is, or was; atomic
};

// A client's fid. Its path may change under others' hands, so who works with it copies it.
struct fid {
    struct fid *next;
    uint32_t number;
    uint32_t references;
    char *path;           // absolute in the exported namespace
    struct p9_file *file; // nullptr: not open
    struct proof *proof;  // of an auth request; nullptr: an ordinary file
};

struct worker {
    struct worker *next;
    fe_handle thread;
    uint8_t *frame;
    size_t size; // of the request's frame; 0: idle
    uint16_t tag;
    bool is_cancelled, is_ending;
    uint16_t *flushes; // tags of those who want it ended, to be answered after it
    uint32_t flush_count;
    struct fe_condition work;
    // While it serves.
    struct wire_message request, reply;
    uint8_t *answer; // the reply's frame; its data is made in place
    char path[FE_PATH_MAX], other[FE_PATH_MAX];
    uint8_t *data; // of a listing, before it is translated
};

extern struct export export;
extern uint32_t message_size; // agreed upon; 0: not yet
extern bool has_own_requests; // WIRE_VERSION_OWN was

// main.c: says what went wrong, by errno. 1.
int complain(const char *what);

// listen.c: serves each connection by a copy of the program with these arguments. Returns when that
// cannot go on.
int listen_at(uint16_t port, int count, char **arguments);
enum : size_t { PEER_NAME = 64 };
void peer_name(int connection, char name[PEER_NAME]);

// input.c: false: it has ended, or takes too long. Only for the thread that reads.
bool input_begin(void); // waits for a frame
bool input_take(void *to, size_t size);

// connection.c
[[noreturn]] void connection_serve(void);
void send_frame(const uint8_t *frame, size_t size);
void send_small(struct wire_message *reply); // without data

// serve.c: 0 or a negative errno; the reply is filled, unless it is sent by somebody else.
enum : int { SERVE_LATER = 1 };
int serve(struct worker *worker);
uint8_t *data_place(struct worker *worker); // where the data of a reply lies in its frame

// fid.c: all are guarded by a lock of their own.
// Both with a reference, which is the caller's. The proof, if there is one, is the fid's, whatever
// comes.
int fid_create(uint32_t number, const char *path, struct proof *proof, struct fid **made);
struct fid *fid_get(uint32_t number); // nullptr: there is none
void fid_hold(struct fid *fid);       // one more reference
void fid_put(struct fid *fid);
int fid_remove(uint32_t number);
void fids_clear(void);
void fid_path(struct fid *fid, char path[FE_PATH_MAX]);
int fid_path_set(struct fid *fid, const char *path);
int fid_open(struct fid *fid, struct p9_file *file); // -EBUSY: it is open
void fid_renamed(const char *from, const char *to);  // also those below

// serve_*.c, by request
typedef int export_function(struct worker *worker, struct fid *fid);
export_function export_walk, export_open, export_create, export_read, export_write, export_readdir,
    export_fsync, export_lock, export_getattr, export_setattr, export_statfs, export_readlink,
    export_symlink, export_mknod, export_mkdir, export_link, export_rename, export_rename_at,
    export_unlink_at, export_remove, export_poll, export_control;
int export_attach(struct worker *worker);

// poll.c: polls that wait.
void polls_flush(uint16_t tag);        // is not answered any more
void polls_end(const struct fid *fid); // it is clunked: its polls are answered
void polls_clear(void);

// path.c
int path_join(char path[FE_PATH_MAX], struct wire_text name);
void qid_put(struct worker *worker, uint32_t at, const char *path, uint64_t kind, uint64_t number);
uint64_t qid_number(const char *path, uint64_t number);

// tree.c: makes a namespace of what is below `folder` and lets go of the one before. 0 or a
// negative errno.
int tree_use(const char *folder);
extern fe_handle tree; // that namespace

// auth.c
int export_auth(struct worker *worker);
int64_t proof_read(struct proof *proof, void *to, size_t count);
int64_t proof_write(struct proof *proof, const void *from, size_t count);
bool proof_is_good(struct proof *proof, const struct wire_message *attach);
void proof_free(struct proof *proof);

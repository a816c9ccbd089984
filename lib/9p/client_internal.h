// SPDX-License-Identifier: MIT
// What the files of the client half share: sessions and calls on them (client_session.c), paths to
// sessions (client_path.c), open files (client_file.c).
#pragma once

#include <9p/client.h>
#include <abi/9p_operations.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/path.h>
#include <ferrite/pool.h>

struct p9_session {
    struct p9_session *next; // in the cache
    uint64_t mount;          // 0: not from a mount
    fe_handle handle;
    uint32_t references;
    bool is_lasting;     // the server's files outlive it
    bool is_dead;        // the server is gone: no longer in the cache
    uint32_t spare_fid;  // free, and the first to be used; 0: none. Atomic
    struct fe_lock lock; // of the rest
    uint32_t *free_fids;
    uint32_t free_count, free_capacity, next_fid;
};

// One request: words and what travels. call_init clears it; the rest is set by hand.
struct call {
    struct fe_message message;
    struct fe_transfer transfer;
    bool is_stream; // of a read: it may wait, and may be interrupted
};

// Results of call_run besides 0 and negative errno.
// CALL_DEAD: the server was gone before it received the call. CALL_ABANDONED: it ended with the
// call in its hands, and perhaps of it.
enum : int { CALL_LINK = 1, CALL_DEAD, CALL_ABANDONED };

static inline bool is_gone(int result)
{
    return result >= CALL_DEAD;
}

// How often servers ended under one request. After MINUTE without it the count begins anew.
struct deaths {
    uint64_t last; // when; 0: never
    uint32_t count, abandoned;
};

void call_init(struct call *call, uint32_t operation, uint64_t fid);
void call_send(struct call *call, const void *data, size_t size);
void call_receive(struct call *call, void *to, size_t capacity);
int call_run(struct p9_session *session, struct call *call);
int call_run_until(struct p9_session *session, struct call *call, uint64_t deadline);
bool call_waits(const struct call *call); // for something to happen
// The same for a message without struct call.
int session_call(struct p9_session *session, struct fe_message *message, uint64_t deadline);

uint32_t fid_allocate(struct p9_session *session);
void fid_free(struct p9_session *session, uint32_t fid);

struct p9_session *session_create(fe_handle handle, uint64_t mount);
// *session is made for `mount`.
int session_open(fe_handle connector, const char *start, uint64_t mount,
                 struct p9_session **session);
int session_attach(fe_handle connector, const char *start, size_t start_size, fe_handle *session);
// The session for a mount, from the cache or by attaching; referenced.
int session_of_mount(fe_handle name_space, uint64_t mount, struct p9_session **session);
void session_forget_all(void); // their mounts are another namespace's
// Takes that reference back: the next path often leads to the same session.
void session_done(struct p9_session *session);

// A path on its way: clean and absolute, changed by the links met.
struct path {
    char *text; // FE_PATH_MAX bytes, the caller's
    size_t length;
    uint32_t links; // followed so far
    struct deaths deaths;
    uint64_t give_up; // when retrying ends; 0: not begun
};

// Where a path leads: a session and the bytes relative to its root.
struct target {
    struct p9_session *session; // referenced
    const char *relative;
    size_t size;
    uint64_t mount;
    uint32_t flags; // MOUNT_*
    bool is_root;   // the path is the mount point itself
};

int path_init(struct path *path, char *to, const char *text);
int path_target(const struct path *path, uint32_t index, struct target *target);
// Replaces the first `consumed` bytes of `relative` by the link's target.
int path_follow(struct path *path, const struct target *target, size_t consumed, const char *link,
                size_t link_size);
// After a call for which is_gone(): waits a little. False: it has taken too long, or is poison.
bool path_retry(struct path *path, int result);

// Runs `attempt` where `text` leads, following links, united directories and restarted servers.
// `attempt` returns as call_run does; a link's target is in its call's receive buffer.
struct attempt {
    int (*run)(struct attempt *attempt, const struct target *target);
    struct call call;
    void *reply; // where reply data and link targets go; FE_PATH_MAX bytes at least
    size_t reply_capacity;
    bool creates; // makes the path's last name
};
int path_run(const char *text, struct attempt *attempt);
int path_run_on(struct path *path, struct attempt *attempt);
fe_handle client_namespace(void);
// The part of a union that has the name, or decides about it; -ENOENT: none. What leads to no union
// is there, whether the server has it or not.
int target_find(const struct path *path, struct target *target, uint32_t *index);
// The part in which the name is, or is to be made.
int target_place(const struct path *path, struct target *target);

// Of struct p9_file, for all who make and close them.
extern struct fe_pool file_pool;

// restore.c. Counts the end of a server, after a call for which is_gone(). False: a request that
// two servers had in their hands when they ended, within a minute, is poison, and the next one is
// spared it; unless it `waits` for something to happen, and is in a server's hands for hours.
bool deaths_are_few(struct deaths *deaths, int result, bool waits);
enum : uint32_t { DEATHS_MAX = 3 }; // of an open file's requests
// A request of `file` on the session `dead` came to that. 0: the file has another session, and the
// request may be made again; or a negative errno.
int file_restore(struct p9_file *file, const struct p9_session *dead);
static inline int file_again(struct p9_file *file, const struct p9_session *dead,
                             struct deaths *deaths, int result, bool waits)
{
    bool is_enough = !deaths_are_few(deaths, result, waits) || deaths->count > DEATHS_MAX;
    return is_enough ? -EIO : file_restore(file, dead);
}
// The session of a file for one request, and with it the fid: read in this order they belong
// together.
static inline struct p9_session *file_session(struct p9_file *file, uint64_t *fid)
{
    struct p9_session *session = __atomic_load_n(&file->session, __ATOMIC_ACQUIRE);
    *fid = __atomic_load_n(&file->fid, __ATOMIC_RELAXED);
    return session;
}

static inline bool is_stream(const struct p9_file *file)
{
    return (file->qid_kind & QID_DEVICE) != 0;
}

// client_file.c: a call on an open file, which is opened again when the server was restarted.
int file_run(struct p9_file *file, struct call *call);

// client_mounts.c: what is kept with a mount, see 9p/mount.h.
enum : size_t { MOUNT_RECORD_MAX = 1024 };
struct mount_record {
    char text[MOUNT_RECORD_MAX + 1];
    const char *source, *origin; // "": not known
    bool is_outside;
};
enum status mount_record_read(fe_handle name_space, uint64_t mount, struct mount_record *record);
struct p9_part;
struct p9_mounts;
// How the mount came to those of its path, which came earlier: MOUNT_BEFORE, MOUNT_AFTER or 0 when
// it was the first; and MOUNT_CREATE.
uint32_t mount_flags(const struct p9_mounts *mounts, size_t which);
// The bytes of it; 0: the names are too long.
size_t mount_record_write(char record[static MOUNT_RECORD_MAX], const struct p9_part *part,
                          bool is_outside);

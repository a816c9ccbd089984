// SPDX-License-Identifier: MIT
// The client: files of the program's namespace by path. Paths are absolute or relative to `/`; the
// caller that has a working directory makes them absolute first (fe_path_resolve). "..", symbolic
// links (also across mounts), united directories and services that were restarted are dealt with
// here.
//
// Results: 0 or a count, or a negative errno of the C library. A call interrupted by
// thread_interrupt gives -EINTR. Usable from all threads; two threads may use one file at a time.
#pragma once

#include <9p/user.h>
#include <abi/9p.h>
#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

struct fe_spawn;   // ferrite/spawn.h
struct p9_session; // with one server, shared by the files opened through it; counted

// An open file. Read-only to callers.
struct p9_file {
    struct p9_session *session;
    uint32_t fid;
    uint32_t flags;   // as opened
    uint32_t io_unit; // most bytes of one read or write message
    uint64_t qid_kind, qid_path;
    uint64_t size;         // when it was opened
    char *path;            // where it was opened, clean; nullptr: not known
    struct p9_file *below; // of a united directory: the next part
    struct p9_file *part;  // ... and the part being listed
    uint32_t mounts_from;  // ... and which mounts in it were listed

    // For opening it again when the server was restarted.
    uint64_t position;         // of a file that is not shared
    bool is_shared;            // with another process, which moves the position too
    bool is_listed;            // a directory of which something was read
    bool is_written;           // ... and not synced since
    bool is_mapped;            // as memory that writes to it
    bool is_locked;            // or was at some time
    int late_error;            // that a write ended with after a part of it; 0: none
    struct p9_session *former; // that before, which another thread may still be using
};

struct p9_lock_range {
    uint32_t kind; // F_RDLCK 0, F_WRLCK 1, F_UNLCK 2
    uint32_t owner;
    uint64_t start, length;
};

// Names. `flags` of open are OPEN_*, `mode` S_* permission bits.
int p9_open(const char *path, uint32_t flags, uint32_t mode, struct p9_file **file);
// The same for a path that is clean already (fe_path_resolve) and of `length` bytes, in a buffer of
// FE_PATH_MAX that links met on the way are written to.
struct p9_open_mode {
    uint32_t flags, mode;
};
int p9_open_clean(char *path, size_t length, const struct p9_open_mode *how, struct p9_file **file);
int p9_stat(const char *path, uint32_t flags,
            struct fe_9p_attributes *attributes); // FE_9P_NO_FOLLOW
int p9_set_attributes(const char *path, uint32_t valid, uint32_t flags,
                      const struct fe_9p_attributes *attributes);
int p9_mkdir(const char *path, uint32_t mode);
int p9_mknod(const char *path, uint32_t mode, uint64_t device);
int p9_remove(const char *path, uint32_t flags); // FE_9P_REMOVE_DIRECTORY: rmdir
int p9_rename(const char *from, const char *to);
int p9_link(const char *from, const char *to);
int p9_symlink(const char *target, const char *path);
int64_t p9_readlink(const char *path, char *to, size_t capacity); // not NUL-terminated
int p9_image(const char *path, fe_handle *image);
int p9_statfs(const char *path, struct fe_9p_statfs *statistics);
// The real path of what `path` names, links followed. `to` has FE_PATH_MAX bytes.
int p9_real_path(const char *path, char *to);

// All of a file and a NUL, to be freed; nullptr: it cannot be read, or is larger than 1 MiB.
char *p9_read_whole(const char *path);

// Open files. `offset` FE_9P_POSITION: at the file's position, which advances.
int64_t p9_read(struct p9_file *file, uint64_t offset, void *to, size_t count);
int64_t p9_write(struct p9_file *file, uint64_t offset, const void *from, size_t count);
// A write of which a part was done gives that part; the error that ended it is told here, once: 0
// or a negative errno. Those that the next write finds by itself (EAGAIN, EINTR, EPIPE) are not
// kept.
int p9_late_error(struct p9_file *file);
void p9_keep_error(struct p9_file *file, int error);
// Between the file of a disk and memory that its driver gave (CONTROL_TRANSFER_MEMORY). -ENXIO: it
// is another driver, which knows nothing of that memory.
struct p9_transfer_place {
    uint64_t memory, position;
};
int64_t p9_transfer(struct p9_file *file, uint64_t offset, const struct p9_transfer_place *place,
                    uint64_t flags);
int64_t p9_seek(struct p9_file *file, int64_t offset,
                uint32_t whence); // SEEK_SET 0, SEEK_CUR 1, SEEK_END 2
int p9_truncate(struct p9_file *file, uint64_t size);
int p9_sync(struct p9_file *file);
int p9_file_stat(struct p9_file *file, struct fe_9p_attributes *attributes);
int p9_file_set_attributes(struct p9_file *file, uint32_t valid,
                           const struct fe_9p_attributes *attributes);
int p9_file_statfs(struct p9_file *file, struct fe_9p_statfs *statistics);
// Entries from `offset` (0 first; each entry's `next` after it). FE_9P_POSITION: where the last one
// ended.
int64_t p9_readdir(struct p9_file *directory, uint64_t offset, void *to, size_t count);
// Which of POLL* `events` are ready; when none, `event` (duplicated) gets `bits` once.
// FE_NO_HANDLE: only ask.
int p9_poll(struct p9_file *file, uint32_t events, fe_handle event, uint64_t bits);
// The file from `*offset` on as memory, with rights for `protection` (MAP_*); `*offset` becomes
// where that is in the memory. What is stored there is the file's as long as the file is open.
int p9_memory(struct p9_file *file, uint64_t *offset, uint64_t size, uint32_t protection,
              fe_handle *memory);
int p9_file_image(struct p9_file *file, fe_handle *image);
int p9_lock(struct p9_file *file, struct p9_lock_range *range, uint32_t flags);
// nullptr: nothing. Closed whatever the result: -EIO tells that the server is gone, and with it
// perhaps what was written and not synced.
int p9_close(struct p9_file *file);

// A control request: everything optional. Handles in `send` are consumed, whatever the result;
// those in `lend` stay the caller's, and duplicates with these rights are sent.
//
// A request to the process service (CONTROL_PROCESS_*) is repeated when the service was restarted,
// which keeps its sessions, unless it has handles in `send` or a deadline.
struct p9_loan {
    fe_handle handle;
    uint32_t rights;
};
struct p9_control {
    uint32_t request; // CONTROL_*
    const void *data;
    size_t size;
    const fe_handle *send;
    size_t send_count;
    const struct p9_loan *lend;
    size_t lend_count;
    uint64_t deadline; // 0: none; then -ETIMEDOUT
    uint64_t value;    // out
    void *reply;
    size_t reply_capacity;
    size_t reply_size;     // out
    size_t receive_most;   // handles; an answer with more is an error
    fe_handle received[4]; // out
    size_t received_count; // out
};
int p9_control(struct p9_file *file, struct p9_control *control);

// Handing files to a child: copies with shared positions, of files that have one session in common,
// under the same fids, in a new session. When the server has ended it is the dead session, through
// which each file is opened again if it can be, and is an EIO otherwise.
int p9_share(struct p9_file *const *files, size_t count, fe_handle *session);

// The other side of it, and of sessions given at birth (start handles "process", "init"): takes
// `handle` over. Each adopted file counts a reference; p9_session_put drops the caller's own.
struct p9_session *p9_session_adopt(fe_handle handle); // nullptr: no memory
struct p9_file *p9_file_adopt(struct p9_session *session, uint32_t fid, uint32_t flags);
void p9_session_get(struct p9_session *session);
void p9_session_put(struct p9_session *session);
fe_handle p9_session_handle(const struct p9_session *session); // still the session's
// A new fid number for operations that name one in their data (CONTROL_PIPE).
uint32_t p9_fid_allocate(struct p9_session *session);

// A connector of one's own: attaches, so that the session can be mounted, and opens its root,
// without the namespace.
int p9_attach(fe_handle connector, const char *start, struct p9_file **root);
// A connector of `connector` bound to another identity (only for one that is bound to uid 0).
int p9_identify(fe_handle connector, const struct p9_user *user, fe_handle *bound);

// The root of a session given at birth (start handles "process", "init"), through a copy of its
// handle; nullptr: none.
struct p9_file *p9_root_of_handle(fe_handle handle);

struct p9_registration {
    const char *command; // for ps
    uint64_t deadline;   // as p9_control's
};

// Registers a process that was made with the kernel's calls, as a child of the one whose session to
// the process service `own` is, in a group of its own. *session is the child's, for its start
// handle "process". Its end is told by its handle (fe_process_watch), not by wait().
int p9_process_register(struct p9_file *own, fe_handle process, const struct p9_registration *what,
                        fe_handle *session);
// The same as a child of this process. -EPERM: it has no session itself.
int p9_process_introduce(fe_handle process, const char *command, fe_handle *session);

// Makes a process (ferrite/spawn.h), has `give` complete what the handles of `options` say, and
// starts it. *process is the caller's. 0 or a negative errno, that of `give` too: then the process
// and all its handles are gone.
int p9_process_start(struct fe_spawn *options, int (*give)(void *context, fe_handle process),
                     void *context, fe_handle *process);

// Which namespace paths are resolved in; FE_NO_HANDLE: the program's own.
void p9_namespace_set(fe_handle name_space);

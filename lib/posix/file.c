// SPDX-License-Identifier: MIT
// Open files and their descriptors: opening, closing, duplicating, flags and locks.
#include "file.h"
#include "call.h"
#include "context.h"
#include "mounts.h"
#include "own.h"
#include "signals.h"
#include "socket.h"
#include "terminal.h"
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/path.h>
#include <ferrite/pool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

// The protocol has the C library's own numbers of the generic kind.
static_assert(O_CREAT == OPEN_CREATE && O_EXCL == OPEN_EXCLUSIVE && O_TRUNC == OPEN_TRUNCATE);
static_assert(O_APPEND == OPEN_APPEND && O_NONBLOCK == OPEN_NONBLOCK);

uint32_t open_flags_to_protocol(int flags)
{
    enum : uint32_t {
        SAME = OPEN_CREATE | OPEN_EXCLUSIVE | OPEN_TRUNCATE | OPEN_APPEND | OPEN_NONBLOCK
    };
    uint32_t result = (uint32_t)flags & (SAME | OPEN_ACCESS);
    if (flags & O_PATH) result |= OPEN_PATH;
    if (flags & O_DIRECTORY) result |= OPEN_DIRECTORY;
    if (flags & O_NOFOLLOW) result |= OPEN_NO_FOLLOW;
    return result;
}

int open_flags_from_protocol(uint32_t flags)
{
    int result = (flags & OPEN_ACCESS) == OPEN_PATH ? O_PATH : (int)(flags & OPEN_ACCESS);
    if (flags & OPEN_APPEND) result |= O_APPEND;
    if (flags & OPEN_NONBLOCK) result |= O_NONBLOCK;
    return result;
}

static struct fe_pool pool;

struct file *file_create(struct p9_file *p9, int flags)
{
    struct file *file = fe_pool_take(&pool, sizeof *file);
    if (file == nullptr) {
        p9_close(p9);
        return nullptr;
    }
    *file = (struct file){.references = 1, .flags = flags, .p9 = p9};
    return file;
}

// Closing asks the server, which may be done under the lock: it never waits for one of us.
int file_destroy(struct file *file)
{
    if (file->socket != nullptr) socket_destroy(file->socket);
    int result = p9_close(file->p9);
    fe_pool_give(&pool, file);
    return result;
}

struct file *file_hold_shared(long descriptor)
{
    struct context *context = context_current();
    context_lock();
    struct file *file = descriptor_find(&context->descriptors, descriptor);
    if (file != nullptr) file_get(file);
    context_unlock();
    return file;
}

static long install(struct file *file, long lowest, bool close_on_exec)
{
    struct context *context = context_current();
    context_lock();
    long number = descriptor_add(&context->descriptors, file, lowest, close_on_exec);
    context_unlock();
    if (number < 0) file_put(file);
    return number;
}

long file_install(struct file *file, int flags)
{
    return install(file, 0, (flags & O_CLOEXEC) != 0);
}

static bool ends_with_slash(const char *name)
{
    while (*name != '\0') name++;
    return name[-1] == '/';
}

// /dev/tty is the path of the caller's terminal, which then stands in `path`, and becomes the name.
[[gnu::noinline]] static long name_terminal(char *path, size_t *length, const char **name)
{
    if (memcmp(path, "/dev/tty", *length) != 0) return 0;
    long error = terminal_own_path(path, FE_PATH_MAX);
    *length = strlen(path);
    *name = path;
    return error == -ENOSYS ? 0 : error;
}

int64_t call_openat(const int64_t *a)
{
    char path[FE_PATH_MAX];
    const char *name = (const char *)a[1];
    int flags = (int)a[2];
    struct p9_file *p9;
    size_t length;
    long number;
    long error = path_find(a[0], name, path, &length);
    if (error < 0) return error;
    if (own_is_name(path, &number)) return own_open(number, flags);
    if (length == sizeof "/dev/tty" - 1) error = name_terminal(path, &length, &name);
    if (error < 0) return error;
    if (mounts_is_path(path, length)) return mounts_open(flags);
    // An absolute name is not shorter than its clean form, but for "/proc/self".
    bool is_long = name[0] == '/' && path[1] != 'p';
    if (ends_with_slash(is_long ? name + length : name)) flags |= O_DIRECTORY;
    struct p9_open_mode how = {.flags = open_flags_to_protocol(flags),
                               .mode = (uint32_t)a[3] & ~context_current()->umask & 07777};
    error = p9_open_clean(path, length, &how, &p9);
    if (error == -EINTR) return RESTART;
    if (error < 0) return error;
    struct file *file = file_create(p9, flags & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    return file == nullptr ? -ENOMEM : file_install(file, flags);
}

// The process's locks end when it closes the file, which mappings may hold.
static void unlock(const struct file *file)
{
    struct p9_lock_range all = {.kind = FE_9P_LOCK_NONE, .owner = (uint32_t)call_getpid(nullptr)};
    if (!file->p9->is_locked) return;
    int error = p9_lock(file->p9, &all, 0);
    (void)error; // its server is gone, and they with it
}

int64_t call_close(const int64_t *a)
{
    struct context *context = context_current();
    context_lock();
    struct file *file = descriptor_take(&context->descriptors, a[0]);
    context_unlock();
    if (file == nullptr) return -EBADF;
    if (file->is_mapped) unlock(file);
    return file_put(file);
}

static long duplicate(long descriptor, long lowest, bool close_on_exec)
{
    struct file *file = file_hold(descriptor);
    return file == nullptr ? -EBADF : install(file, lowest, close_on_exec);
}

int64_t call_dup(const int64_t *a)
{
    return duplicate(a[0], 0, false);
}

// The C library turns dup2 of a number on itself into a mere check.
int64_t call_dup3(const int64_t *a)
{
    if (a[0] == a[1]) return -EINVAL;
    struct file *before = nullptr, *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    struct context *context = context_current();
    struct descriptor entry = {file, (a[2] & O_CLOEXEC) != 0};
    context_lock();
    long error = descriptor_place(&context->descriptors, a[1], entry, &before);
    context_unlock();
    if (error < 0) {
        file_put(file);
        return error;
    }
    if (before != nullptr) file_put(before);
    return a[1];
}

static long descriptor_flags(long descriptor, bool set, long flags)
{
    struct context *context = context_current();
    long result = -EBADF;
    context_lock();
    if (descriptor_find(&context->descriptors, descriptor) != nullptr) {
        struct descriptor *entry = &context->descriptors.entries[descriptor];
        if (set) entry->close_on_exec = (flags & FD_CLOEXEC) != 0;
        result = !set && entry->close_on_exec ? FD_CLOEXEC : 0;
    }
    context_unlock();
    return result;
}

static long set_flags(struct file *file, int flags)
{
    int changeable = O_APPEND | O_NONBLOCK;
    int now = (file->flags & ~changeable) | (flags & changeable);
    if (now == file->flags) return 0;
    if (file->p9 != nullptr && (file->p9->qid_kind & QID_DIRECTORY) == 0) {
        uint32_t data = open_flags_to_protocol(flags & changeable) & ~(uint32_t)OPEN_ACCESS;
        struct p9_control control = {
            .request = CONTROL_FLAGS_SET, .data = &data, .size = sizeof data};
        int error = p9_control(file->p9, &control);
        if (error < 0 && error != -ENOTTY && error != -ENOSYS) return error;
    }
    file->flags = now;
    return 0;
}

// --- Locks -------------------------------------------------------------------------------------

static long lock_file(struct file *file, struct p9_lock_range *range, uint32_t flags)
{
    if (file->p9 == nullptr) return -EINVAL;
    int error = p9_lock(file->p9, range, flags);
    return error == -EINTR ? RESTART : error;
}

static long lock_start(struct file *file, const struct flock *lock, uint64_t *start)
{
    struct fe_9p_attributes attributes;
    int64_t base = 0;
    if (file->p9 == nullptr) return -EINVAL;
    if (lock->l_whence == SEEK_CUR) base = p9_seek(file->p9, 0, SEEK_CUR);
    if (lock->l_whence == SEEK_END) {
        base = p9_file_stat(file->p9, &attributes);
        if (base == 0) base = (int64_t)attributes.size;
    }
    if (base < 0) return base;
    if (base + lock->l_start < 0) return -EINVAL;
    *start = (uint64_t)(base + lock->l_start);
    return 0;
}

static long record_lock(struct file *file, long command, struct flock *lock)
{
    static_assert(F_RDLCK == FE_9P_LOCK_READ && F_WRLCK == FE_9P_LOCK_WRITE &&
                  F_UNLCK == FE_9P_LOCK_NONE);
    bool is_description = command >= F_OFD_GETLK;
    uint32_t flags = is_description ? FE_9P_LOCK_OPEN_FILE | FE_9P_LOCK_DESCRIPTION : 0;
    if (is_description && lock->l_pid != 0) return -EINVAL;
    struct p9_lock_range range = {.kind = (uint32_t)lock->l_type,
                                  .length = (uint64_t)lock->l_len,
                                  .owner =
                                      is_description ? UINT32_MAX : (uint32_t)call_getpid(nullptr)};
    long error = lock_start(file, lock, &range.start);
    if (error == 0 && lock->l_len < 0) { // what is before
        if (range.start < (uint64_t)-lock->l_len) return -EINVAL;
        range.start -= (uint64_t)-lock->l_len;
        range.length = (uint64_t)-lock->l_len;
    }
    if (error < 0) return error;
    if (command != F_GETLK && command != F_OFD_GETLK) {
        bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
        return lock_file(file, &range, flags | (waits ? FE_9P_LOCK_WAITS : 0));
    }
    error = lock_file(file, &range, flags | FE_9P_LOCK_TEST);
    if (error < 0) return error;
    lock->l_type = (short)range.kind;
    if (range.kind == FE_9P_LOCK_NONE) return 0;
    lock->l_whence = SEEK_SET;
    lock->l_start = (off_t)range.start;
    lock->l_len = (off_t)range.length;
    lock->l_pid = (pid_t)range.owner;
    return 0;
}

int64_t call_flock(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    struct p9_lock_range range = {};
    long result = -EINVAL;
    switch (a[1] & ~LOCK_NB) {
    case LOCK_SH: range.kind = F_RDLCK, result = 0; break;
    case LOCK_EX: range.kind = F_WRLCK, result = 0; break;
    case LOCK_UN: range.kind = F_UNLCK, result = 0; break;
    default: break;
    }
    uint32_t flags = FE_9P_LOCK_OPEN_FILE | ((a[1] & LOCK_NB) == 0 ? FE_9P_LOCK_WAITS : 0);
    if (result == 0) result = lock_file(file, &range, flags);
    file_put(file);
    return result;
}

int64_t call_fcntl(const int64_t *a)
{
    switch (a[1]) {
    case F_DUPFD: return duplicate(a[0], a[2], false);
    case F_DUPFD_CLOEXEC: return duplicate(a[0], a[2], true);
    case F_GETFD: return descriptor_flags(a[0], false, 0);
    case F_SETFD: return descriptor_flags(a[0], true, a[2]);
    default: break;
    }
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long result = -EINVAL;
    switch (a[1]) {
    case F_GETFL: result = file->flags; break;
    case F_SETFL: result = set_flags(file, (int)a[2]); break;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW: result = record_lock(file, a[1], (struct flock *)a[2]); break;
    default: break;
    }
    file_put(file);
    return result;
}

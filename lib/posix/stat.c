// SPDX-License-Identifier: MIT
// What is known about files, and changing it: by descriptor or by name.
#include "call.h"
#include "context.h"
#include "file.h"
#include "own.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/clock.h>
#include <ferrite/path.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum : uint64_t { NANOSECONDS = 1'000'000'000 };

// As the C library reads it from fstat and newfstatat, on every instruction set (its kstat.h).
struct c_stat {
    uint64_t dev, ino, nlink, rdev;
    uint32_t mode, uid, gid, blksize;
    int64_t size, blocks;
    struct {
        int64_t sec, nsec;
    } access, modify, change;
};

// Which server a file is on: a path that two mounts share has different first numbers.
static void fill(struct c_stat *stat, const struct fe_9p_attributes *attributes)
{
    *stat = (struct c_stat){
        .dev = attributes->device >> 32,
        .ino = attributes->qid_path,
        .nlink = attributes->links,
        .rdev = attributes->device & UINT32_MAX,
        .mode = attributes->mode,
        .uid = attributes->uid,
        .gid = attributes->gid,
        .blksize = (uint32_t)(attributes->block_size != 0 ? attributes->block_size : 4096),
        .size = (int64_t)attributes->size,
        .blocks = (int64_t)attributes->blocks,
        .access = {(int64_t)(attributes->access_time / NANOSECONDS),
                   (int64_t)(attributes->access_time % NANOSECONDS)},
        .modify = {(int64_t)(attributes->modify_time / NANOSECONDS),
                   (int64_t)(attributes->modify_time % NANOSECONDS)},
        .change = {(int64_t)(attributes->change_time / NANOSECONDS),
                   (int64_t)(attributes->change_time % NANOSECONDS)},
    };
}

static long file_attributes(struct file *file, struct fe_9p_attributes *attributes)
{
    if (file->p9 != nullptr && file->socket == nullptr) return p9_file_stat(file->p9, attributes);
    *attributes = (struct fe_9p_attributes){.mode = S_IFSOCK | 0600, .links = 1};
    return 0;
}

static long descriptor_attributes(long number, struct fe_9p_attributes *attributes)
{
    struct file *file = file_hold(number);
    if (file == nullptr) return -EBADF;
    long error = file_attributes(file, attributes);
    file_put(file);
    return error;
}

static long attributes_of_own(long number, bool is_link, struct fe_9p_attributes *attributes)
{
    struct fe_9p_attributes own = own_attributes(number);
    if (number == OWN_FOLDER || is_link) {
        struct file *file = number == OWN_FOLDER ? nullptr : file_hold(number);
        if (number != OWN_FOLDER && file == nullptr) return -ENOENT;
        if (file != nullptr) file_put(file);
        *attributes = own;
        return 0;
    }
    long error = descriptor_attributes(number, attributes);
    return error == -EBADF ? -ENOENT : error;
}

// By descriptor when the path is empty and that is asked for.
static long attributes_at(const int64_t *a, long flags, struct fe_9p_attributes *attributes)
{
    const char *name = (const char *)a[1];
    long number;
    if ((flags & AT_EMPTY_PATH) && (name == nullptr || name[0] == '\0') && a[0] != AT_FDCWD)
        return descriptor_attributes(a[0], attributes);
    char path[FE_PATH_MAX];
    if (name == nullptr) return -EFAULT;
    if ((flags & AT_EMPTY_PATH) && name[0] == '\0') name = ".";
    long error = path_at(a[0], name, path);
    if (error < 0) return error;
    size_t size = strlen(name);
    bool no_follow = (flags & AT_SYMLINK_NOFOLLOW) && name[size - 1] != '/';
    if (own_is_name(path, &number)) return attributes_of_own(number, no_follow, attributes);
    return p9_stat(path, no_follow ? FE_9P_NO_FOLLOW : 0, attributes);
}

int64_t call_fstat(const int64_t *a)
{
    struct fe_9p_attributes attributes;
    long error = descriptor_attributes(a[0], &attributes);
    if (error == 0) fill((struct c_stat *)a[1], &attributes);
    return error;
}

int64_t call_fstatat(const int64_t *a)
{
    struct fe_9p_attributes attributes;
    long error = attributes_at(a, a[3], &attributes);
    if (error == 0) fill((struct c_stat *)a[2], &attributes);
    return error;
}

// The C library does without.
int64_t call_statx(const int64_t *a)
{
    (void)a;
    return -ENOSYS;
}

static bool is_member(const struct fe_process_identity *identity, uint32_t group)
{
    for (uint32_t i = 0; i < identity->group_count; i++)
        if (identity->groups[i] == group) return true;
    return identity->gid == group;
}

// The server has the last word at open; this asks for the file's own bits, for whoever the program
// acts for.
int64_t call_faccessat(const int64_t *a)
{
    struct fe_9p_attributes attributes;
    long error = attributes_at(a, 0, &attributes);
    if (error < 0 || a[2] == F_OK) return error;
    struct fe_process_identity identity;
    if (process_identity(0, &identity) < 0) identity = (struct fe_process_identity){};
    uint32_t wanted = (uint32_t)a[2] & 7;
    if (identity.uid == 0) {
        bool runs = (attributes.mode & 0111) != 0 || S_ISDIR(attributes.mode);
        return (wanted & X_OK) == 0 || runs ? 0 : -EACCES;
    }
    uint32_t shift = 0;
    if (attributes.uid == identity.uid) {
        shift = 6;
    } else if (is_member(&identity, attributes.gid)) {
        shift = 3;
    }
    return (attributes.mode >> shift & wanted) == wanted ? 0 : -EACCES;
}

// --- Changing ----------------------------------------------------------------------------------

struct change {
    uint32_t valid;
    struct fe_9p_attributes attributes;
};

static long change_file(long descriptor, const struct change *change)
{
    struct file *file = file_hold(descriptor);
    if (file == nullptr) return -EBADF;
    long error = -EINVAL;
    if (file->p9 != nullptr) {
        error = p9_file_set_attributes(file->p9, change->valid, &change->attributes);
    }
    file_put(file);
    return error;
}

static long change_at(const int64_t *a, long flags, const struct change *change)
{
    char path[FE_PATH_MAX];
    const char *name = (const char *)a[1];
    if (name == nullptr || ((flags & AT_EMPTY_PATH) && name[0] == '\0')) {
        return change_file(a[0], change);
    }
    long error = path_at(a[0], name, path);
    if (error < 0) return error;
    return p9_set_attributes(path, change->valid,
                             (flags & AT_SYMLINK_NOFOLLOW) ? FE_9P_NO_FOLLOW : 0,
                             &change->attributes);
}

static struct change mode_change(long mode)
{
    return (struct change){ATTRIBUTE_MODE, {.mode = (uint32_t)mode & 07777}};
}

static struct change owner_change(long uid, long gid)
{
    struct change change = {.attributes = {.uid = (uint32_t)uid, .gid = (uint32_t)gid}};
    if ((uint32_t)uid != UINT32_MAX) change.valid |= ATTRIBUTE_UID;
    if ((uint32_t)gid != UINT32_MAX) change.valid |= ATTRIBUTE_GID;
    return change;
}

int64_t call_fchmod(const int64_t *a)
{
    struct change change = mode_change(a[1]);
    return change_file(a[0], &change);
}

int64_t call_fchmodat(const int64_t *a)
{
    struct change change = mode_change(a[2]);
    return change_at(a, 0, &change);
}

int64_t call_fchown(const int64_t *a)
{
    struct change change = owner_change(a[1], a[2]);
    return change_file(a[0], &change);
}

int64_t call_fchownat(const int64_t *a)
{
    struct change change = owner_change(a[2], a[3]);
    return change_at(a, a[4], &change);
}

static void set_time(struct change *change, const struct timespec *time, bool modify)
{
    uint32_t now = modify ? ATTRIBUTE_MODIFY_NOW : ATTRIBUTE_ACCESS_NOW;
    if (time == nullptr || time->tv_nsec == UTIME_NOW) {
        change->valid |= now;
    } else if (time->tv_nsec != UTIME_OMIT) {
        uint64_t ns = (uint64_t)time->tv_sec * NANOSECONDS + (uint64_t)time->tv_nsec;
        change->valid |= modify ? ATTRIBUTE_MODIFY_TIME : ATTRIBUTE_ACCESS_TIME;
        *(modify ? &change->attributes.modify_time : &change->attributes.access_time) = ns;
    }
}

int64_t call_utimensat(const int64_t *a)
{
    const struct timespec *times = (const struct timespec *)a[2];
    struct change change = {};
    set_time(&change, times, false);
    set_time(&change, times == nullptr ? nullptr : times + 1, true);
    return change_at(a, a[3], &change);
}

int64_t call_truncate(const int64_t *a)
{
    char path[FE_PATH_MAX];
    if (a[1] < 0) return -EINVAL;
    struct change change = {ATTRIBUTE_SIZE, {.size = (uint64_t)a[1]}};
    long error = path_at(AT_FDCWD, (const char *)a[0], path);
    return error < 0 ? error : p9_set_attributes(path, change.valid, 0, &change.attributes);
}

// --- Whole file systems ------------------------------------------------------------------------

static long give_statfs(long error, const struct fe_9p_statfs *from, struct statfs *to)
{
    if (error < 0) return error;
    *to = (struct statfs){
        .f_type = (unsigned long)from->type,
        .f_bsize = (unsigned long)from->block_size,
        .f_frsize = (unsigned long)from->block_size,
        .f_blocks = from->blocks,
        .f_bfree = from->blocks_free,
        .f_bavail = from->blocks_available,
        .f_files = from->files,
        .f_ffree = from->files_free,
        .f_namelen = (unsigned long)from->name_max,
    };
    return 0;
}

int64_t call_statfs(const int64_t *a)
{
    char path[FE_PATH_MAX];
    struct fe_9p_statfs statistics;
    long error = path_at(AT_FDCWD, (const char *)a[0], path);
    if (error == 0) error = p9_statfs(path, &statistics);
    return give_statfs(error, &statistics, (struct statfs *)a[1]);
}

int64_t call_fstatfs(const int64_t *a)
{
    struct fe_9p_statfs statistics;
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long error = file->p9 == nullptr ? -EINVAL : p9_file_statfs(file->p9, &statistics);
    file_put(file);
    return give_statfs(error, &statistics, (struct statfs *)a[1]);
}

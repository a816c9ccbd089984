// SPDX-License-Identifier: MIT
// Names: directories, links, and where relative paths start.
#include "call.h"
#include "context.h"
#include "entry.h"
#include "file.h"
#include "own.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/path.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum : size_t { DOT_SIZE = 24 };

// An entry takes at most 16 bytes less here than in the protocol (32 bytes and the name), so what
// was asked for fits.
static size_t convert(const uint8_t *from, size_t size, uint8_t *to)
{
    size_t written = 0;
    for (size_t at = 0; at + sizeof(struct fe_9p_entry) <= size;) {
        struct fe_9p_entry entry;
        memcpy(&entry, from + at, sizeof entry);
        const uint8_t *name = from + at + sizeof entry;
        if (at + sizeof entry + entry.name_size > size) break;
        struct entry *out = (struct entry *)(to + written);
        size_t length = (offsetof(struct entry, name) + entry.name_size + 1 + 7) & ~(size_t)7;
        out->ino = entry.qid_path != 0 ? entry.qid_path : 1;
        out->next = (int64_t)entry.next;
        out->size = (uint16_t)length;
        out->type = (uint8_t)entry.type;
        memcpy(out->name, name, entry.name_size);
        out->name[entry.name_size] = '\0';
        written += length;
        at += sizeof entry + ((entry.name_size + 7u) & ~7u);
    }
    return written;
}

// "." and "..", which servers do not know, before everything else.
static size_t give_dots(const struct file *file, uint8_t *to)
{
    size_t written = 0;
    for (uint16_t dots = 1; dots <= 2; dots++) {
        struct entry *out = (struct entry *)(to + written);
        *out = (struct entry){.ino = file->p9->qid_path != 0 ? file->p9->qid_path : 1,
                              .size = DOT_SIZE,
                              .type = DT_DIR};
        memcpy(out->name, "..", dots);
        out->name[dots] = '\0';
        written += DOT_SIZE;
    }
    return written;
}

static long list(struct file *file, uint8_t *to, size_t size)
{
    if (!file->dots_told && size >= 2 * DOT_SIZE) {
        file->dots_told = true;
        return (long)give_dots(file, to);
    }
    if (file->is_own_folder) return own_list(file, to, size);
    if (size > 32768) size = 32768;
    uint8_t *buffer = malloc(size);
    if (buffer == nullptr) return -ENOMEM;
    long result = (long)p9_readdir(file->p9, FE_9P_POSITION, buffer, size);
    if (result > 0) result = (long)convert(buffer, (size_t)result, to);
    free(buffer);
    return result;
}

int64_t call_getdents(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long result = -ENOTDIR;
    if (file_is_directory(file)) result = list(file, (uint8_t *)a[1], (size_t)a[2]);
    file_put(file);
    return result;
}

int64_t call_mkdirat(const int64_t *a)
{
    char path[FE_PATH_MAX];
    long error = path_at(a[0], (const char *)a[1], path);
    if (error < 0) return error;
    return p9_mkdir(path, (uint32_t)a[2] & ~context_current()->umask & 07777);
}

int64_t call_mknodat(const int64_t *a)
{
    char path[FE_PATH_MAX];
    long error = path_at(a[0], (const char *)a[1], path);
    if (error < 0) return error;
    uint32_t type = (uint32_t)a[2] & S_IFMT,
             mode = (uint32_t)a[2] & ~context_current()->umask & 07777;
    return p9_mknod(path, (type != 0 ? type : S_IFREG) | mode, (uint64_t)a[3]);
}

int64_t call_unlinkat(const int64_t *a)
{
    char path[FE_PATH_MAX];
    const char *name = (const char *)a[1];
    long error = path_at(a[0], name, path);
    if (error < 0) return error;
    if (a[2] & AT_REMOVEDIR) {
        const char *last = strrchr(name, '/');
        if (strcmp(last == nullptr ? name : last + 1, ".") == 0) return -EINVAL;
        return p9_remove(path, FE_9P_REMOVE_DIRECTORY);
    }
    return p9_remove(path, 0);
}

static long two_paths(const int64_t *a, char *from, char *to)
{
    long error = path_at(a[0], (const char *)a[1], from);
    return error < 0 ? error : path_at(a[2], (const char *)a[3], to);
}

int64_t call_renameat(const int64_t *a)
{
    char from[FE_PATH_MAX], to[FE_PATH_MAX];
    long error = two_paths(a, from, to);
    return error < 0 ? error : p9_rename(from, to);
}

int64_t call_linkat(const int64_t *a)
{
    char from[FE_PATH_MAX], to[FE_PATH_MAX];
    long error = two_paths(a, from, to);
    return error < 0 ? error : p9_link(from, to);
}

int64_t call_symlinkat(const int64_t *a)
{
    char path[FE_PATH_MAX];
    const char *target = (const char *)a[0];
    if (target[0] == '\0') return -ENOENT;
    long error = path_at(a[1], (const char *)a[2], path);
    return error < 0 ? error : p9_symlink(target, path);
}

// As much of it as fits, without NUL.
static long give(const char *path, char *to, size_t capacity)
{
    size_t size = strlen(path);
    if (size > capacity) size = capacity;
    memcpy(to, path, size);
    return (long)size;
}

int64_t call_readlinkat(const int64_t *a)
{
    char path[FE_PATH_MAX];
    long number;
    const char *name = (const char *)a[1];
    if (a[3] <= 0) return -EINVAL;
    if (strcmp(name, "/proc/self/exe") == 0) {
        const char *program = context_current()->program;
        return program == nullptr ? -ENOENT : give(program, (char *)a[2], (size_t)a[3]);
    }
    long error = path_at(a[0], name, path);
    if (error == 0 && own_is_name(path, &number)) // the C library asks so: realpath, ttyname
        return own_target(number, (char *)a[2], (size_t)a[3]);
    return error < 0 ? error : (long)p9_readlink(path, (char *)a[2], (size_t)a[3]);
}

// --- The working directory ---------------------------------------------------------------------

static long set_directory(const char *path)
{
    struct fe_9p_attributes attributes;
    long number, error = 0;
    if (own_is_name(path, &number))
        attributes = own_attributes(number);
    else
        error = p9_stat(path, 0, &attributes);
    if (error < 0) return error;
    if (!S_ISDIR(attributes.mode)) return -ENOTDIR;
    char *copy = strdup(path);
    if (copy == nullptr) return -ENOMEM;
    struct context *context = context_current();
    context_lock();
    char *before = context->directory;
    context->directory = copy;
    context_unlock();
    free(before);
    return 0;
}

int64_t call_chdir(const int64_t *a)
{
    char path[FE_PATH_MAX];
    long error = path_at(AT_FDCWD, (const char *)a[0], path);
    return error < 0 ? error : set_directory(path);
}

int64_t call_fchdir(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long result = -ENOTDIR;
    if (file_is_directory(file) && file->p9->path != nullptr)
        result = set_directory(file->p9->path);
    file_put(file);
    return result;
}

int64_t call_getcwd(const int64_t *a)
{
    const char *directory = context_current()->directory;
    size_t size = strlen(directory) + 1;
    if (size > (size_t)a[1]) return -ERANGE;
    memcpy((char *)a[0], directory, size);
    return (long)size;
}

int64_t call_umask(const int64_t *a)
{
    struct context *context = context_current();
    uint32_t before = context->umask;
    context->umask = (uint32_t)a[0] & 0777;
    return before;
}

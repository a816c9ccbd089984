// SPDX-License-Identifier: MIT
// /proc/mounts as C programs expect it: the mounts of this program's namespace that are file
// systems, one on a line. Only the program itself can tell, so the text is made here and read
// through a pipe.
#include "mounts.h"
#include "call.h"
#include "context.h"
#include <9p/mount.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/namespace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { TEXT_MAX = 60 * 1024 }; // what a pipe holds

// "/proc/self" is a number by now; a process has no other file of that name.
bool mounts_is_path(const char *path, size_t length)
{
    if (path[1] == 'e') return strcmp(path, "/etc/mtab") == 0;
    return path[1] == 'p' && length > 7 && strncmp(path, "/proc/", 6) == 0 &&
           strcmp(path + length - 7, "/mounts") == 0;
}

static bool has_files(const struct p9_mount_entry *entry, const char **path)
{
    struct fe_9p_statfs statistics;
    *path = *entry->path == '\0' ? "/" : entry->path;
    return p9_statfs(*path, &statistics) >= 0 && statistics.blocks != 0;
}

static size_t print_mount(const struct p9_mount_entry *entry, char *to, size_t room)
{
    const char *path;
    if (!has_files(entry, &path)) return 0;
    int size =
        snprintf(to, room, "mount%llu %s 9p rw 0 0\n", (unsigned long long)entry->mount, path);
    return size > 0 && (size_t)size < room ? (size_t)size : 0;
}

// In the order in which they were mounted: of two places with the same files the first counts.
static long print_all(char *text)
{
    struct p9_mounts mounts;
    size_t size = 0;
    int error = p9_mounts_read(fe_namespace_self(), &mounts);
    if (error != 0) return error;
    for (size_t i = 0; i < mounts.count; i++)
        size += print_mount(&mounts.entry[i], text + size, TEXT_MAX - size);
    p9_mounts_free(&mounts);
    return (long)size;
}

static long pipe_with(const char *text, size_t size, long flags)
{
    int ends[2];
    long error = call_pipe2((const int64_t[6]){(long)ends, flags & O_CLOEXEC});
    if (error != 0) return error;
    error = call_write((const int64_t[6]){ends[1], (long)text, (long)size});
    call_close((const int64_t[6]){ends[1]});
    if (error < 0) call_close((const int64_t[6]){ends[0]});
    return error < 0 ? error : ends[0];
}

long mounts_open(long flags)
{
    char *text = malloc(TEXT_MAX);
    if (text == nullptr) return -ENOMEM;
    long size = print_all(text);
    long result = size < 0 ? size : pipe_with(text, (size_t)size, flags);
    free(text);
    return result;
}

// What is not written yet, of every file system that this program can see. sync() has no way to
// tell of errors.
int64_t call_sync(const int64_t *argument)
{
    struct p9_mounts mounts;
    (void)argument;
    if (p9_mounts_read(fe_namespace_self(), &mounts) != 0) return 0;
    for (size_t i = 0; i < mounts.count; i++) {
        const char *path;
        struct p9_file *root;
        if (!has_files(&mounts.entry[i], &path)) continue;
        if (p9_open(path, OPEN_READ | OPEN_DIRECTORY, 0, &root) != 0) continue;
        (void)p9_sync(root);
        p9_close(root);
    }
    p9_mounts_free(&mounts);
    return 0;
}

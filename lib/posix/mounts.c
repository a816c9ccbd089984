// SPDX-License-Identifier: MIT
// /proc/mounts as C programs expect it: the mounts of this program's namespace that are file
// systems, one on a line. Only the program itself can tell, so the text is made here and read
// through a pipe.
#include "mounts.h"
#include "call.h"
#include "context.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/namespace.h>
#include <ferrite/path.h>
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

static size_t print_mount(const char *path, uint64_t mount, char *to, size_t room)
{
    struct fe_9p_statfs statistics;
    if (p9_statfs(path, &statistics) < 0 || statistics.blocks == 0) return 0;
    int size = snprintf(to, room, "mount%llu %s 9p rw 0 0\n", (unsigned long long)mount, path);
    return size > 0 && (size_t)size < room ? (size_t)size : 0;
}

static size_t print_all(char *text)
{
    size_t size = 0;
    for (uint32_t index = 0;; index++) {
        char path[FE_PATH_MAX];
        uint64_t mount;
        size_t length;
        uint32_t flags;
        if (fe_namespace_list(fe_namespace_self(), index, path, sizeof path - 1, &mount, &length,
                              &flags) != OK) {
            return size;
        }
        path[length] = '\0';
        size += print_mount(length == 0 ? "/" : path, mount, text + size, TEXT_MAX - size);
    }
}

long mounts_open(long flags)
{
    int ends[2];
    char *text = malloc(TEXT_MAX);
    long error =
        text == nullptr ? -ENOMEM : call_pipe2((const int64_t[6]){(long)ends, flags & O_CLOEXEC});
    if (error == 0) {
        error = call_write((const int64_t[6]){ends[1], (long)text, (long)print_all(text)});
        call_close((const int64_t[6]){ends[1]});
        if (error < 0) call_close((const int64_t[6]){ends[0]});
    }
    free(text);
    return error < 0 ? error : ends[0];
}

// What is not written yet, of every file system that this program can see.
int64_t call_sync(const int64_t *argument)
{
    (void)argument;
    for (uint32_t index = 0;; index++) {
        char path[FE_PATH_MAX];
        uint64_t mount;
        size_t length;
        uint32_t flags;
        struct fe_9p_statfs statistics;
        struct p9_file *root;
        if (fe_namespace_list(fe_namespace_self(), index, path, sizeof path - 1, &mount, &length,
                              &flags) != OK)
            return 0;
        path[length] = '\0';
        const char *name = length == 0 ? "/" : path;
        if (p9_statfs(name, &statistics) < 0 || statistics.blocks == 0) continue;
        if (p9_open(name, OPEN_READ | OPEN_DIRECTORY, 0, &root) != 0) continue;
        (void)p9_sync(root); // sync() has no way to tell of errors
        p9_close(root);
    }
}

// SPDX-License-Identifier: MIT
// The namespace of a connection: what is mounted at the exported folder and below it, and nothing
// else. Links, also absolute ones, lead nowhere but into it. The process's first namespace is let
// go, so that nothing that a client sends can name what is in it.
#include "exportfs.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/namespace.h>
#include <ferrite/status.h>
#include <string.h>

fe_handle tree;

// Mounts at `path` of the tree what the mount `mount` of our own namespace has below `rest`.
static enum status add(const char *path, uint64_t mount, const char *rest, uint32_t flags)
{
    FE_HANDLE connector = FE_NO_HANDLE;
    char start[FE_PATH_MAX];
    size_t size;
    while (*rest == '/') rest++;
    size_t rest_size = strlen(rest);
    TRY(fe_namespace_session(fe_namespace_self(), mount, start, sizeof start - 1, &connector,
                             &size));
    size = strnlen(start, size); // what follows a NUL is the name that it was mounted from
    if (size + 1 + rest_size >= sizeof start) return ERR_TOO_LARGE;
    if (size != 0 && rest_size != 0) start[size++] = '/';
    memcpy(start + size, rest, rest_size + 1);
    uint64_t made;
    return fe_namespace_attach(tree, path, connector, start, flags, &made);
}

// The mounts that the folder itself lies in, the first of which it is for sure in.
static enum status add_root(const char *folder)
{
    uint64_t mount;
    size_t length;
    for (uint32_t index = 0;; index++) {
        enum status status = fe_namespace_find(FE_NO_HANDLE, folder, index, &mount, &length);
        if (status == ERR_NOT_FOUND && index != 0) return OK;
        if (status != OK) return status;
        TRY(add("/", mount, folder + length, index == 0 ? MOUNT_REPLACE : MOUNT_AFTER));
    }
}

// Those below it, in their order: the first at a path replaces, the others come after.
static enum status add_below(const char *folder)
{
    char path[FE_PATH_MAX], last[FE_PATH_MAX] = "";
    size_t size = strlen(folder), length;
    if (size == 1) size = 0; // "/"
    for (uint32_t index = 0;; index++) {
        uint64_t mount;
        uint32_t flags;
        enum status status = fe_namespace_list(fe_namespace_self(), index, path, sizeof path - 1,
                                               &mount, &length, &flags);
        if (status == ERR_NOT_FOUND) return OK;
        if (status != OK) return status;
        path[length] = '\0';
        if (length <= size + 1 || memcmp(path, folder, size) != 0 || path[size] != '/') continue;
        bool is_first = strcmp(path, last) != 0;
        strcpy(last, path);
        uint32_t order = is_first ? MOUNT_REPLACE : MOUNT_AFTER;
        TRY(add(path + size, mount, "", order | (flags & MOUNT_CREATE)));
    }
}

int tree_use(const char *folder)
{
    enum status status = fe_namespace_create(&tree);
    if (status == OK) status = add_root(folder);
    if (status == OK) status = add_below(folder);
    if (status == OK) status = fe_handle_close(fe_namespace_self());
    p9_namespace_set(tree);
    return -fe_status_errno(status);
}

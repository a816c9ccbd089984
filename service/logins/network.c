// SPDX-License-Identifier: MIT
// The user's network, for who forwards ports: a namespace with what is at /net in the user's, and
// with pipes. What it leads to acts for the user. There is one for a conversation, as things were
// when it was first asked for.
#include "logins.h"

#include <9p/mount.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/status.h>
#include <string.h>

static bool is_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

// Takes everything else away. Whether a network is left is told.
static int take_others(fe_handle name_space, bool *is_there)
{
    struct p9_mounts mounts;
    enum status status = OK;
    int result = p9_mounts_read(name_space, &mounts);
    for (size_t i = 0; i < mounts.count && status == OK; i++) {
        const struct p9_mount_entry *entry = &mounts.entry[i];
        bool is_network = is_in(entry->path, "/net");
        *is_there |= strcmp(entry->path, "/net") == 0;
        if (is_network || is_in(entry->path, "/srv/pipe")) continue;
        status = fe_namespace_unmount(name_space, entry->path, strlen(entry->path), entry->mount);
    }
    p9_mounts_free(&mounts);
    return status == OK ? result : -fe_status_errno(status);
}

static int make(fe_handle of, fe_handle *result)
{
    FE_HANDLE all = FE_NO_HANDLE;
    bool is_there = false;
    enum status status = fe_namespace_clone(of, &all);
    if (status != OK) return -fe_status_errno(status);
    int error = take_others(all, &is_there);
    if (error == 0 && !is_there) error = -ENOENT;
    if (error == 0) *result = fe_handle_take(&all);
    return error;
}

int64_t network_give(struct work *work)
{
    constexpr uint32_t rights = RIGHT_TRANSFER | RIGHT_NAMESPACE_RESOLVE;
    struct conversation *conversation = work->conversation;
    if (!conversation->is_proved) return -EPERM;
    int result = run_enter(conversation);
    if (result == 0 && conversation->network == FE_NO_HANDLE)
        result = make(conversation->name_space, &conversation->network);
    if (result != 0) return result;
    enum status status = fe_handle_duplicate(conversation->network, rights, &work->handle);
    return status == OK ? 0 : -fe_status_errno(status);
}

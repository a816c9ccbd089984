// SPDX-License-Identifier: MIT
// The namespace of a connection: what is at the exported folder and below it, and nothing else.
// Links, also absolute ones, lead nowhere but into it. The process's first namespace is let go, so
// that nothing that a client sends can name what is in it.
#include "exportfs.h"

#include <9p/mount.h>
#include <abi/syscalls.h>
#include <ferrite/namespace.h>
#include <ferrite/status.h>

fe_handle tree;

int tree_use(const char *folder)
{
    struct p9_parts parts;
    enum status status = fe_namespace_create(&tree);
    if (status != OK) return -fe_status_errno(status);
    int result = p9_parts_find(folder, &parts);
    p9_namespace_set(tree);
    if (result == 0) result = p9_parts_mount(&parts, "/", MOUNT_REPLACE);
    p9_parts_free(&parts);
    if (result != 0) return result;
    return -fe_status_errno(fe_handle_close(fe_namespace_self()));
}

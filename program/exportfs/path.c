// SPDX-License-Identifier: MIT
// Paths of fids, and the numbers by which clients know files.
#include "exportfs.h"

#include <ferrite/namespace.h>
#include <string.h>

int path_join(char path[FE_PATH_MAX], struct wire_text name)
{
    size_t size = strlen(path);
    if (!wire_is_name(name)) return -EINVAL;
    if (size == 1) size = 0; // "/"
    if (size + 1 + name.size >= FE_PATH_MAX) return -ENAMETOOLONG;
    path[size] = '/';
    memcpy(path + size + 1, name.text, name.size);
    path[size + 1 + name.size] = '\0';
    return 0;
}

// Servers number their files each for itself; clients expect one number for one file in all of what
// is exported, so the mount goes into it.
uint64_t qid_number(const char *path, uint64_t number)
{
    uint64_t mount = 0;
    size_t length;
    if (fe_namespace_find(tree, path, 0, &mount, &length) != OK) return number;
    return number ^ mount * 0x9e3779b97f4a7c15;
}

void qid_put(struct worker *worker, uint32_t at, const char *path, uint64_t kind, uint64_t number)
{
    worker->reply.number[at] = kind & (QID_DIRECTORY | QID_LINK);
    worker->reply.number[at + 1] = kind >> 32;
    worker->reply.number[at + 2] = qid_number(path, number);
}

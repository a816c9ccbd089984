// SPDX-License-Identifier: MIT
// given UID PATH PROGRAM...: what is at PATH, bound to that user, is /net for the program. For user
// 0, who can give a part of the network so: see test/scenario/reserved.py. Called by unshare, whose
// namespace it changes.
#include <9p/client.h>
#include <9p/mount.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int give(const char *path, uint32_t uid)
{
    struct p9_parts parts;
    const struct p9_user user = {.uid = uid, .gid = uid};
    FE_HANDLE bound = FE_NO_HANDLE;
    int result = p9_parts_find(path, &parts);
    if (result == 0) result = p9_identify(parts.part[0].session, &user, &bound);
    if (result == 0) result = p9_mount(bound, "", "/net", MOUNT_REPLACE);
    p9_parts_free(&parts);
    return result;
}

int main(int count, char **arguments)
{
    if (count < 4) return 2;
    int result = give(arguments[2], (uint32_t)strtoul(arguments[1], nullptr, 10));
    errno = -result;
    if (result == 0) execvp(arguments[3], arguments + 3);
    perror("given");
    return 126;
}

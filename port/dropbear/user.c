// SPDX-License-Identifier: MIT
// What the server asks of the system about users and addresses; see seam.h.
#include "seam.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct passwd *seam_user(const char *name)
{
    static char text[64];
    static struct passwd user = {
        .pw_name = text, .pw_passwd = "*", .pw_dir = "/", .pw_shell = "/bin/sh"};
    if (strlen(name) >= sizeof text) return NULL;
    snprintf(text, sizeof text, "%s", name);
    user.pw_uid = getuid();
    user.pw_gid = getgid();
    return &user;
}

int seam_address(int descriptor, struct sockaddr *address, socklen_t *size)
{
    struct sockaddr_in none = {.sin_family = AF_INET};
    if (*size < sizeof none) {
        errno = EINVAL;
        return -1;
    }
    memcpy(address, &none, sizeof none);
    *size = sizeof none;
    return 0;
}

int seam_own_address(int descriptor, struct sockaddr *address, socklen_t *size)
{
    if (descriptor == STDIN_FILENO || descriptor == STDOUT_FILENO)
        return seam_address(descriptor, address, size);
    return (getsockname)(descriptor, address, size);
}

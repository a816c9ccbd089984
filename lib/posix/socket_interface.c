// SPDX-License-Identifier: MIT
// Names and numbers of interfaces, as the C library asks for them (if_nametoindex): one more than
// the interface's number in /net/ipifc, and the first word of its status.
#include "context.h"
#include "socket_internal.h"
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum : int { MOST = 255 }; // interfaces

static long name_read(int index, char name[IF_NAMESIZE])
{
    char path[40], text[IF_NAMESIZE];
    struct p9_file *file;
    if (index < 1 || index > MOST) return -ENODEV;
    snprintf(path, sizeof path, "/net/ipifc/%d/status", index - 1);
    long error = p9_open(path, OPEN_READ, 0, &file);
    if (error < 0) return -ENODEV;
    int64_t size = p9_read(file, 0, text, sizeof text);
    p9_close(file);
    const char *end = size > 0 ? memchr(text, ' ', (size_t)size) : nullptr;
    if (end == nullptr) return -ENODEV;
    memset(name, 0, IF_NAMESIZE);
    memcpy(name, text, (size_t)(end - text));
    return 0;
}

long socket_interface(uint32_t request, struct ifreq *answer)
{
    char name[IF_NAMESIZE];
    if (request == SIOCGIFNAME) return name_read(answer->ifr_ifindex, answer->ifr_name);
    for (int i = 1; i <= MOST; i++) {
        if (name_read(i, name) < 0 || strncmp(name, answer->ifr_name, IF_NAMESIZE) != 0) continue;
        answer->ifr_ifindex = i;
        return 0;
    }
    return -ENODEV;
}

// SPDX-License-Identifier: MIT
// The port, by the files of net(4): a process gets the connection's data file and no way to make
// another one.
#include "sshd.h"

#include <dial/dial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int command(struct p9_file *control, const char *text)
{
    int64_t written = p9_write(control, 0, text, strlen(text));
    return written < 0 ? (int)written : 0;
}

int listen_announce(uint16_t port, char folder[ADDRESS_SIZE], struct p9_file **control)
{
    enum : int { BACKLOG = 64 }; // a burst of calls is longer than a process takes to start
    char bind[32], announce[32];
    snprintf(bind, sizeof bind, "bind *!%u", port);
    snprintf(announce, sizeof announce, "announce %d", BACKLOG);
    int result = p9_open("/net/tcp/clone", OPEN_READ_WRITE, 0, control);
    if (result != 0) return result;
    result = dial_folder(*control, "tcp", folder);
    if (result == 0) result = command(*control, "set reuse 1");
    if (result == 0) result = command(*control, bind);
    if (result == 0) result = command(*control, announce);
    if (result != 0) p9_close(*control);
    return result;
}

// The address of the form address!port, without the port.
static void read_peer(const char *folder, char peer[ADDRESS_SIZE])
{
    char path[ADDRESS_SIZE + 16];
    struct p9_file *file;
    int64_t size = 0;
    snprintf(path, sizeof path, "%s/remote", folder);
    if (p9_open(path, OPEN_READ, 0, &file) == 0) {
        size = p9_read(file, 0, peer, ADDRESS_SIZE - 1);
        p9_close(file);
    }
    peer[size > 0 ? size : 0] = '\0';
    peer[strcspn(peer, "!\n")] = '\0';
}

static int open_data(struct p9_file *control, struct call *call)
{
    char folder[ADDRESS_SIZE], path[ADDRESS_SIZE + 16];
    int result = dial_folder(control, "tcp", folder);
    if (result != 0) return result;
    read_peer(folder, call->peer);
    (void)command(control, "set nodelay 1");
    (void)command(control, "set keepalive 1");
    snprintf(path, sizeof path, "%s/data", folder);
    return p9_open(path, OPEN_READ_WRITE, 0, &call->data);
}

int listen_take(const char *folder, struct call *call)
{
    char path[ADDRESS_SIZE + 16];
    struct p9_file *control;
    snprintf(path, sizeof path, "%s/listen", folder);
    int result = p9_open(path, OPEN_READ_WRITE, 0, &control);
    if (result != 0) return result;
    result = open_data(control, call);
    p9_close(control);
    return result;
}

// SPDX-License-Identifier: MIT
// Sockets: conversations of the IP service, as files below /net (net/net.h tells their contract). A
// socket is a conversation's ctl file, and its data file as soon as there is something to move.
// Datagram sockets always read and write with headers, so that any number of peers can be spoken
// to.
#include "socket.h"
#include "call.h"
#include "context.h"
#include "file.h"
#include "socket_internal.h"
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *protocol_of(int domain, int type, long protocol)
{
    bool is_six = domain == AF_INET6;
    if (domain != AF_INET && !is_six) return nullptr;
    switch (type) {
    case SOCK_STREAM: return protocol == 0 || protocol == IPPROTO_TCP ? "tcp" : nullptr;
    case SOCK_DGRAM:
        if (protocol == IPPROTO_ICMP) return "icmp";
        if (protocol == IPPROTO_ICMPV6) return "icmpv6";
        return protocol == 0 || protocol == IPPROTO_UDP ? "udp" : nullptr;
    case SOCK_RAW:
        if (protocol == IPPROTO_ICMP) return "icmp";
        return protocol == IPPROTO_ICMPV6 ? "icmpv6" : nullptr;
    default: return nullptr;
    }
}

// A ctl file tells its conversation's number.
static long read_number(struct p9_file *control)
{
    char text[16];
    int64_t count = p9_read(control, 0, text, sizeof text - 1);
    if (count <= 0) return count < 0 ? (long)count : -EIO;
    text[count] = '\0';
    return strtol(text, nullptr, 10);
}

static struct socket *create(struct p9_file *control, int domain, int type, const char *protocol)
{
    struct socket *socket = calloc(1, sizeof *socket);
    long number = read_number(control);
    if (socket == nullptr || number < 0) {
        free(socket);
        return nullptr;
    }
    socket->control = control;
    socket->domain = domain;
    socket->type = type;
    snprintf(socket->directory, sizeof socket->directory, "/net/%s/%ld", protocol, number);
    return socket;
}

long socket_file(struct p9_file *control, const struct socket *kind, int flags)
{
    const char *protocol = kind->protocol;
    struct socket *socket = create(control, kind->domain, kind->type, protocol);
    if (socket == nullptr) {
        p9_close(control);
        return -ENOMEM;
    }
    socket->protocol = protocol;
    struct file *file = file_create(nullptr, O_RDWR | (flags & SOCK_NONBLOCK ? O_NONBLOCK : 0));
    if (file == nullptr) {
        socket_destroy(socket);
        return -ENOMEM;
    }
    file->socket = socket;
    return file_install(file, flags & SOCK_CLOEXEC ? O_CLOEXEC : 0);
}

int64_t call_socket(const int64_t *a)
{
    int type = (int)a[1] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (a[0] == AF_UNIX) return local_socket(a);
    struct socket kind = {.domain = (int)a[0], .type = type};
    kind.protocol = protocol_of(kind.domain, type, a[2]);
    if (kind.protocol == nullptr) {
        return a[0] == AF_INET || a[0] == AF_INET6 ? -EPROTONOSUPPORT : -EAFNOSUPPORT;
    }
    char path[32];
    struct p9_file *control;
    snprintf(path, sizeof path, "/net/%s/clone", kind.protocol);
    uint32_t flags = OPEN_READ_WRITE | (a[1] & SOCK_NONBLOCK ? OPEN_NONBLOCK : 0);
    long error = p9_open(path, flags, 0, &control);
    if (error < 0) return error == -ENOENT ? -EAFNOSUPPORT : error;
    return socket_file(control, &kind, (int)a[1]);
}

void socket_destroy(struct socket *socket)
{
    p9_close(socket->control);
    p9_close(socket->former);
    p9_close(socket->target);
    free(socket->name);
    free(socket->peeked);
    free(socket);
}

struct p9_file *socket_control_file(const struct socket *socket)
{
    return socket->control;
}

long socket_command(struct socket *socket, const char *text)
{
    int64_t count = p9_write(socket->control, 0, text, strlen(text));
    return count < 0 ? (long)count : 0;
}

long socket_open_data(struct file *file)
{
    struct socket *socket = file->socket;
    char path[64];
    if (file->p9 != nullptr) return 0;
    snprintf(path, sizeof path, "%s/data", socket->directory);
    if (socket->type != SOCK_STREAM) {
        long error = socket_command(socket, "headers");
        if (error < 0) return error;
    }
    uint32_t flags = OPEN_READ_WRITE | (file->flags & O_NONBLOCK ? OPEN_NONBLOCK : 0);
    long error = p9_open(path, flags, 0, &file->p9);
    if (error == 0) file->p9->qid_kind |= QID_DEVICE; // it waits, and signals end that
    return error;
}

long socket_read_file(const struct socket *socket, const char *name, char *to, size_t capacity)
{
    char path[64];
    struct p9_file *file;
    snprintf(path, sizeof path, "%s/%s", socket->directory, name);
    long error = p9_open(path, OPEN_READ, 0, &file);
    if (error < 0) return error;
    int64_t count = p9_read(file, 0, to, capacity - 1);
    p9_close(file);
    if (count < 0) return (long)count;
    to[count] = '\0';
    return 0;
}

int socket_poll(struct file *file, uint32_t events, fe_handle event, uint64_t bits)
{
    struct socket *socket = file->socket;
    if (socket->peeked_size != 0 && (events & READY_IN)) return READY_IN;
    return p9_poll(file->p9 != nullptr ? file->p9 : socket->control, events, event, bits);
}

struct socket *socket_of(long descriptor, struct file **file, long *error)
{
    *file = file_hold(descriptor);
    *error = -EBADF;
    if (*file == nullptr) return nullptr;
    *error = -ENOTSOCK;
    if ((*file)->socket != nullptr) return (*file)->socket;
    file_put(*file);
    return nullptr;
}

// --- To a child and back -----------------------------------------------------------------------

static const char *const protocols[] = {"tcp", "udp", "icmp", "icmpv6"};

void socket_describe(const struct socket *socket, struct inherit_file *entry)
{
    entry->kind = INHERIT_SOCKET;
    entry->control = socket->control != nullptr ? socket->control->fid : FE_9P_NO_FID;
    entry->attributes = (uint32_t)socket->domain | (uint32_t)socket->type << 8;
    if (socket->is_connected) entry->attributes |= 1u << 24;
    if (socket_is_local(socket)) return;
    for (uint32_t i = 0; i < 4; i++) {
        if (strcmp(protocols[i], socket->protocol) == 0) entry->attributes |= i << 16;
    }
}

struct socket *socket_adopt(struct p9_file *control, const struct inherit_file *entry)
{
    const char *protocol = protocols[entry->attributes >> 16 & 3];
    int domain = (int)(entry->attributes & 0xff), type = (int)(entry->attributes >> 8 & 0xff);
    bool is_local = control == nullptr;
    struct socket *socket = is_local ? local_create(type) : create(control, domain, type, protocol);
    if (socket == nullptr) {
        p9_close(control);
        return nullptr;
    }
    if (!is_local) socket->protocol = protocol;
    socket->is_connected = (entry->attributes >> 24 & 1) != 0;
    return socket;
}

// --- Names -------------------------------------------------------------------------------------

int64_t call_bind(const int64_t *a)
{
    char command[96];
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    if (socket_is_local(socket)) {
        error = local_bind(file, (const void *)a[1], (size_t)a[2]);
    } else {
        error = address_command("bind", (const void *)a[1], (size_t)a[2], command);
        if (error == 0) error = socket_command(socket, command);
    }
    file_put(file);
    return error;
}

// A datagram socket has no peer from now on; of a stream, both ends and what is under way are gone.
static long disconnect(struct socket *socket)
{
    long error = socket_command(socket, "hangup");
    if (error == 0) socket->is_connected = false;
    return error;
}

static long connect_over_net(struct file *file, const void *address, size_t size)
{
    char command[96];
    struct socket *socket = file->socket;
    const struct sockaddr *asked = address;
    if (size >= sizeof asked->sa_family && asked->sa_family == AF_UNSPEC) return disconnect(socket);
    long error = address_command("connect", address, size, command);
    if (error == 0) error = socket_command(socket, command);
    if (error < 0 && error != -EINPROGRESS) return error;
    socket->is_connected = true;
    if (socket->type != SOCK_STREAM) socket->peer = address_of(address);
    long opened = socket_open_data(file);
    return opened < 0 ? opened : error;
}

int64_t call_connect(const int64_t *a)
{
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    error = socket_is_local(socket) ? local_connect(file, (const void *)a[1], (size_t)a[2])
                                    : connect_over_net(file, (const void *)a[1], (size_t)a[2]);
    file_put(file);
    return error == -EINTR ? RESTART : error;
}

static long listen_over_net(struct socket *socket, int backlog)
{
    char command[32];
    snprintf(command, sizeof command, "announce %d", backlog > 0 ? backlog : 1);
    return socket->type == SOCK_STREAM ? socket_command(socket, command) : -EOPNOTSUPP;
}

int64_t call_listen(const int64_t *a)
{
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    error = socket_is_local(socket) ? local_listen(file, (int)a[1])
                                    : listen_over_net(socket, (int)a[1]);
    file_put(file);
    return error;
}

static long name_of(const struct socket *socket, const char *which, void *to, uint32_t *size)
{
    char text[96];
    long error = socket_read_file(socket, which, text, sizeof text);
    if (error < 0) return error;
    return address_from_text(socket->domain, text, to, size);
}

static long tell_name(const int64_t *a, const char *which)
{
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    error = socket_is_local(socket)
                ? local_tell_name(socket, which[0] == 'l', (void *)a[1], (uint32_t *)a[2])
                : name_of(socket, which, (void *)a[1], (uint32_t *)a[2]);
    file_put(file);
    return error;
}

int64_t call_getsockname(const int64_t *a)
{
    return tell_name(a, "local");
}

int64_t call_getpeername(const int64_t *a)
{
    return tell_name(a, "remote");
}

int64_t call_accept4(const int64_t *a)
{
    char path[64];
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    if (socket_is_local(socket)) {
        error = local_accept(file, (int)a[3]);
        file_put(file);
        if (error >= 0 && a[1] != 0) local_give_name(nullptr, 0, (void *)a[1], (uint32_t *)a[2]);
        return error;
    }
    struct p9_file *control;
    snprintf(path, sizeof path, "%s/listen", socket->directory);
    uint32_t flags = OPEN_READ_WRITE | (file->flags & O_NONBLOCK ? OPEN_NONBLOCK : 0);
    error = p9_open(path, flags, 0, &control);
    struct socket kind = {
        .domain = socket->domain, .type = SOCK_STREAM, .protocol = socket->protocol};
    file_put(file);
    if (error < 0) return error == -EINTR ? RESTART : error;
    long number = socket_file(control, &kind, (int)a[3]);
    if (number < 0) return number;
    file = file_hold(number);
    if (file == nullptr) return -EBADF;
    file->socket->is_connected = true;
    error = socket_open_data(file);
    if (error == 0 && a[1] != 0) {
        error = name_of(file->socket, "remote", (void *)a[1], (uint32_t *)a[2]);
        if (error == -ENOTCONN) error = 0;
    }
    file_put(file);
    if (error < 0) call_close((const int64_t[6]){number});
    return error < 0 ? error : number;
}

int64_t call_accept(const int64_t *a)
{
    return call_accept4((const int64_t[6]){a[0], a[1], a[2]});
}

int64_t call_shutdown(const int64_t *a)
{
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    error = socket->is_connected ? 0 : -ENOTCONN;
    if (socket_is_local(socket))
        error = local_shutdown(file, (int)a[1]);
    else if (error == 0 && a[1] != SHUT_RD)
        error = socket_command(socket, "shutdown");
    file_put(file);
    return error;
}

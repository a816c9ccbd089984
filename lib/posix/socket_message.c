// SPDX-License-Identifier: MIT
// Moving bytes and datagrams over sockets, and their options.
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "file.h"
#include "signals.h"
#include "socket.h"
#include "socket_internal.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/clock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

enum : size_t { DATAGRAM_MAX = 65536, PEEK_MAX = 4096 };

long socket_wait(struct file *file, uint32_t events, int flags, uint64_t timeout)
{
    if (file->flags & O_NONBLOCK) return 0; // the server says EAGAIN by itself
    if ((flags & MSG_DONTWAIT) == 0 && timeout == 0) return 0;
    struct thread *thread = thread_self();
    fe_handle event = FE_NO_HANDLE;
    if ((flags & MSG_DONTWAIT) == 0 && thread_event(thread, &event) != OK) return -ENOMEM;
    uint64_t deadline = fe_clock_after(timeout), bits;
    for (;;) {
        int ready = socket_poll(file, events, event, 1);
        if (ready != 0) return ready < 0 ? ready : 0;
        if (flags & MSG_DONTWAIT) return -EAGAIN;
        enum status status = fe_event_wait(event, 1, deadline, &bits);
        if (status == ERR_TIMED_OUT) return -EAGAIN;
        if (status == ERR_INTERRUPTED && signal_ended_wait(thread)) return RESTART_UNLESS_HANDLED;
    }
}

static long ready_stream(struct file *file)
{
    if (!file->socket->is_connected) return -ENOTCONN;
    return socket_open_data(file);
}

static long take_peeked(struct socket *socket, void *to, size_t count, bool keep)
{
    if (count > socket->peeked_size) count = socket->peeked_size;
    memcpy(to, socket->peeked, count);
    if (keep) return (long)count;
    memmove(socket->peeked, socket->peeked + count, socket->peeked_size - count);
    socket->peeked_size -= count;
    return (long)count;
}

static long fill_peeked(struct file *file)
{
    struct socket *socket = file->socket;
    if (socket->peeked == nullptr) socket->peeked = malloc(PEEK_MAX);
    if (socket->peeked == nullptr) return -ENOMEM;
    int64_t count = p9_read(file->p9, FE_9P_POSITION, socket->peeked, PEEK_MAX);
    if (count > 0) socket->peeked_size = (size_t)count;
    return (long)count;
}

static long receive_stream(struct file *file, void *to, size_t count, int flags)
{
    struct socket *socket = file->socket;
    long error = ready_stream(file), done = 0;
    if (error < 0) return error;
    do {
        if (socket->peeked_size == 0) {
            error = socket_wait(file, READY_IN, flags, socket->receive_timeout);
            if (error < 0) break;
            if (flags & MSG_PEEK) error = fill_peeked(file);
            if (error < 0 || ((flags & MSG_PEEK) && error == 0)) break;
        }
        error =
            socket->peeked_size != 0
                ? take_peeked(socket, (char *)to + done, count - (size_t)done, flags & MSG_PEEK)
                : (long)p9_read(file->p9, FE_9P_POSITION, (char *)to + done, count - (size_t)done);
        if (error <= 0) break;
        done += error;
    } while ((flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL && (size_t)done < count);
    // At the end; bytes that came before are read first.
    if (done == 0 && error == 0 && count != 0) error = p9_late_error(file->p9);
    return done > 0 ? done : error;
}

static long send_stream(struct file *file, const void *from, size_t count, int flags)
{
    long error = ready_stream(file);
    if (error == 0) error = p9_late_error(file->p9);
    if (error == 0) error = socket_wait(file, READY_OUT, flags, file->socket->send_timeout);
    return error < 0 ? error : (long)p9_write(file->p9, FE_9P_POSITION, from, count);
}

// --- Datagrams ---------------------------------------------------------------------------------

struct envelope {
    struct net_datagram header;
    uint8_t data[];
};

// By its first byte, ICMPv6's type.
static bool is_blocked(const struct socket *socket, const struct envelope *envelope, int64_t size)
{
    if (size <= (int64_t)sizeof envelope->header) return false;
    uint32_t word, type = envelope->data[0];
    memcpy(&word, socket->blocked + type / 32 * 4, sizeof word);
    return (word >> type % 32 & 1) != 0;
}

// Gives the bytes (cut, and told so by MSG_TRUNC in *flags) and where they came from.
static long receive_datagram(struct file *file, struct iovec *part, int *flags,
                             struct address *from)
{
    long error = socket_open_data(file);
    if (error == 0) error = socket_wait(file, READY_IN, *flags, file->socket->receive_timeout);
    if (error < 0) return error;
    struct envelope *envelope = malloc(DATAGRAM_MAX);
    if (envelope == nullptr) return -ENOMEM;
    int64_t count;
    do {
        count = p9_read(file->p9, FE_9P_POSITION, envelope, DATAGRAM_MAX);
    } while (is_blocked(file->socket, envelope, count));
    if (count >= 0 && (size_t)count < sizeof envelope->header) count = -EIO;
    if (count >= 0) {
        size_t size = (size_t)count - sizeof envelope->header;
        int wanted = *flags;
        *flags = size > part->iov_len ? MSG_TRUNC : 0;
        count =
            wanted & MSG_TRUNC || size <= part->iov_len ? (int64_t)size : (int64_t)part->iov_len;
        memcpy(part->iov_base, envelope->data, size < part->iov_len ? size : part->iov_len);
        *from = (struct address){.port = envelope->header.remote_port,
                                 .version = envelope->header.version,
                                 .hops = envelope->header.hops,
                                 .scope = envelope->header.scope};
        memcpy(from->bytes, envelope->header.remote, sizeof from->bytes);
    }
    free(envelope);
    return (long)count;
}

static long send_datagram(struct file *file, const struct iovec *part, int flags,
                          const struct address *to)
{
    if (to->version == 0) return -EDESTADDRREQ;
    if (part->iov_len > DATAGRAM_MAX - sizeof(struct net_datagram)) return -EMSGSIZE;
    long error = socket_open_data(file);
    if (error == 0) error = socket_wait(file, READY_OUT, flags, file->socket->send_timeout);
    if (error < 0) return error;
    size_t size = sizeof(struct net_datagram) + part->iov_len;
    struct envelope *envelope = malloc(size);
    if (envelope == nullptr) return -ENOMEM;
    envelope->header =
        (struct net_datagram){.remote_port = to->port, .version = to->version, .scope = to->scope};
    memcpy(envelope->header.remote, to->bytes, sizeof to->bytes);
    memcpy(envelope->data, part->iov_base, part->iov_len);
    int64_t count = p9_write(file->p9, FE_9P_POSITION, envelope, size);
    free(envelope);
    return count < 0 ? (long)count : (long)part->iov_len;
}

// --- Both --------------------------------------------------------------------------------------

// `message`: nullptr, or what else is wanted. Where an address came it is there, or in *from.
static long receive_part(struct file *file, struct iovec *part, int *flags, struct msghdr *message,
                         struct address *from)
{
    long result;
    if (socket_is_local(file->socket)) {
        result = local_receive(file, part, flags, message);
    } else if (file->socket->type == SOCK_STREAM) {
        result = receive_stream(file, part->iov_base, part->iov_len, *flags);
        *flags = 0;
    } else {
        result = receive_datagram(file, part, flags, from);
    }
    return result == -EINTR ? RESTART : result;
}

// `message`: nullptr, or what goes along, and where to.
static long send_part(struct file *file, const struct iovec *part, int flags,
                      const struct msghdr *message)
{
    struct socket *socket = file->socket;
    long result;
    if (socket_is_local(socket)) {
        result = local_send(file, part, flags, message);
    } else if (socket->type == SOCK_STREAM) {
        result = send_stream(file, part->iov_base, part->iov_len, flags);
    } else {
        struct address to = {};
        if (message != nullptr && message->msg_name != nullptr) to = address_of(message->msg_name);
        result = send_datagram(file, part, flags, to.version != 0 ? &to : &socket->peer);
    }
    if (result == -EPIPE && (flags & MSG_NOSIGNAL) == 0) signal_send_thread(thread_self(), SIGPIPE);
    return result == -EINTR ? RESTART : result;
}

long socket_read(struct file *file, void *to, size_t count)
{
    struct iovec part = {to, count};
    struct address from = {};
    int flags = 0;
    return receive_part(file, &part, &flags, nullptr, &from);
}

// The caller raises SIGPIPE.
long socket_write(struct file *file, const void *from, size_t count)
{
    struct iovec part = {(void *)from, count};
    return send_part(file, &part, MSG_NOSIGNAL, nullptr);
}

int64_t call_sendto(const int64_t *a)
{
    struct file *file;
    long error;
    if (socket_of(a[0], &file, &error) == nullptr) return error;
    struct iovec part = {(void *)a[1], (size_t)a[2]};
    struct msghdr message = {.msg_name = (void *)a[4], .msg_namelen = (socklen_t)a[5]};
    long result = send_part(file, &part, (int)a[3], &message);
    file_put(file);
    return result;
}

int64_t call_recvfrom(const int64_t *a)
{
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    struct iovec part = {(void *)a[1], (size_t)a[2]};
    struct address from = {};
    int flags = (int)a[3];
    struct msghdr message = {.msg_name = (void *)a[4]};
    if (a[4] != 0) message.msg_namelen = *(uint32_t *)a[5];
    long result = receive_part(file, &part, &flags, &message, &from);
    if (result >= 0 && a[4] != 0) {
        if (from.version != 0)
            address_give(socket->domain, &from, (void *)a[4], (uint32_t *)a[5]);
        else
            *(uint32_t *)a[5] = socket_is_local(socket) ? message.msg_namelen : 0;
    }
    file_put(file);
    return result;
}

// Several buffers become one; the C library's messages of several are small.
static void *join(const struct msghdr *message, struct iovec *part, bool copy)
{
    size_t size = 0;
    for (int i = 0; i < (int)message->msg_iovlen; i++) size += message->msg_iov[i].iov_len;
    uint8_t *joined = malloc(size + 1);
    size_t at = 0;
    for (int i = 0; i < (int)message->msg_iovlen && joined != nullptr && copy; i++) {
        memcpy(joined + at, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        at += message->msg_iov[i].iov_len;
    }
    *part = (struct iovec){joined, size};
    return joined;
}

int64_t call_sendmsg(const int64_t *a)
{
    const struct msghdr *message = (const struct msghdr *)a[1];
    struct file *file;
    struct iovec part;
    long error;
    if (socket_of(a[0], &file, &error) == nullptr) return error;
    void *joined = join(message, &part, true);
    struct msghdr whole = *message;
    if (whole.msg_namelen == 0) whole.msg_name = nullptr;
    long result = joined == nullptr ? -ENOMEM : send_part(file, &part, (int)a[2], &whole);
    free(joined);
    file_put(file);
    return result;
}

static void scatter(const uint8_t *from, size_t size, struct msghdr *message)
{
    for (int i = 0; i < (int)message->msg_iovlen && size != 0; i++) {
        size_t count = message->msg_iov[i].iov_len < size ? message->msg_iov[i].iov_len : size;
        memcpy(message->msg_iov[i].iov_base, from, count);
        from += count;
        size -= count;
    }
}

// The size of the address that is in the message now.
static uint32_t give_sender(const struct socket *socket, const struct address *from,
                            struct msghdr *message)
{
    uint32_t size = message->msg_namelen;
    if (socket_is_local(socket)) return message->msg_name == nullptr ? 0 : size;
    if (message->msg_name == nullptr || from->version == 0) return 0;
    address_give(socket->domain, from, message->msg_name, &size);
    return size;
}

// The size of what goes along.
static socklen_t give_hops(const struct socket *socket, const struct address *from,
                           const struct msghdr *message, int *flags)
{
    struct cmsghdr *to = message->msg_control;
    if (socket->hops_kind == 0 || from->version == 0) return 0;
    if (to == nullptr || message->msg_controllen < CMSG_LEN(sizeof(int))) {
        *flags |= MSG_CTRUNC;
        return 0;
    }
    *to = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = socket->hops_kind == IP_TTL ? IPPROTO_IP : IPPROTO_IPV6,
                           .cmsg_type = socket->hops_kind};
    memcpy(CMSG_DATA(to), &(int){from->hops}, sizeof(int));
    return message->msg_controllen < CMSG_SPACE(sizeof(int)) ? CMSG_LEN(sizeof(int))
                                                             : CMSG_SPACE(sizeof(int));
}

int64_t call_recvmsg(const int64_t *a)
{
    struct msghdr *message = (struct msghdr *)a[1];
    struct file *file;
    struct iovec part;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    void *joined = join(message, &part, false);
    struct address from = {};
    int flags = (int)a[2];
    struct msghdr whole = *message;
    long result = joined == nullptr ? -ENOMEM : receive_part(file, &part, &flags, &whole, &from);
    if (result >= 0) {
        scatter(joined, (size_t)result < part.iov_len ? (size_t)result : part.iov_len, message);
        message->msg_controllen = socket_is_local(socket)
                                      ? whole.msg_controllen
                                      : give_hops(socket, &from, &whole, &flags);
        message->msg_flags = flags;
        message->msg_namelen = give_sender(socket, &from, &whole);
    }
    free(joined);
    file_put(file);
    return result;
}

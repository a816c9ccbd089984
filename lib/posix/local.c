// SPDX-License-Identifier: MIT
// Local sockets (AF_UNIX), which the pipe service makes: pairs here, others in local_name.c. Each
// is one open file of it, so that children get them as they get pipes. Reading and writing is that
// of files; what has flags goes by requests of its own.
#include "call.h"
#include "file.h"
#include "pipe.h"
#include "socket.h"
#include "socket_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)SOCK_STREAM == SOCKET_STREAM && (int)SOCK_DGRAM == SOCKET_DATAGRAM);
static_assert((int)SOCK_SEQPACKET == SOCKET_PACKETS);
static_assert(SHUT_RD == SHUTDOWN_READ && SHUT_WR == SHUTDOWN_WRITE && SHUT_RDWR == SHUTDOWN_BOTH);

struct socket *local_create(int type)
{
    struct socket *socket = calloc(1, sizeof *socket);
    if (socket == nullptr) return nullptr;
    socket->domain = AF_UNIX;
    socket->type = type;
    return socket;
}

// --- Receiving ---------------------------------------------------------------------------------

static long receive_by_wish(struct file *file, const struct iovec *part, int *flags)
{
    size_t capacity = part->iov_len < FE_9P_DATA_MAX ? part->iov_len : FE_9P_DATA_MAX;
    struct fe_socket_receive wish = {.capacity = (uint32_t)capacity};
    if (*flags & MSG_PEEK) wish.flags |= FE_SOCKET_PEEK;
    if (*flags & MSG_DONTWAIT) wish.flags |= FE_SOCKET_NO_WAIT;
    struct p9_control control = {.request = CONTROL_SOCKET_RECEIVE,
                                 .data = &wish,
                                 .size = sizeof wish,
                                 .reply = part->iov_base,
                                 .reply_capacity = capacity};
    long error = p9_control(file->p9, &control);
    if (error < 0) return error;
    bool tell_all = (*flags & MSG_TRUNC) != 0;
    *flags = control.value > control.reply_size ? MSG_TRUNC : 0;
    return (long)(tell_all ? control.value : control.reply_size);
}

static long receive_once(struct file *file, const struct iovec *part, int *flags)
{
    bool may_wait = (*flags & MSG_DONTWAIT) == 0 && file->socket->receive_timeout != 0;
    long error = may_wait ? socket_wait(file, READY_IN, 0, file->socket->receive_timeout) : 0;
    return error < 0 ? error : receive_by_wish(file, part, flags);
}

static bool wants_more(const struct msghdr *message)
{
    return message != nullptr && (message->msg_name != nullptr || message->msg_control != nullptr);
}

long local_receive(struct file *file, const struct iovec *part, int *flags, struct msghdr *message)
{
    enum : int { KNOWN = MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_WAITALL | MSG_CMSG_CLOEXEC };
    int wanted = *flags;
    bool is_stream = file->socket->type == SOCK_STREAM;
    if (!file->socket->is_connected && file->socket->type != SOCK_DGRAM) return -ENOTCONN;
    if ((wanted & ~KNOWN) != 0) return -EOPNOTSUPP;
    if (is_stream) *flags = wanted &= ~MSG_TRUNC;
    if (wants_more(message)) return local_receive_whole(file, part, flags, message);
    bool wait_all = is_stream && (wanted & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
    size_t done = 0;
    long result;
    do {
        struct iovec rest = {(char *)part->iov_base + done, part->iov_len - done};
        *flags = wanted;
        result = receive_once(file, &rest, flags);
        if (result > 0) done += (size_t)result;
    } while (wait_all && result > 0 && done < part->iov_len);
    return done > 0 ? (long)done : result;
}

// --- Sending -----------------------------------------------------------------------------------

// What a blocking socket would take without waiting.
static long send_at_once(struct file *file, const struct iovec *part)
{
    enum : size_t { MOST = FE_9P_DATA_MAX - sizeof(uint32_t) };
    size_t count = part->iov_len < MOST ? part->iov_len : MOST;
    uint32_t *wish = malloc(sizeof *wish + count);
    if (wish == nullptr) return -ENOMEM;
    *wish = fe_socket_head(FE_SOCKET_NO_WAIT, 0, 0);
    memcpy(wish + 1, part->iov_base, count);
    struct p9_control control = {
        .request = CONTROL_SOCKET_SEND, .data = wish, .size = sizeof *wish + count};
    long error = p9_control(file->p9, &control);
    free(wish);
    return error < 0 ? error : (long)control.value;
}

// More than bytes to the peer.
static bool has_more(const struct socket *socket, const struct msghdr *message)
{
    if (socket->target != nullptr) return true;
    return message != nullptr && (message->msg_name != nullptr || message->msg_controllen != 0);
}

long local_send(struct file *file, const struct iovec *part, int flags,
                const struct msghdr *message)
{
    enum : size_t { MESSAGE_MAX = FE_9P_DATA_MAX - sizeof(uint32_t) };
    if ((flags & MSG_OOB) != 0) return -EOPNOTSUPP;
    if (has_more(file->socket, message)) return local_send_whole(file, part, flags, message);
    if (!file->socket->is_connected) return -ENOTCONN;
    if (file->socket->type != SOCK_STREAM && part->iov_len > MESSAGE_MAX) return -EMSGSIZE;
    if (file->flags & O_NONBLOCK) flags &= ~MSG_DONTWAIT; // the file itself says EAGAIN
    if (flags & MSG_DONTWAIT) return send_at_once(file, part);
    long error = socket_wait(file, READY_OUT, 0, file->socket->send_timeout);
    return error < 0 ? error : p9_write(file->p9, FE_9P_POSITION, part->iov_base, part->iov_len);
}

long local_shutdown(struct file *file, int how)
{
    uint32_t what = (uint32_t)how;
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    struct p9_control control = {
        .request = CONTROL_SOCKET_SHUTDOWN, .data = &what, .size = sizeof what};
    return p9_control(file->p9, &control);
}

// --- A pair ------------------------------------------------------------------------------------

static bool make_socket(struct file *file, int type)
{
    file->socket = local_create(type);
    if (file->socket == nullptr) return false;
    file->socket->is_connected = true;
    return true;
}

long local_check(const int64_t *a)
{
    int type = (int)a[1] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (a[0] != AF_UNIX) return a[0] == AF_INET || a[0] == AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT;
    if (a[2] != 0 && a[2] != PF_UNIX) return -EPROTONOSUPPORT;
    bool is_known = type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET;
    return is_known ? 0 : -EPROTOTYPE;
}

// A namespace without the pipe service has no local sockets.
long local_make(struct file **files, const struct pipe_kind *kind)
{
    long error = pipe_make(files, kind);
    return error == -ENOENT ? -EAFNOSUPPORT : error;
}

int64_t call_socketpair(const int64_t *a)
{
    static_assert(SOCK_NONBLOCK == O_NONBLOCK && SOCK_CLOEXEC == O_CLOEXEC);
    int flags = (int)a[1] & (SOCK_CLOEXEC | SOCK_NONBLOCK), type = (int)a[1] & ~flags;
    struct pipe_kind kind = {.request = CONTROL_SOCKET_PAIR,
                             .type = (uint32_t)type,
                             .access = {O_RDWR, O_RDWR},
                             .flags = flags};
    struct file *ends[2];
    long error = local_check(a);
    if (error == 0) error = local_make(ends, &kind);
    if (error < 0) return error;
    if (make_socket(ends[0], type) && make_socket(ends[1], type))
        return pipe_install(ends, flags, (int *)a[3]);
    file_put(ends[0]);
    file_put(ends[1]);
    return -ENOMEM;
}

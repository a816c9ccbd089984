// SPDX-License-Identifier: MIT
// Local sockets: pairs of open files that are connected in both directions. What one sends waits at
// the other: bytes in a ring, those of a datagram or packet after their number. A socket lives as
// long as it is open; the other one finds the end of the file then.
#include "socket.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_stream(const struct socket *socket)
{
    return socket->type == SOCKET_STREAM;
}

// --- Receiving ---------------------------------------------------------------------------------

struct receipt {
    void *to;
    size_t capacity;
    size_t given; // out
    bool peek;
};

static int64_t receive_bytes(struct fifo *inbox, struct receipt *receipt)
{
    receipt->given = buffer_peek(&inbox->buffer, 0, receipt->to, receipt->capacity);
    if (!receipt->peek) buffer_drop(&inbox->buffer, receipt->given);
    return (int64_t)receipt->given;
}

// What does not fit is lost.
static int64_t receive_message(struct fifo *inbox, struct receipt *receipt)
{
    uint32_t size = 0;
    buffer_peek(&inbox->buffer, 0, &size, sizeof size);
    if (receipt->capacity > size) receipt->capacity = size;
    receipt->given = buffer_peek(&inbox->buffer, sizeof size, receipt->to, receipt->capacity);
    if (!receipt->peek) buffer_drop(&inbox->buffer, sizeof size + size);
    return size;
}

// The size of the message, or of what of a stream is given.
static int64_t receive(struct socket *socket, struct receipt *receipt)
{
    struct fifo *inbox = &socket->inbox;
    receipt->given = 0;
    if (inbox->buffer.size == 0) return inbox->writers != 0 ? P9_LATER : 0;
    int64_t size =
        is_stream(socket) ? receive_bytes(inbox, receipt) : receive_message(inbox, receipt);
    if (!receipt->peek && socket->peer != nullptr) p9_node_changed(&socket->peer->node);
    return size;
}

static int64_t socket_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    struct receipt receipt = {.to = to, .capacity = count};
    if (count == 0) return 0;
    int64_t result = receive((struct socket *)open->node, &receipt);
    return result < 0 ? result : (int64_t)receipt.given;
}

static int receive_by_wish(struct p9_request *request, struct socket *socket)
{
    struct fe_socket_receive wish;
    if (request->size != sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    size_t most = wish.capacity < FE_9P_DATA_MAX ? wish.capacity : FE_9P_DATA_MAX;
    if (most > socket->inbox.buffer.size) most = socket->inbox.buffer.size;
    void *buffer = malloc(most + 1);
    if (buffer == nullptr) return -ENOMEM;
    struct receipt receipt = {
        .to = buffer, .capacity = most, .peek = (wish.flags & FE_SOCKET_PEEK) != 0};
    int64_t result = receive(socket, &receipt);
    request->value = (uint64_t)result;
    if (result >= 0) result = p9_answer(request, buffer, receipt.given);
    free(buffer);
    return result == P9_LATER && (wish.flags & FE_SOCKET_NO_WAIT) ? -EAGAIN : (int)result;
}

// --- Sending -----------------------------------------------------------------------------------

// All of it, or nothing.
static int64_t send_message(struct fifo *inbox, const void *from, size_t count)
{
    uint32_t size = (uint32_t)count;
    if (count > BUFFER_MAX - sizeof size) return -EMSGSIZE;
    if (sizeof size + count > buffer_free(&inbox->buffer)) return P9_LATER;
    if (!buffer_reserve(&inbox->buffer, sizeof size + count)) return -ENOMEM;
    buffer_write(&inbox->buffer, &size, sizeof size);
    buffer_write(&inbox->buffer, from, count);
    return (int64_t)count;
}

static bool may_send(const struct socket *socket)
{
    const struct socket *peer = socket->peer;
    return peer != nullptr && peer->inbox.readers != 0 && peer->inbox.writers != 0;
}

static int64_t refusal(const struct socket *socket)
{
    return socket->type == SOCKET_DATAGRAM && socket->peer == nullptr ? -ECONNREFUSED : -EPIPE;
}

static int64_t socket_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            const void *from, size_t count)
{
    struct socket *socket = (struct socket *)open->node, *peer = socket->peer;
    if (!may_send(socket))
        return request->progress != 0 ? (int64_t)request->progress : refusal(socket);
    size_t before = peer->inbox.buffer.size;
    int64_t result = is_stream(socket) ? fifo_write(&peer->inbox, request, open, from, count)
                                       : send_message(&peer->inbox, from, count);
    if (peer->inbox.buffer.size != before) p9_node_changed(&peer->node);
    return result;
}

static int send_by_wish(struct p9_request *request, const struct p9_open *open)
{
    uint32_t flags;
    struct p9_open how = *open;
    if (request->size < sizeof flags) return -EINVAL;
    memcpy(&flags, request->data, sizeof flags);
    if (flags & FE_SOCKET_NO_WAIT) how.flags |= OPEN_NONBLOCK;
    int64_t result =
        socket_write(request, &how, 0, request->data + sizeof flags, request->size - sizeof flags);
    if (result == P9_LATER && (flags & FE_SOCKET_NO_WAIT)) return -EAGAIN;
    if (result < 0) return (int)result;
    request->value = (uint64_t)result;
    return 0;
}

// --- The end -----------------------------------------------------------------------------------

static void shut(struct socket *socket, bool reading, bool writing)
{
    struct socket *peer = socket->peer;
    if (reading) socket->inbox.readers = socket->inbox.writers = 0;
    if (writing && peer != nullptr) peer->inbox.writers = 0;
    p9_node_changed(&socket->node);
    if (peer != nullptr) p9_node_changed(&peer->node);
}

static int shut_by_wish(struct p9_request *request, struct socket *socket)
{
    uint32_t how;
    if (request->size != sizeof how) return -EINVAL;
    memcpy(&how, request->data, sizeof how);
    if (how > SHUTDOWN_BOTH) return -EINVAL;
    if (socket->peer == nullptr) return -ENOTCONN;
    shut(socket, how != SHUTDOWN_WRITE, how != SHUTDOWN_READ);
    return 0;
}

void socket_end(struct socket *socket)
{
    socket_refuse_all(socket);
    shut(socket, true, true);
    if (socket->peer != nullptr) socket->peer->peer = nullptr;
    socket->peer = nullptr;
    buffer_fini(&socket->inbox.buffer);
}

static bool is_open_for_use(const struct p9_open *open)
{
    return (open->flags & OPEN_ACCESS) != OPEN_PATH;
}

static void socket_close(struct p9_open *open)
{
    if (is_open_for_use(open)) socket_end((struct socket *)open->node);
}

static void socket_release(struct p9_node *node)
{
    free(node);
}

// --- A pair ------------------------------------------------------------------------------------

static uint32_t socket_ready(struct p9_open *open)
{
    const struct socket *socket = (const struct socket *)open->node;
    bool has_ended = socket->inbox.writers == 0;
    if (socket->backlog != 0) return socket->pending != nullptr ? READY_READ : 0;
    uint32_t ready = socket->inbox.buffer.size != 0 || has_ended ? READY_READ : 0;
    if (!may_send(socket)) return ready | READY_WRITE | (has_ended ? READY_HANGUP : 0);
    return ready | fifo_write_ready(&socket->peer->inbox);
}

static int socket_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    struct socket *socket = (struct socket *)open->node;
    // Others come by a connector, and may do nothing else.
    if (control == CONTROL_SOCKET_CONNECT) return socket_connect(request, socket);
    if (!is_open_for_use(open)) return -EBADF;
    switch (control) {
    case CONTROL_SOCKET_BIND: return socket_bind(request, socket);
    case CONTROL_SOCKET_LISTEN: return socket_listen(request, socket);
    case CONTROL_SOCKET_ACCEPT: return socket_accept(request, socket);
    case CONTROL_SOCKET_RECEIVE: return receive_by_wish(request, socket);
    case CONTROL_SOCKET_SEND: return send_by_wish(request, open);
    case CONTROL_SOCKET_SHUTDOWN: return shut_by_wish(request, socket);
    case CONTROL_AVAILABLE: break;
    default: return -ENOTTY;
    }
    uint32_t size = (uint32_t)socket->inbox.buffer.size;
    if (!is_stream(socket)) buffer_peek(&socket->inbox.buffer, 0, &size, sizeof size);
    request->value = size;
    return 0;
}

static const struct p9_operations socket_operations = {
    .read = socket_read,
    .write = socket_write,
    .ready = socket_ready,
    .control = socket_control,
    .close = socket_close,
    .release = socket_release,
};

struct socket *socket_create(const struct p9_request *request, uint32_t type)
{
    struct socket *socket = calloc(1, sizeof *socket);
    if (socket == nullptr) return nullptr;
    socket->type = type;
    socket->inbox.readers = socket->inbox.writers = 1;
    socket->node = (struct p9_node){.operations = &socket_operations,
                                    .server = request->server,
                                    .references = 1,
                                    .mode = S_IFSOCK | 0777,
                                    .uid = request->identity->uid,
                                    .gid = request->identity->gid,
                                    .links = 1,
                                    .path = p9_path_new()};
    return socket;
}

bool socket_create_pair(const struct p9_request *request, uint32_t type, struct socket *ends[2])
{
    ends[0] = socket_create(request, type);
    ends[1] = socket_create(request, type);
    if (ends[0] == nullptr || ends[1] == nullptr) {
        free(ends[0]);
        free(ends[1]);
        return false;
    }
    ends[0]->peer = ends[1];
    ends[1]->peer = ends[0];
    return true;
}

int socket_make_pair(struct p9_request *request)
{
    struct fe_pair_wish wish;
    struct socket *ends[2];
    int error = socket_wish(request, &wish);
    if (error != 0) return error;
    if (!socket_create_pair(request, wish.type, ends)) return -ENOMEM;
    uint32_t flags = OPEN_READ_WRITE | (wish.flags & OPEN_NONBLOCK);
    error = p9_fid_install(request, wish.fid[0], &ends[0]->node, flags);
    if (error == 0) error = p9_fid_install(request, wish.fid[1], &ends[1]->node, flags);
    if (error != 0) socket_end(ends[1]);
    p9_node_put(&ends[0]->node);
    p9_node_put(&ends[1]->node);
    return error;
}

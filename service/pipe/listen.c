// SPDX-License-Identifier: MIT
// Local sockets that others find by a name: one is bound, which gives a connector to it, and
// listens; whoever attaches through the connector gets a socket connected to a new one here, which
// waits to be accepted. The name, and who may use it, are the file system's where the connector is
// posted.
#include "socket.h"
#include <errno.h>
#include <ferrite/handle.h>
#include <string.h>

int socket_wish(const struct p9_request *request, struct fe_pair_wish *wish)
{
    if (request->size != sizeof *wish) return -EINVAL;
    memcpy(wish, request->data, sizeof *wish);
    bool is_known = wish->type == SOCKET_STREAM || wish->type == SOCKET_DATAGRAM ||
                    wish->type == SOCKET_PACKETS;
    return is_known ? 0 : -EPROTOTYPE;
}

static uint32_t open_flags(const struct fe_pair_wish *wish)
{
    return OPEN_READ_WRITE | (wish->flags & OPEN_NONBLOCK);
}

int socket_make(struct p9_request *request)
{
    struct fe_pair_wish wish;
    int error = socket_wish(request, &wish);
    if (error != 0) return error;
    struct socket *socket = socket_create(request, wish.type);
    if (socket == nullptr) return -ENOMEM;
    socket->is_single = true;
    bool is_datagram = wish.type == SOCKET_DATAGRAM; // anybody may send to one
    socket->inbox.readers = socket->inbox.writers = is_datagram ? 1 : 0;
    error = p9_fid_install(request, wish.fid[0], &socket->node, open_flags(&wish));
    p9_node_put(&socket->node);
    return error;
}

int socket_bind(struct p9_request *request, struct socket *socket)
{
    fe_handle connector;
    if (!socket->is_single) return -EINVAL;
    uint32_t uid = request->identity->uid, gid = request->identity->gid;
    if (p9_connector(request->server, &socket->node, uid, gid, &connector) != OK) return -ENOMEM;
    return p9_answer_handle(request, connector);
}

int socket_listen(struct p9_request *request, struct socket *socket)
{
    uint32_t backlog;
    if (request->size != sizeof backlog || !socket->is_single) return -EINVAL;
    if (socket->type == SOCKET_DATAGRAM) return -EOPNOTSUPP;
    memcpy(&backlog, request->data, sizeof backlog);
    socket->backlog = backlog == 0 ? 1 : backlog;
    p9_node_changed(&socket->node);
    return 0;
}

static struct socket **last_of(struct socket *listener, uint32_t *count)
{
    struct socket **at = &listener->pending;
    for (*count = 0; *at != nullptr; at = &(*at)->next_pending) (*count)++;
    return at;
}

// On a session of the connector. The connection is there at once, whenever it is accepted.
int socket_connect(struct p9_request *request, struct socket *listener)
{
    struct fe_pair_wish wish;
    uint32_t count;
    int error = socket_wish(request, &wish);
    if (error != 0) return error;
    if (listener->backlog == 0) return -ECONNREFUSED;
    if (wish.type != listener->type) return -EPROTOTYPE;
    struct socket **last = last_of(listener, &count);
    if (count >= listener->backlog) return wish.flags & OPEN_NONBLOCK ? -EAGAIN : P9_LATER;
    struct socket *ends[2];
    if (!socket_create_pair(request, wish.type, ends)) return -ENOMEM;
    error = p9_fid_install(request, wish.fid[0], &ends[0]->node, open_flags(&wish));
    if (error == 0) {
        *last = ends[1];
        p9_node_changed(&listener->node);
    } else {
        socket_end(ends[1]);
        p9_node_put(&ends[1]->node);
    }
    p9_node_put(&ends[0]->node);
    return error;
}

int socket_accept(struct p9_request *request, struct socket *listener)
{
    struct fe_pair_wish wish;
    int error = socket_wish(request, &wish);
    if (error != 0) return error;
    if (listener->backlog == 0) return -EINVAL;
    struct socket *taken = listener->pending;
    if (taken == nullptr) return P9_LATER;
    error = p9_fid_install(request, wish.fid[0], &taken->node, open_flags(&wish));
    if (error != 0) return error;
    listener->pending = taken->next_pending;
    p9_node_put(&taken->node);
    p9_node_changed(&listener->node);
    return 0;
}

void socket_refuse_all(struct socket *listener)
{
    listener->backlog = 0;
    for (struct socket *next = listener->pending; next != nullptr;) {
        struct socket *refused = next;
        next = refused->next_pending;
        socket_end(refused);
        p9_node_put(&refused->node);
    }
    listener->pending = nullptr;
}

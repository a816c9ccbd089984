// SPDX-License-Identifier: MIT
// Local sockets, beside the pipes of the same service.
#pragma once

#include <9p/server.h>
#include <fifo/fifo.h>

struct socket {
    struct p9_node node; // first
    struct socket *peer; // nullptr: it is gone, or there never was one
    uint32_t type;       // enum fe_socket_type
    // What was sent to it. Readers: it may still receive; writers: the peer may still send.
    struct fifo inbox;
    bool is_single;                        // made alone, to be bound
    uint32_t backlog;                      // of one that listens; 0: it does not
    struct socket *pending, *next_pending; // its connections that were not accepted yet, counted
};

// On the root: CONTROL_SOCKET_PAIR and CONTROL_SOCKET_MAKE.
int socket_make_pair(struct p9_request *request);
int socket_make(struct p9_request *request);

// socket.c, with one reference each; nullptr, false: no memory.
struct socket *socket_create(const struct p9_request *request, uint32_t type);
bool socket_create_pair(const struct p9_request *request, uint32_t type, struct socket *ends[2]);
// What ends when nobody has it open any more.
void socket_end(struct socket *socket);

// listen.c
int socket_wish(const struct p9_request *request, struct fe_pair_wish *wish);
int socket_bind(struct p9_request *request, struct socket *socket);
int socket_listen(struct p9_request *request, struct socket *socket);
int socket_connect(struct p9_request *request, struct socket *listener);
int socket_accept(struct p9_request *request, struct socket *listener);
void socket_refuse_all(struct socket *listener);

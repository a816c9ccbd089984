// SPDX-License-Identifier: MIT
// Local sockets, beside the pipes of the same service.
#pragma once

#include <9p/server.h>
#include <fifo/fifo.h>

// Files on their way to a socket: sessions that hold them, and what describes them.
struct parcel {
    struct parcel *next; // of the same socket
    struct parcel *next_of_all, *previous_of_all;
    uint64_t at; // with which of the bytes that the socket ever got they come
    uint32_t uid, count;
    fe_handle handle[FE_MESSAGE_HANDLES];
    size_t size;
    uint8_t text[];
};

struct socket {
    struct p9_node node; // first
    struct socket *peer; // nullptr: it is gone, or there never was one
    uint32_t type;       // enum fe_socket_type
    // What was sent to it. Readers: it may still receive; writers: the peer may still send.
    struct fifo inbox;
    bool is_single;                        // made alone, to be bound
    uint32_t backlog;                      // of one that listens; 0: it does not
    struct socket *pending, *next_pending; // its connections that were not accepted yet, counted
    uint64_t taken;                        // bytes that ever left the inbox
    struct parcel *parcels;                // in the inbox, in order
    uint32_t parcel_count;
    struct socket *next_named; // token.c
    char token[FE_SOCKET_TOKEN_SIZE];
    bool has_token;
};

// parcel.c
enum : uint32_t { PARCELS_MAX = 16 }; // of one socket
// Takes the request's handles. 0, -ENOMEM, or -ETOOMANYREFS: too many of the user's are on their
// way.
int parcel_create(struct p9_request *request, const void *text, size_t size, struct parcel **made);
void parcel_destroy(struct parcel *parcel);                // nullptr: nothing
void parcel_add(struct socket *to, struct parcel *parcel); // with the next byte; nullptr: nothing
// The one that comes with the inbox's first byte, which stays there; nullptr: none.
struct parcel *parcel_first(const struct socket *socket);
// How many bytes there are before those of the next parcel.
uint64_t parcel_distance(const struct socket *socket);
// So many bytes have left the inbox; the parcel that came with the first is the caller's.
struct parcel *parcel_advance(struct socket *socket, size_t count);
void parcel_clear(struct socket *socket);

// token.c
int token_tell(struct p9_request *request, struct socket *socket);
int token_find(struct p9_request *request);
void token_forget(struct socket *socket);

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

// SPDX-License-Identifier: MIT
// What the files about sockets share.
#pragma once

#include "file.h"
#include <net/net.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum : uint32_t { READY_IN = 1, READY_OUT = 4 };

struct address { // of a datagram's peer
    uint8_t bytes[16];
    uint16_t port;   // host order
    uint8_t version; // 4 or 6; 0: none
    uint8_t hops;    // the limit that the datagram arrived with
    uint32_t scope;
};

struct socket {           // a local one (AF_UNIX) has no conversation: it is its file's `p9`
    int domain, type;     // AF_*, SOCK_*
    const char *protocol; // "tcp", ...
    char directory[48];   // "/net/tcp/5"
    struct p9_file *control;
    bool is_connected;
    char *name; // of a local one, as it was bound; nullptr: not known
    size_t name_size;
    struct p9_file *target; // of one of local datagrams: which it is connected to by name
    struct p9_file *former; // what a local one was before it was connected
    struct address peer;    // of a connected datagram socket
    uint8_t *peeked;        // bytes that MSG_PEEK read ahead (streams)
    size_t peeked_size;
    uint8_t blocked[32]; // kinds of ICMPv6 messages that are not wanted (ICMP6_FILTER)
    uint64_t receive_timeout, send_timeout; // ns; 0: none
    int hops_kind; // of message in which hops are told: IP_TTL, IPV6_HOPLIMIT, ...; 0: they are not
};

struct ifreq;
// SIOCGIFINDEX and SIOCGIFNAME. ENODEV: there is none.
long socket_interface(uint32_t request, struct ifreq *answer);

// A new descriptor for the conversation of `control` (consumed), like `kind`; `flags`:
// SOCK_CLOEXEC, SOCK_NONBLOCK.
long socket_file(struct p9_file *control, const struct socket *kind, int flags);

// The socket behind a descriptor, with a reference to its file; nullptr and *error.
struct socket *socket_of(long descriptor, struct file **file, long *error);

long socket_command(struct socket *socket, const char *text);
long socket_open_data(struct file *file); // unless it is open
// The text of one of the conversation's files, NUL-terminated.
long socket_read_file(const struct socket *socket, const char *name, char *to, size_t capacity);

// "<verb> <address>!<port>" in `command` (96 bytes). 0, -EINVAL or -EAFNOSUPPORT.
long address_command(const char *verb, const void *sockaddr, size_t size, char *command);
// The other way: fills a socket address of `domain`, cut to *size, which becomes its full size.
long address_from_text(int domain, const char *text, void *to, uint32_t *size);
struct address address_of(const void *sockaddr);
void address_give(int domain, const struct address *address, void *to, uint32_t *size);

// Waits until the socket is ready: at once for MSG_DONTWAIT, within the socket's timeout if it has
// one.
long socket_wait(struct file *file, uint32_t events, int flags, uint64_t timeout);

struct pipe_kind;

// --- Local ones --------------------------------------------------------------------------------

static inline bool socket_is_local(const struct socket *socket)
{
    return socket->domain == AF_UNIX;
}

struct socket *local_create(int type); // not connected; nullptr: no memory
// Whether there are such sockets, by the arguments of socket(). 0 or a negative errno.
long local_check(const int64_t *a);
long local_make(struct file **files, const struct pipe_kind *kind);
// *flags: MSG_TRUNC and MSG_CTRUNC of the answer are told. `message`, if there is one: the address
// and the descriptors that came, or go along; not its bytes. One that receives nothing of these
// gets sizes of 0.
long local_receive(struct file *file, const struct iovec *part, int *flags, struct msghdr *message);
long local_send(struct file *file, const struct iovec *part, int flags,
                const struct msghdr *message);
// local_message.c: the same when there is more than bytes.
long local_receive_whole(struct file *file, const struct iovec *part, int *flags,
                         struct msghdr *message);
long local_send_whole(struct file *file, const struct iovec *part, int flags,
                      const struct msghdr *message);
long local_shutdown(struct file *file, int how);
int64_t local_socket(const int64_t *a);
long local_bind(struct file *file, const void *address, size_t size);
long local_listen(struct file *file, int backlog);
long local_connect(struct file *file, const void *address, size_t size);
long local_accept(struct file *file, int flags); // a descriptor
// The root of a session with the socket that an address names.
long local_reach(const void *address, size_t size, struct p9_file **root);
// An address with this name, nullptr: with none, cut to *size, which becomes its full size.
void local_give_name(const char *name, size_t name_size, void *to, uint32_t *size);
// The socket's own, or its peer's, which has none.
long local_tell_name(const struct socket *socket, bool is_own, void *to, uint32_t *size);

// SPDX-License-Identifier: MIT
// Options of sockets. What the IP service knows is told to it, and asked of it. Of what always is
// one way, that way alone is taken; what nobody would heed is refused.
#include "call.h"
#include "file.h"
#include "socket.h"
#include "socket_internal.h"
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static const struct known {
    int level, option;
    const char *name;
} told[] = {
    {SOL_SOCKET, SO_KEEPALIVE, "keepalive"},
    {SOL_SOCKET, SO_REUSEADDR, "reuse"},
    {SOL_SOCKET, SO_BROADCAST, "broadcast"},
    {IPPROTO_TCP, TCP_NODELAY, "nodelay"},
    {IPPROTO_TCP, TCP_KEEPIDLE, "keepidle"},
    {IPPROTO_TCP, TCP_KEEPINTVL, "keepinterval"},
    {IPPROTO_TCP, TCP_KEEPCNT, "keepcount"},
    {IPPROTO_IP, IP_TTL, "ttl"},
    {IPPROTO_IP, IP_TOS, "tos"},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, "ttl"},
    {IPPROTO_IPV6, IPV6_TCLASS, "tos"},
    {IPPROTO_IPV6, IPV6_V6ONLY, "v6only"},
};

static const struct {
    int level, option, value;
} fixed[] = {
    {SOL_SOCKET, SO_DEBUG, 0},     {SOL_SOCKET, SO_DONTROUTE, 0}, {SOL_SOCKET, SO_REUSEPORT, 0},
    {SOL_SOCKET, SO_OOBINLINE, 1}, {SOL_SOCKET, SO_RCVLOWAT, 1},  {SOL_SOCKET, SO_SNDLOWAT, 1},
    {SOL_SOCKET, SO_PRIORITY, 0},  {IPPROTO_TCP, TCP_CORK, 0},
};

// Bytes: of streams what the service's windows are, of datagrams what it keeps unread.
enum : int { LOCAL_BYTES = 64 << 10, STREAM_BYTES = 1 << 20, DATAGRAM_BYTES = 256 << 10 };

// nullptr: it is none of those.
static const struct known *known_of(const int64_t *a)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (told[i].level == a[1] && told[i].option == a[2]) return &told[i];
    return nullptr;
}

static bool is_fixed(const int64_t *a, int *value)
{
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (fixed[i].level != a[1] || fixed[i].option != a[2]) continue;
        *value = fixed[i].value;
        return true;
    }
    return false;
}

static long set_timeout(uint64_t *timeout, const void *value, size_t size)
{
    const struct timeval *time = value;
    if (size < sizeof *time) return -EINVAL;
    *timeout = (uint64_t)time->tv_sec * 1'000'000'000 + (uint64_t)time->tv_usec * 1000;
    return 0;
}

static long set_filter(struct socket *socket, const void *value, size_t size)
{
    static_assert(sizeof(struct icmp6_filter) == sizeof socket->blocked);
    if (size > sizeof socket->blocked) return -EINVAL;
    memcpy(socket->blocked, value, size);
    return 0;
}

// Which kind of message an option asks for; 0: it is another option.
static int hops_kind(const int64_t *a)
{
    if (a[1] == IPPROTO_IP && a[2] == IP_RECVTTL) return IP_TTL;
    if (a[1] == IPPROTO_IPV6 && a[2] == IPV6_RECVHOPLIMIT) return IPV6_HOPLIMIT;
    return a[1] == IPPROTO_IPV6 && a[2] == IPV6_2292HOPLIMIT ? IPV6_2292HOPLIMIT : 0;
}

static bool is_six_only(const int64_t *a)
{
    return a[1] == IPPROTO_IPV6 && a[2] == IPV6_V6ONLY;
}

// Those of datagrams alone, and of streams alone, mean nothing to the others.
static bool socket_lacks(const struct socket *socket, int option)
{
    bool is_stream = socket->type == SOCK_STREAM;
    return (option == SO_KEEPALIVE && !is_stream) || (option == SO_BROADCAST && is_stream);
}

// Nobody waits for the other end when a socket is closed: it is closed at once or in order.
static long set_linger(struct socket *socket, const void *value, size_t size)
{
    const struct linger *linger = value;
    if (size < sizeof *linger) return -EINVAL;
    if (linger->l_onoff != 0 && linger->l_linger != 0) return -ENOPROTOOPT;
    if (socket_is_local(socket) || socket->type != SOCK_STREAM) return 0;
    return socket_command(socket, linger->l_onoff != 0 ? "set reset 1" : "set reset 0");
}

static long set_known(struct socket *socket, const struct known *known, int value)
{
    char command[48];
    if (socket_is_local(socket)) return known->level == SOL_SOCKET ? 0 : -EOPNOTSUPP;
    if (known->level == SOL_SOCKET && socket_lacks(socket, known->option)) return 0;
    if (known->level == IPPROTO_IPV6 && value == -1) // the system's own choice
        value = known->option == IPV6_UNICAST_HOPS ? UINT8_MAX : 0;
    snprintf(command, sizeof command, "set %s %u", known->name, (unsigned)value);
    return socket_command(socket, command);
}

static long set_number(struct socket *socket, const int64_t *a)
{
    int value = *(const int *)a[3], kind = hops_kind(a), only;
    const struct known *known = known_of(a);
    if (kind != 0) {
        socket->hops_kind = value != 0 ? kind : 0;
        return 0;
    }
    if (known != nullptr) return set_known(socket, known, value);
    if (is_fixed(a, &only)) return (value != 0) == (only != 0) ? 0 : -ENOPROTOOPT;
    bool is_size = a[1] == SOL_SOCKET && (a[2] == SO_SNDBUF || a[2] == SO_RCVBUF);
    return is_size ? 0 : -ENOPROTOOPT; // a hint
}

static long set_option(struct socket *socket, const int64_t *a)
{
    const void *value = (const void *)a[3];
    size_t size = (size_t)(uint32_t)a[4];
    if (is_six_only(a) && socket->domain != AF_INET6) return -ENOPROTOOPT;
    if (a[1] == IPPROTO_ICMPV6 && a[2] == ICMP6_FILTER) return set_filter(socket, value, size);
    if (a[1] == SOL_SOCKET && a[2] == SO_RCVTIMEO)
        return set_timeout(&socket->receive_timeout, value, size);
    if (a[1] == SOL_SOCKET && a[2] == SO_SNDTIMEO)
        return set_timeout(&socket->send_timeout, value, size);
    if (a[1] == SOL_SOCKET && a[2] == SO_LINGER) return set_linger(socket, value, size);
    return size < sizeof(int) ? -EINVAL : set_number(socket, a);
}

int64_t call_setsockopt(const int64_t *a)
{
    struct file *file;
    long error;
    struct socket *socket = socket_of(a[0], &file, &error);
    if (socket == nullptr) return error;
    error = set_option(socket, a);
    file_put(file);
    return error;
}

// The error that the conversation ended with, told once.
static int pending_error(const struct file *file)
{
    char text[32];
    const struct socket *socket = file->socket;
    if (socket_is_local(socket)) return 0;
    int late = file->p9 != nullptr ? p9_late_error(file->p9) : 0;
    if (late != 0) return -late;
    if (socket_read_file(socket, "error", text, sizeof text) < 0) return 0;
    return atoi(text);
}

// The conversation itself knows, whoever set it: the second line of its status has names and
// values.
static long get_known(const struct socket *socket, const struct known *known, int *value)
{
    char text[320], word[24];
    if (socket_is_local(socket)) return known->level == SOL_SOCKET ? 0 : -EOPNOTSUPP;
    if (known->level == SOL_SOCKET && socket_lacks(socket, known->option)) return 0;
    long error = socket_read_file(socket, "status", text, sizeof text);
    if (error != 0) return error;
    const char *options = strchr(text, '\n');
    if (options == nullptr || options[1] == '\0') return -EINVAL; // it is over
    snprintf(word, sizeof word, " %s ", known->name);
    const char *found = strstr(options, word);
    if (found == nullptr) return -ENOPROTOOPT;
    *value = atoi(found + strlen(word));
    return 0;
}

static int protocol_number(const struct socket *socket)
{
    if (socket_is_local(socket)) return 0;
    if (strcmp(socket->protocol, "icmp") == 0) return IPPROTO_ICMP;
    if (strcmp(socket->protocol, "icmpv6") == 0) return IPPROTO_ICMPV6;
    return strcmp(socket->protocol, "udp") == 0 ? IPPROTO_UDP : IPPROTO_TCP;
}

static int buffer_size(const struct socket *socket)
{
    if (socket_is_local(socket)) return LOCAL_BYTES;
    return socket->type == SOCK_STREAM ? STREAM_BYTES : DATAGRAM_BYTES;
}

static long get_listening(const struct socket *socket, int *value)
{
    char text[320];
    if (socket_is_local(socket)) return -ENOPROTOOPT;
    long error = socket_read_file(socket, "status", text, sizeof text);
    if (error == 0) *value = strncmp(text, "announced", 9) == 0;
    return error;
}

static long get_number(const struct file *file, const int64_t *a, int *value)
{
    const struct socket *socket = file->socket;
    const struct known *known = known_of(a);
    *value = 0;
    if (is_six_only(a) && socket->domain != AF_INET6) return -ENOPROTOOPT;
    if (known != nullptr) return get_known(socket, known, value);
    if (hops_kind(a) != 0) *value = socket->hops_kind == hops_kind(a);
    if (hops_kind(a) != 0 || is_fixed(a, value)) return 0;
    if (a[1] != SOL_SOCKET) return -ENOPROTOOPT;
    switch (a[2]) {
    case SO_ERROR: *value = pending_error(file); return 0;
    case SO_TYPE: *value = socket->type; return 0;
    case SO_DOMAIN: *value = socket->domain; return 0;
    case SO_PROTOCOL: *value = protocol_number(socket); return 0;
    case SO_ACCEPTCONN: return get_listening(socket, value);
    case SO_SNDBUF:
    case SO_RCVBUF: *value = buffer_size(socket); return 0;
    default: return -ENOPROTOOPT;
    }
}

static long give(const int64_t *a, const void *value, uint32_t size)
{
    uint32_t *room = (uint32_t *)a[4];
    if (*room > size) *room = size;
    memcpy((void *)a[3], value, *room);
    return 0;
}

static long get_linger(const struct socket *socket, const int64_t *a)
{
    static const struct known reset = {SOL_SOCKET, SO_LINGER, "reset"};
    struct linger linger = {};
    long error = socket->type == SOCK_STREAM ? get_known(socket, &reset, &linger.l_onoff) : 0;
    return error == 0 ? give(a, &linger, sizeof linger) : error;
}

static long get_timeout(uint64_t timeout, const int64_t *a)
{
    struct timeval time = {.tv_sec = (time_t)(timeout / 1'000'000'000),
                           .tv_usec = (suseconds_t)(timeout % 1'000'000'000 / 1000)};
    return give(a, &time, sizeof time);
}

static long get_option(const struct file *file, const int64_t *a)
{
    const struct socket *socket = file->socket;
    if (a[1] == SOL_SOCKET && a[2] == SO_RCVTIMEO) return get_timeout(socket->receive_timeout, a);
    if (a[1] == SOL_SOCKET && a[2] == SO_SNDTIMEO) return get_timeout(socket->send_timeout, a);
    if (a[1] == SOL_SOCKET && a[2] == SO_LINGER) return get_linger(socket, a);
    if (a[1] == IPPROTO_ICMPV6 && a[2] == ICMP6_FILTER)
        return give(a, socket->blocked, sizeof socket->blocked);
    int value;
    long error = get_number(file, a, &value);
    return error == 0 ? give(a, &value, sizeof value) : error;
}

int64_t call_getsockopt(const int64_t *a)
{
    struct file *file;
    long error;
    if (socket_of(a[0], &file, &error) == nullptr) return error;
    error = get_option(file, a);
    file_put(file);
    return error;
}

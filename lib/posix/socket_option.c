// SPDX-License-Identifier: MIT
// Options of sockets. What the IP service knows is told to it; what is only a hint is taken and
// forgotten.
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

static const struct {
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
    {IPPROTO_IPV6, IPV6_V6ONLY, "v6only"},
};

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

static long set_option(struct socket *socket, const int64_t *a)
{
    if (is_six_only(a) && socket->domain != AF_INET6) return -ENOPROTOOPT;
    if (a[1] == IPPROTO_ICMPV6 && a[2] == ICMP6_FILTER) {
        return set_filter(socket, (const void *)a[3], (size_t)a[4]);
    }
    if (a[1] == SOL_SOCKET && a[2] == SO_RCVTIMEO) {
        return set_timeout(&socket->receive_timeout, (const void *)a[3], (size_t)a[4]);
    }
    if (a[1] == SOL_SOCKET && a[2] == SO_SNDTIMEO) {
        return set_timeout(&socket->send_timeout, (const void *)a[3], (size_t)a[4]);
    }
    if (a[4] < (long)sizeof(int)) return a[1] == SOL_SOCKET ? 0 : -EINVAL;
    int kind = hops_kind(a);
    if (kind != 0) {
        socket->hops_kind = *(const int *)a[3] != 0 ? kind : 0;
        return 0;
    }
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (told[i].level != a[1] || told[i].option != a[2]) continue;
        if (socket_is_local(socket)) return a[1] == SOL_SOCKET ? 0 : -EOPNOTSUPP;
        char command[48];
        snprintf(command, sizeof command, "set %s %u", told[i].name, *(const unsigned *)a[3]);
        return socket_command(socket, command);
    }
    return a[1] == SOL_SOCKET || a[1] == IPPROTO_TCP || a[1] == IPPROTO_IP || a[1] == IPPROTO_IPV6
               ? 0
               : -ENOPROTOOPT;
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

// The conversation itself knows, whoever set it.
static long get_six_only(const struct socket *socket, int *value)
{
    char text[128];
    if (socket->domain != AF_INET6) return -ENOPROTOOPT;
    long error = socket_read_file(socket, "status", text, sizeof text);
    if (error == 0) *value = strstr(text, " v6only") != nullptr;
    return error;
}

static long get_option(const struct file *file, const int64_t *a, int *value)
{
    *value = 0;
    if (is_six_only(a)) return get_six_only(file->socket, value);
    if (a[1] != SOL_SOCKET) {
        bool is_known = a[1] == IPPROTO_TCP || a[1] == IPPROTO_IP || a[1] == IPPROTO_IPV6;
        return is_known ? 0 : -ENOPROTOOPT;
    }
    switch (a[2]) {
    case SO_ERROR: *value = pending_error(file); break;
    case SO_TYPE: *value = file->socket->type; break;
    case SO_DOMAIN: *value = file->socket->domain; break;
    case SO_SNDBUF:
    case SO_RCVBUF: *value = 64 * 1024; break;
    default: break;
    }
    return 0;
}

int64_t call_getsockopt(const int64_t *a)
{
    struct file *file;
    long error;
    if (socket_of(a[0], &file, &error) == nullptr) return error;
    int value;
    uint32_t *size = (uint32_t *)a[4];
    error = get_option(file, a, &value);
    if (error == 0) {
        if (*size > sizeof value) *size = sizeof value;
        memcpy((void *)a[3], &value, *size);
    }
    file_put(file);
    return error;
}

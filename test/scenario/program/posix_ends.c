// SPDX-License-Identifier: MIT
// Sockets of both versions of IP at one port, and who may have an end beside whom.
#include "support.h"
#include "test/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PROGRAM "/test/posix_ends"

enum : int { SIX_ONLY = 1, REUSED = 2 }; // options of open_at()

static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

// "127.0.0.1", "::1", ... as a socket's address, and its size; 0: it is none.
static socklen_t end_of(const char *text, uint16_t port, struct sockaddr_storage *end)
{
    struct sockaddr_in *four = (void *)end;
    struct sockaddr_in6 *six = (void *)end;
    *end = (struct sockaddr_storage){};
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return sizeof *four;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1 ? sizeof *six : 0;
}

static int bind_to(int made, const char *text, uint16_t port)
{
    struct sockaddr_storage end;
    socklen_t size = end_of(text, port, &end);
    return bind(made, (void *)&end, size);
}

static int connect_to(int made, const char *text, uint16_t port)
{
    struct sockaddr_storage end;
    socklen_t size = end_of(text, port, &end);
    return connect(made, (void *)&end, size);
}

static uint16_t port_of(int made)
{
    struct sockaddr_in6 end = {};
    socklen_t size = sizeof end;
    return getsockname(made, (void *)&end, &size) == 0 ? ntohs(end.sin6_port) : 0;
}

static bool names(const struct sockaddr_in6 *end, const char *text)
{
    char name[INET6_ADDRSTRLEN];
    return end->sin6_family == AF_INET6 && end->sin6_port != 0 &&
           inet_ntop(AF_INET6, &end->sin6_addr, name, sizeof name) != nullptr &&
           strcmp(name, text) == 0;
}

// -1: it is refused. Streams are listened to.
static int open_at(const char *text, uint16_t port, int type, int options)
{
    const int on = 1;
    int made = socket(strchr(text, ':') != nullptr ? AF_INET6 : AF_INET, type, 0);
    bool is_six = (options & SIX_ONLY) != 0, is_reused = (options & REUSED) != 0;
    if ((!is_six || setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
        (!is_reused || setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0) &&
        bind_to(made, text, port) == 0 && (type == SOCK_DGRAM || listen(made, 2) == 0))
        return made;
    int error = errno;
    close(made);
    errno = error;
    return -1;
}

static bool is_in_use(const char *text, uint16_t port, int type, int options)
{
    int made = open_at(text, port, type, options);
    bool is_refused = made == -1 && errno == EADDRINUSE;
    if (made >= 0) close(made);
    return is_refused;
}

static int six_only_of(int made)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &value, &size) == 0 ? value : -1;
}

static int told(int made, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(made, level, option, &value, &size) == 0 && size == sizeof value ? value : -1;
}

// What was set is told; -1: it is not taken.
static int becomes(int made, int level, int option, int value)
{
    if (setsockopt(made, level, option, &value, sizeof value) != 0) return -1;
    return told(made, level, option);
}

TEST("options that are set are told, and what nobody heeds is refused")
{
    for (size_t i = 0; i < 2; i++) {
        int made = socket(AF_INET, types[i], 0);
        EXPECT(told(made, SOL_SOCKET, SO_REUSEADDR) == 0);
        EXPECT(becomes(made, SOL_SOCKET, SO_REUSEADDR, 1) == 1);
        EXPECT(becomes(made, SOL_SOCKET, SO_REUSEADDR, 0) == 0);
        EXPECT(becomes(made, IPPROTO_IP, IP_TTL, 7) == 7 &&
               becomes(made, IPPROTO_IP, IP_TOS, 16) == 16);
        EXPECT(becomes(made, IPPROTO_IP, IP_TTL, 256) == -1 && errno == EINVAL);
        EXPECT(becomes(made, SOL_SOCKET, SO_REUSEPORT, 1) == -1 && errno == ENOPROTOOPT);
        EXPECT(told(made, SOL_SOCKET, SO_REUSEPORT) == 0);
        EXPECT(becomes(made, IPPROTO_IP, IP_MULTICAST_TTL, 1) == -1 && errno == ENOPROTOOPT);
        EXPECT(told(made, SOL_SOCKET, SO_TYPE) == types[i]);
        EXPECT(told(made, SOL_SOCKET, SO_DOMAIN) == AF_INET);
        EXPECT(told(made, SOL_SOCKET, SO_PROTOCOL) == (i == 0 ? IPPROTO_TCP : IPPROTO_UDP));
        EXPECT(told(made, SOL_SOCKET, SO_RCVBUF) >= 64 << 10);
        EXPECT(becomes(made, SOL_SOCKET, SO_KEEPALIVE, 1) == (i == 0));
        EXPECT(becomes(made, SOL_SOCKET, SO_BROADCAST, 1) == (i == 1));
        EXPECT(close(made) == 0);
    }
    struct timeval time = {3, 500000}, got = {};
    socklen_t size = sizeof got;
    int made = socket(AF_INET6, SOCK_DGRAM, 0);
    EXPECT(setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
    EXPECT(getsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &got, &size) == 0 && size == sizeof got);
    EXPECT(got.tv_sec == 3 && got.tv_usec == 500000);
    EXPECT(becomes(made, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9) == 9);
    EXPECT(becomes(made, IPPROTO_IPV6, IPV6_TCLASS, 32) == 32 && close(made) == 0);
}

static bool lingers(int made, int on, int seconds)
{
    struct linger linger = {on, seconds}, got = {-1, -1};
    socklen_t size = sizeof got;
    return setsockopt(made, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0 &&
           getsockopt(made, SOL_SOCKET, SO_LINGER, &got, &size) == 0 && got.l_onoff == on;
}

TEST("a call has the options of its listener, and one that does not linger is reset")
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), caller = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(told(listener, SOL_SOCKET, SO_ACCEPTCONN) == 0);
    EXPECT(!lingers(listener, 1, 5) && errno == ENOPROTOOPT && lingers(listener, 0, 0));
    EXPECT(bind_to(listener, "127.0.0.1", 0) == 0 && listen(listener, 2) == 0);
    EXPECT(told(listener, SOL_SOCKET, SO_ACCEPTCONN) == 1);
    EXPECT(becomes(listener, IPPROTO_TCP, TCP_NODELAY, 1) == 1 && lingers(listener, 1, 0));
    EXPECT(becomes(listener, IPPROTO_TCP, TCP_KEEPIDLE, 11) == 11);
    EXPECT(becomes(listener, SOL_SOCKET, SO_KEEPALIVE, 1) == 1);
    EXPECT(connect_to(caller, "127.0.0.1", port_of(listener)) == 0);
    int call = accept(listener, nullptr, nullptr);
    EXPECT(told(call, IPPROTO_TCP, TCP_NODELAY) == 1 &&
           told(call, IPPROTO_TCP, TCP_KEEPIDLE) == 11);
    EXPECT(told(call, SOL_SOCKET, SO_KEEPALIVE) == 1 && told(call, SOL_SOCKET, SO_ACCEPTCONN) == 0);
    char byte;
    EXPECT(close(call) == 0 && read(caller, &byte, 1) == -1 && errno == ECONNRESET);
    EXPECT(close(caller) == 0 && close(listener) == 0);
}

TEST("whether it is of IPv6 alone is told, to a child too, and cannot be said any more of a name")
{
    if (getenv("JOB") != nullptr) _exit(10 + six_only_of(atoi(getenv("SOCKET"))));
    const int on = 1, off = 0;
    for (size_t i = 0; i < 2; i++) {
        char number[12];
        int made = socket(AF_INET6, types[i], 0), four = socket(AF_INET, types[i], 0);
        EXPECT(six_only_of(made) == 0 && six_only_of(four) == -1 && errno == ENOPROTOOPT);
        EXPECT(setsockopt(four, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1);
        EXPECT(errno == ENOPROTOOPT);
        EXPECT(setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
        EXPECT(setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0);
        EXPECT(six_only_of(made) == 0);
        EXPECT(setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
        EXPECT(bind_to(made, "::ffff:127.0.0.1", 0) == -1 && errno == EINVAL);
        snprintf(number, sizeof number, "%d", made);
        setenv("SOCKET", number, 1);
        EXPECT(bind_to(made, "::1", 0) == 0 && exit_code(start_job(PROGRAM, "tell")) == 11);
        EXPECT(setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1);
        EXPECT(errno == EINVAL && six_only_of(made) == 1);
        EXPECT(bind_to(made, "::1", 0) == -1 && errno == EINVAL);
        EXPECT(close(made) == 0 && close(four) == 0);
    }
}

// A call from `text`, at the port where `listener` is: the end that takes it has these names.
static bool is_called(int listener, const char *text, const char *seen)
{
    struct sockaddr_in6 from = {}, peer = {}, own = {};
    socklen_t size = sizeof from, peer_size = sizeof peer, own_size = sizeof own;
    int caller = socket(strchr(text, ':') != nullptr ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (connect_to(caller, text, port_of(listener)) != 0) return false;
    int call = accept(listener, (void *)&from, &size);
    bool is_named = names(&from, seen) && getpeername(call, (void *)&peer, &peer_size) == 0 &&
                    memcmp(&from, &peer, sizeof from) == 0 &&
                    getsockname(call, (void *)&own, &own_size) == 0 && names(&own, seen) &&
                    six_only_of(call) == six_only_of(listener);
    return close(caller) == 0 && close(call) == 0 && is_named;
}

TEST("a stream's end of IPv6 is called by both versions, and has mapped names for the older one")
{
    int listener = open_at("::", 0, SOCK_STREAM, 0);
    struct sockaddr_in6 own = {};
    socklen_t size = sizeof own;
    EXPECT(listener >= 0 && six_only_of(listener) == 0);
    EXPECT(getsockname(listener, (void *)&own, &size) == 0 && names(&own, "::"));
    EXPECT(is_called(listener, "127.0.0.1", "::ffff:127.0.0.1"));
    EXPECT(is_called(listener, "::ffff:127.0.0.1", "::ffff:127.0.0.1"));
    EXPECT(is_called(listener, "::1", "::1") && close(listener) == 0);
}

// What comes at `to` from a socket bound to `text` has its name, and is answered.
static bool is_answered(int to, const char *text, const char *seen)
{
    char byte = 0;
    struct sockaddr_in6 from = {};
    socklen_t size = sizeof from;
    int asking = open_at(text, 0, SOCK_DGRAM, 0);
    if (asking < 0 || connect_to(asking, text, port_of(to)) != 0) return false;
    bool is_whole = send(asking, "?", 1, 0) == 1 &&
                    recvfrom(to, &byte, 1, 0, (void *)&from, &size) == 1 && byte == '?' &&
                    (seen == nullptr || names(&from, seen)) &&
                    sendto(to, "!", 1, 0, (void *)&from, size) == 1 &&
                    recv(asking, &byte, 1, 0) == 1 && byte == '!';
    return close(asking) == 0 && is_whole;
}

TEST("datagrams of both versions come to an end of IPv6, and are answered by it")
{
    int here = open_at("::", 0, SOCK_DGRAM, 0);
    EXPECT(here >= 0 && six_only_of(here) == 0);
    EXPECT(is_answered(here, "127.0.0.1", "::ffff:127.0.0.1"));
    EXPECT(is_answered(here, "::1", "::1") && close(here) == 0);
}

TEST("an end of IPv6 alone is not called by the other version, whose end may be beside it")
{
    int six = open_at("::", 0, SOCK_STREAM, SIX_ONLY), four = -1;
    int caller = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(six >= 0 && six_only_of(six) == 1);
    EXPECT(connect_to(caller, "127.0.0.1", port_of(six)) == -1 && errno == ECONNREFUSED);
    EXPECT((four = open_at("0.0.0.0", port_of(six), SOCK_STREAM, 0)) >= 0);
    EXPECT(is_called(six, "::1", "::1") && close(caller) == 0);
    caller = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(connect_to(caller, "127.0.0.1", port_of(six)) == 0);
    int call = accept(four, nullptr, nullptr);
    EXPECT(call >= 0 && close(call) == 0 && close(caller) == 0);
    EXPECT(is_in_use("::", port_of(six), SOCK_STREAM, REUSED));
    EXPECT(close(six) == 0 && is_in_use("::", port_of(four), SOCK_STREAM, REUSED));
    EXPECT((six = open_at("::", port_of(four), SOCK_STREAM, SIX_ONLY)) >= 0);
    EXPECT(close(six) == 0 && close(four) == 0);
}

TEST("nor do datagrams of the other version come to it or go from it")
{
    struct sockaddr_storage end;
    int six = open_at("::", 0, SOCK_DGRAM, SIX_ONLY), four = -1;
    EXPECT(six >= 0 && six_only_of(six) == 1);
    EXPECT((four = open_at("0.0.0.0", port_of(six), SOCK_DGRAM, 0)) >= 0);
    EXPECT(is_answered(six, "::1", "::1") && is_answered(four, "127.0.0.1", nullptr));
    EXPECT(recv(six, &end, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    socklen_t size = end_of("::ffff:127.0.0.1", port_of(four), &end);
    EXPECT(sendto(six, "x", 1, 0, (void *)&end, size) == -1 && errno == ENETUNREACH);
    EXPECT(connect_to(six, "::ffff:127.0.0.1", port_of(four)) == -1 && errno == ENETUNREACH);
    EXPECT(close(six) == 0 && close(four) == 0);
}

TEST("who has an address, or all of them, has it alone at that port, of both versions or one")
{
    static const char *const all[] = {"::", "0.0.0.0", "127.0.0.1", "::1"};
    for (size_t i = 0; i < 2 * 4 * 4; i++) {
        const char *first = all[i / 4 % 4], *second = all[i % 4];
        int type = types[i / 16], one = open_at(first, 0, type, 0);
        bool is_other = (strchr(first, ':') == nullptr) != (strchr(second, ':') == nullptr);
        bool is_wide = strcmp(first, "::") == 0 || strcmp(second, "::") == 0;
        EXPECT(one >= 0);
        EXPECT(is_in_use(second, port_of(one), type, 0) == (is_wide || !is_other));
        EXPECT(close(one) == 0);
    }
}

TEST("who listens has the end alone, even beside who would share it, until it is closed")
{
    int one = open_at("::", 0, SOCK_STREAM, REUSED), caller = socket(AF_INET, SOCK_STREAM, 0);
    uint16_t port = port_of(one);
    EXPECT(is_in_use("127.0.0.1", port, SOCK_STREAM, REUSED));
    EXPECT(is_in_use("::1", port, SOCK_STREAM, REUSED));
    EXPECT(connect_to(caller, "127.0.0.1", port) == 0);
    int call = accept(one, nullptr, nullptr);
    EXPECT(call >= 0 && close(one) == 0 && is_in_use("0.0.0.0", port, SOCK_STREAM, 0));
    EXPECT((one = open_at("::", port, SOCK_STREAM, REUSED)) >= 0);
    EXPECT(is_called(one, "127.0.0.1", "::ffff:127.0.0.1") && close(one) == 0);
    EXPECT(close(call) == 0 && close(caller) == 0);
    EXPECT((one = open_at("127.0.0.1", port, SOCK_STREAM, REUSED)) >= 0 && close(one) == 0);
}

TEST("one user's ends of datagrams share a port when all of them say so")
{
    int one = open_at("::", 0, SOCK_DGRAM, REUSED), other = -1;
    EXPECT(is_in_use("127.0.0.1", port_of(one), SOCK_DGRAM, 0));
    EXPECT((other = open_at("127.0.0.1", port_of(one), SOCK_DGRAM, REUSED)) >= 0);
    EXPECT(close(one) == 0 && close(other) == 0);
}

TEST("a port below 1024 is for user 0, at every address, and those from there on for everybody")
{
    static const char *const addresses[] = {"0.0.0.0", "127.0.0.1", "::", "::1"};
    for (size_t i = 0; i < 8; i++) {
        const char *address = addresses[i / 2];
        int type = types[i % 2], made = open_at(address, 1024, type, 0);
        EXPECT(geteuid() != 0 && made >= 0 && close(made) == 0);
        EXPECT(open_at(address, 1023, type, 0) == -1 && errno == EACCES);
        EXPECT(open_at(address, 1, type, 0) == -1 && errno == EACCES);
    }
}

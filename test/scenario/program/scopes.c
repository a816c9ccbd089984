// SPDX-License-Identifier: MIT
// Addresses of one link (fe80::) as programs see them, by sockets and as text: the number of the
// link comes with each (RFC 3493, section 3.3; RFC 4007, section 11). The peer is this machine's
// own card.
#include "test/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CARD "ether0"

static struct sockaddr_in6 own; // without a port
static char own_text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];

// The card's address of its link, as /net tells it.
static bool own_find(void)
{
    char line[128], address[64], card[32];
    FILE *file = fopen("/net/ipselftab", "r");
    while (file != nullptr && fgets(line, sizeof line, file) != nullptr) {
        if (sscanf(line, "%63s %31s", address, card) != 2) continue;
        if (strncmp(address, "fe80:", 5) != 0 || strcmp(card, CARD) != 0) continue;
        own = (struct sockaddr_in6){.sin6_family = AF_INET6};
        own.sin6_scope_id = if_nametoindex(CARD);
        snprintf(own_text, sizeof own_text, "%s%%%s", address, CARD);
        if (inet_pton(AF_INET6, address, &own.sin6_addr) == 1) break;
    }
    if (file != nullptr) fclose(file);
    return own.sin6_scope_id != 0;
}

static struct sockaddr_in6 at_port(struct sockaddr_in6 address, in_port_t port)
{
    address.sin6_port = port;
    return address;
}

static bool is_same(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
    return a->sin6_family == AF_INET6 && a->sin6_port == b->sin6_port &&
           memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0 &&
           a->sin6_scope_id == b->sin6_scope_id;
}

static bool bind_at(int end, const struct sockaddr_in6 *where, struct sockaddr_in6 *bound)
{
    socklen_t size = sizeof *bound;
    return bind(end, (const void *)where, sizeof *where) == 0 &&
           getsockname(end, (void *)bound, &size) == 0 && size == sizeof *bound;
}

static int listen_at(const struct sockaddr_in6 *where, struct sockaddr_in6 *bound)
{
    int listener = socket(AF_INET6, SOCK_STREAM, 0);
    return bind_at(listener, where, bound) && listen(listener, 4) == 0 ? listener : -1;
}

typedef int name_call(int, struct sockaddr *, socklen_t *);

static bool tells(name_call *call, int end, const struct sockaddr_in6 *wanted)
{
    struct sockaddr_in6 told = {};
    socklen_t size = sizeof told;
    return call(end, (void *)&told, &size) == 0 && size == sizeof told && is_same(&told, wanted);
}

TEST("who takes a call of a neighbour's is told the neighbour's address and its link, and so is "
     "the caller")
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, bound, peer = {}, here;
    socklen_t size = sizeof peer;
    EXPECT(own_find());
    int listener = listen_at(&any, &bound), caller = socket(AF_INET6, SOCK_STREAM, 0);
    EXPECT(listener >= 0 && bound.sin6_scope_id == 0);
    here = at_port(own, bound.sin6_port);
    EXPECT(connect(caller, (void *)&here, sizeof here) == 0);
    int taken = accept(listener, (void *)&peer, &size);
    EXPECT(taken >= 0 && size == sizeof peer);
    struct sockaddr_in6 there = at_port(own, peer.sin6_port);
    EXPECT(is_same(&peer, &there));
    EXPECT(tells(getpeername, taken, &there) && tells(getsockname, taken, &here));
    EXPECT(tells(getpeername, caller, &here) && tells(getsockname, caller, &there));
    close(taken);
    close(caller);
    close(listener);
}

TEST("with one card the link need not be said, and is told nevertheless")
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, bound, here;
    EXPECT(own_find());
    int listener = listen_at(&any, &bound), caller = socket(AF_INET6, SOCK_STREAM, 0);
    here = at_port(own, bound.sin6_port);
    here.sin6_scope_id = 0;
    EXPECT(connect(caller, (void *)&here, sizeof here) == 0);
    here.sin6_scope_id = own.sin6_scope_id;
    EXPECT(tells(getpeername, caller, &here));
    close(caller);
    close(listener);
}

TEST("a listener at an address of a link is there alone, and says so")
{
    struct sockaddr_in6 loop = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in6 bound, bad = own;
    EXPECT(own_find());
    int listener = listen_at(&own, &bound);
    struct sockaddr_in6 here = at_port(own, bound.sin6_port);
    EXPECT(listener >= 0 && is_same(&bound, &here));
    int caller = socket(AF_INET6, SOCK_STREAM, 0), other = socket(AF_INET6, SOCK_STREAM, 0);
    EXPECT(connect(caller, (void *)&here, sizeof here) == 0);
    loop = at_port(loop, bound.sin6_port);
    EXPECT(connect(other, (void *)&loop, sizeof loop) == -1 && errno == ECONNREFUSED);
    bad.sin6_scope_id = 99;
    close(other);
    other = socket(AF_INET6, SOCK_STREAM, 0);
    EXPECT(bind(other, (void *)&bad, sizeof bad) == -1 && errno == ENODEV);
    bad.sin6_port = bound.sin6_port;
    EXPECT(connect(other, (void *)&bad, sizeof bad) == -1 && errno == ENODEV);
    close(other);
    close(caller);
    close(listener);
}

TEST("an address that is of no link comes without one")
{
    struct sockaddr_in6 loop = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in6 bound, peer = {};
    socklen_t size = sizeof peer;
    int listener = listen_at(&loop, &bound), caller = socket(AF_INET6, SOCK_STREAM, 0);
    EXPECT(listener >= 0 && bound.sin6_scope_id == 0);
    EXPECT(connect(caller, (void *)&bound, sizeof bound) == 0);
    int taken = accept(listener, (void *)&peer, &size);
    EXPECT(taken >= 0 && peer.sin6_scope_id == 0 && tells(getpeername, caller, &bound));
    close(taken);
    close(caller);
    close(listener);
}

TEST("a datagram of a neighbour's comes with the link, from a socket that has a peer and one that "
     "has none")
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, bound, from = {}, here, there;
    socklen_t size = sizeof from;
    char byte;
    EXPECT(own_find());
    int one = socket(AF_INET6, SOCK_DGRAM, 0), other = socket(AF_INET6, SOCK_DGRAM, 0);
    EXPECT(bind_at(one, &any, &bound) && bind_at(other, &any, &there));
    here = at_port(own, bound.sin6_port);
    there = at_port(own, there.sin6_port);
    EXPECT(sendto(other, "a", 1, 0, (void *)&here, sizeof here) == 1);
    EXPECT(recvfrom(one, &byte, 1, 0, (void *)&from, &size) == 1 && byte == 'a');
    EXPECT(size == sizeof from && is_same(&from, &there));
    EXPECT(sendto(one, "b", 1, 0, (void *)&from, size) == 1); // back where it came from
    EXPECT(recv(other, &byte, 1, 0) == 1 && byte == 'b');
    EXPECT(connect(other, (void *)&here, sizeof here) == 0 && tells(getpeername, other, &here));
    EXPECT(send(other, "c", 1, 0) == 1 && recv(one, &byte, 1, 0) == 1 && byte == 'c');
    close(one);
    close(other);
}

static bool is_named(const struct sockaddr_in6 *address, int flags, const char *wanted)
{
    char host[NI_MAXHOST], service[NI_MAXSERV];
    flags |= NI_NUMERICHOST | NI_NUMERICSERV;
    return getnameinfo((const void *)address, sizeof *address, host, sizeof host, service,
                       sizeof service, flags) == 0 &&
           strcmp(host, wanted) == 0 && strcmp(service, "80") == 0;
}

static int find(const char *text, struct sockaddr_in6 *address)
{
    struct addrinfo wish = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(text, "80", &wish, &found);
    if (error != 0) return error;
    memcpy(address, found->ai_addr, sizeof *address);
    freeaddrinfo(found);
    return 0;
}

TEST("as text an address of a link has the card's name or number, and is read so")
{
    char numbered[sizeof own_text], nowhere[sizeof own_text];
    EXPECT(own_find());
    struct sockaddr_in6 address = at_port(own, htons(80)), read;
    int size = (int)strcspn(own_text, "%");
    snprintf(numbered, sizeof numbered, "%.*s%%%u", size, own_text, own.sin6_scope_id);
    snprintf(nowhere, sizeof nowhere, "%.*s%%%s", size, own_text, "none7");
    EXPECT(is_named(&address, 0, own_text) && is_named(&address, NI_NUMERICSCOPE, numbered));
    EXPECT(find(own_text, &read) == 0 && is_same(&read, &address));
    EXPECT(find(numbered, &read) == 0 && is_same(&read, &address));
    EXPECT(find(nowhere, &read) == EAI_NONAME);
    char name[IF_NAMESIZE];
    EXPECT(if_indextoname(own.sin6_scope_id, name) != nullptr && strcmp(name, CARD) == 0);
}

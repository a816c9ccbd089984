// SPDX-License-Identifier: MIT
// Local sockets of datagrams, with names that are files (in the folder FOLDER, else /tmp), and with
// names that are none.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PROGRAM "/test/posix_datagrams"

static struct sockaddr_un address_of(const char *name)
{
    const char *folder = getenv("FOLDER");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *in = folder != nullptr ? folder : "/tmp";
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", in, name);
    return address;
}

static int named(const char *name)
{
    struct sockaddr_un address = address_of(name);
    int made = socket(AF_UNIX, SOCK_DGRAM, 0);
    unlink(address.sun_path);
    return bind(made, (void *)&address, sizeof address) == 0 ? made : -1;
}

static long send_to(int from, const char *name, const void *bytes, size_t size)
{
    struct sockaddr_un address = address_of(name);
    return sendto(from, bytes, size, 0, (void *)&address, sizeof address);
}

// One that the system named.
static int unnamed(struct sockaddr_un *name, socklen_t *size)
{
    int made = socket(AF_UNIX, SOCK_DGRAM, 0);
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    *size = sizeof *name;
    bool is_bound = bind(made, (void *)name, sizeof name->sun_family) == 0;
    return is_bound && getsockname(made, (void *)name, size) == 0 ? made : -1;
}

// Asks by a socket that nobody can guess the name of, and is answered there.
static int ask(void)
{
    char text[8];
    socklen_t size;
    struct sockaddr_un name;
    int here = unnamed(&name, &size);
    if (send_to(here, "service", "who?", 4) != 4) return 1;
    return recv(here, text, sizeof text, 0) == 2 && memcmp(text, "me", 2) == 0 ? 7 : 2;
}

TEST("whoever sends a datagram to a name is answered at his own")
{
    if (getenv("JOB") != nullptr) _exit(ask());
    char text[8];
    struct sockaddr_un from = {};
    socklen_t size = sizeof from;
    int here = named("service");
    pid_t pid = start_job(PROGRAM, "ask");
    EXPECT(recvfrom(here, text, sizeof text, 0, (void *)&from, &size) == 4);
    EXPECT(memcmp(text, "who?", 4) == 0 && from.sun_family == AF_UNIX && from.sun_path[0] == 0);
    EXPECT(size == offsetof(struct sockaddr_un, sun_path) + 33);
    EXPECT(sendto(here, "me", 2, 0, (void *)&from, size) == 2 && exit_code(pid) == 7);
    EXPECT(sendto(here, "me", 2, 0, (void *)&from, size) == -1 && errno == ECONNREFUSED);
    close(here);
}

TEST("names that are files are told to the receiver, and stay when the socket is closed")
{
    char text[8];
    struct sockaddr_un from = {}, wanted = address_of("one");
    socklen_t size = sizeof from;
    int one = named("one"), other = named("other");
    EXPECT(one >= 0 && other >= 0 && send_to(one, "other", "abc", 3) == 3);
    EXPECT(recvfrom(other, text, 2, MSG_TRUNC, (void *)&from, &size) == 3);
    EXPECT(strcmp(from.sun_path, wanted.sun_path) == 0);
    EXPECT(send_to(one, "one", "x", 1) == 1 && read(one, text, sizeof text) == 1);
    EXPECT(close(other) == 0 && send_to(one, "other", "x", 1) == -1 && errno == ECONNREFUSED);
    EXPECT(send_to(one, "none", "x", 1) == -1 && errno == ENOENT);
    EXPECT(bind(one, (void *)&wanted, sizeof wanted) == -1 && errno == EINVAL);
    EXPECT(unlink(wanted.sun_path) == 0 && close(one) == 0);
}

TEST("a connected one sends where it was connected to, until it is connected elsewhere")
{
    char text[8];
    struct sockaddr_un first = address_of("first"), second = address_of("second");
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int one = named("first"), other = named("second"), here = socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT(write(here, "x", 1) == -1 && errno == ENOTCONN);
    EXPECT(connect(here, (void *)&first, sizeof first) == 0 && write(here, "1", 1) == 1);
    EXPECT(read(one, text, sizeof text) == 1 && text[0] == '1');
    EXPECT(connect(here, (void *)&second, sizeof second) == 0 && send(here, "2", 1, 0) == 1);
    EXPECT(read(other, text, sizeof text) == 1 && text[0] == '2');
    EXPECT(connect(here, &none, sizeof none) == 0 && send(here, "3", 1, 0) == -1);
    EXPECT(errno == ENOTCONN);
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(connect(stream, (void *)&first, sizeof first) == -1 && close(stream) == 0);
    EXPECT(close(one) == 0 && close(other) == 0 && close(here) == 0);
}

TEST("who sends faster than is received waits, or is told that he would")
{
    static char big[20'000];
    struct timeval soon = {.tv_usec = 1000};
    struct sockaddr_un name = address_of("slow");
    int here = named("slow"), there = socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT(connect(there, (void *)&name, sizeof name) == 0);
    for (int i = 0; i < 3; i++) EXPECT(write(there, big, sizeof big) == sizeof big);
    EXPECT(send(there, big, sizeof big, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    EXPECT(setsockopt(there, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon) == 0);
    EXPECT(write(there, big, sizeof big) == -1 && errno == EAGAIN);
    EXPECT(fcntl(there, F_SETFL, O_NONBLOCK) == 0 && write(there, big, sizeof big) == -1);
    EXPECT(read(here, big, sizeof big) == sizeof big && write(there, big, 9) == 9);
    static char large[70'000];
    EXPECT(write(there, large, sizeof large) == -1 && errno == EMSGSIZE);
    EXPECT(close(here) == 0 && close(there) == 0);
}

TEST("a name that nobody was given leads nowhere, and one's own cannot be chosen")
{
    socklen_t size;
    struct sockaddr_un name, other = {.sun_family = AF_UNIX};
    int here = unnamed(&name, &size), there = socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT(here >= 0 && name.sun_path[0] == 0 && connect(there, (void *)&name, size) == 0);
    name.sun_path[9] ^= 1;
    EXPECT(connect(there, (void *)&name, size) == -1 && errno == ECONNREFUSED);
    memcpy(other.sun_path, "\0chosen", 7);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 7;
    EXPECT(bind(there, (void *)&other, length) == -1 && errno == EINVAL);
    EXPECT(connect(there, (void *)&other, length) == -1 && errno == EINVAL);
    EXPECT(close(here) == 0 && close(there) == 0);
}

// SPDX-License-Identifier: MIT
// Local sockets with a name.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PROGRAM "/test/posix_local"
#define NAME "/tmp/local"

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path);
    return address;
}

static int bind_to(int socket, const char *path)
{
    struct sockaddr_un address = address_of(path);
    return bind(socket, (void *)&address, sizeof address) == 0 ? 0 : errno;
}

static int connect_to(int socket, const char *path)
{
    struct sockaddr_un address = address_of(path);
    return connect(socket, (void *)&address, sizeof address) == 0 ? 0 : errno;
}

static int listener(int type)
{
    int socket_ = socket(AF_UNIX, type, 0);
    unlink(NAME);
    return bind_to(socket_, NAME) == 0 && listen(socket_, 4) == 0 ? socket_ : -1;
}

// Greets who listens, and tells what he said.
static int call_it(void)
{
    char text[8];
    int here = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect_to(here, NAME) != 0) return 1;
    if (write(here, "hello", 5) != 5 || read(here, text, sizeof text) != 3) return 2;
    return memcmp(text, "bye", 3) == 0 ? 7 : 3;
}

TEST("another process connects by the name, and both talk")
{
    if (getenv("JOB") != nullptr) _exit(call_it());
    char text[8];
    struct stat status;
    struct sockaddr_un name;
    socklen_t size = sizeof name;
    int here = listener(SOCK_STREAM);
    EXPECT(here >= 0 && stat(NAME, &status) == 0 && S_ISSOCK(status.st_mode));
    EXPECT(getsockname(here, (void *)&name, &size) == 0 && strcmp(name.sun_path, NAME) == 0);
    pid_t pid = start_job(PROGRAM, "call");
    int there = accept(here, nullptr, nullptr);
    EXPECT(there >= 0 && read(there, text, sizeof text) == 5 && memcmp(text, "hello", 5) == 0);
    EXPECT(write(there, "bye", 3) == 3 && exit_code(pid) == 7);
    EXPECT(read(there, text, sizeof text) == 0 && close(there) == 0 && close(here) == 0);
}

TEST("connections wait in order until they are accepted, and not too many")
{
    char byte;
    int here = listener(SOCK_STREAM | SOCK_NONBLOCK), there[5];
    struct pollfd wish = {here, POLLIN, 0};
    EXPECT(accept(here, nullptr, nullptr) == -1 && errno == EAGAIN && poll(&wish, 1, 0) == 0);
    for (int i = 0; i < 5; i++) {
        there[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        EXPECT(connect_to(there[i], NAME) == (i < 4 ? 0 : EAGAIN));
        if (i < 4) EXPECT(write(there[i], &"0123"[i], 1) == 1);
    }
    EXPECT(poll(&wish, 1, 0) == 1 && wish.revents == POLLIN);
    for (int i = 0; i < 4; i++) {
        int one = accept4(here, nullptr, nullptr, SOCK_CLOEXEC);
        EXPECT(fcntl(one, F_GETFD) == FD_CLOEXEC && (fcntl(one, F_GETFL) & O_NONBLOCK) == 0);
        EXPECT(read(one, &byte, 1) == 1 && byte == "0123"[i] && close(one) == 0);
        EXPECT(read(there[i], &byte, 1) == 0);
    }
    EXPECT(connect_to(there[4], NAME) == 0 && close(here) == 0);
    EXPECT(read(there[4], &byte, 1) == 0); // never accepted
    for (int i = 0; i < 5; i++) close(there[i]);
}

static void *connect_aside(void *unused)
{
    int here = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    long result = connect_to(here, NAME);
    if (result == 0) result = write(here, "one", 3) == 3 && write(here, "two", 3) == 3 ? 0 : -1;
    close(here);
    return (void *)result;
}

TEST("packets go over them, too")
{
    char text[16];
    void *result;
    pthread_t thread;
    int here = listener(SOCK_SEQPACKET), stream = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(connect_to(stream, NAME) == EPROTOTYPE && close(stream) == 0);
    EXPECT(pthread_create(&thread, nullptr, connect_aside, nullptr) == 0);
    int there = accept(here, nullptr, nullptr);
    EXPECT(read(there, text, sizeof text) == 3 && read(there, text, sizeof text) == 3);
    EXPECT(memcmp(text, "two", 3) == 0 && read(there, text, sizeof text) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == nullptr);
    EXPECT(close(there) == 0 && close(here) == 0);
}

TEST("who may not write to the name may not connect, and a name without its socket refuses")
{
    int here = listener(SOCK_STREAM), there = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(chmod(NAME, 0400) == 0 && connect_to(there, NAME) == EACCES);
    EXPECT(chmod(NAME, 0600) == 0 && connect_to(there, NAME) == 0);
    EXPECT(connect_to(there, NAME) == EISCONN && close(there) == 0 && close(here) == 0);
    there = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(connect_to(there, NAME) == ECONNREFUSED);
    here = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(bind_to(here, NAME) == EADDRINUSE && unlink(NAME) == 0);
    EXPECT(connect_to(there, NAME) == ENOENT && connect_to(there, "/tmp") == ECONNREFUSED);
    EXPECT(bind_to(here, NAME) == 0 && connect_to(there, NAME) == ECONNREFUSED); // not listening
    EXPECT(open(NAME, O_RDWR) == -1 && errno == ENXIO);
    EXPECT(close(here) == 0 && close(there) == 0 && unlink(NAME) == 0);
}

TEST("what cannot be is refused, each for its own reason")
{
    struct sockaddr_un address = address_of("");
    char byte;
    int here = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT(listen(here, 1) == -1 && errno == EINVAL);
    EXPECT(accept(here, nullptr, nullptr) == -1 && errno == EINVAL);
    EXPECT(read(here, &byte, 1) == -1 && errno == ENOTCONN);
    EXPECT(write(here, &byte, 1) == -1 && errno == ENOTCONN);
    EXPECT(shutdown(here, SHUT_WR) == -1 && errno == ENOTCONN);
    EXPECT(bind(here, (void *)&address, sizeof address) == -1 && errno == EINVAL);
    address.sun_family = AF_INET;
    EXPECT(connect(here, (void *)&address, sizeof address) == -1 && errno == EAFNOSUPPORT);
    EXPECT(bind_to(here, "/bin/local") == EROFS || errno == EACCES);
    EXPECT(bind_to(here, "/tmp/no/folder") == ENOENT);
    EXPECT(listen(datagrams, 1) == -1 && errno == EOPNOTSUPP);
    EXPECT(socket(AF_UNIX, SOCK_RAW, 0) == -1 && errno == EPROTOTYPE);
    EXPECT(close(here) == 0 && close(datagrams) == 0);
}

// SPDX-License-Identifier: MIT
// How connections of TCP end, and what is told beside datagrams.
#include "support.h"
#include "test/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROGRAM "/test/posix_network"

static bool make(int pair[2])
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGPIPE, SIG_IGN);
    if (bind(listener, (void *)&here, size) != 0 || listen(listener, 1) != 0) return false;
    if (getsockname(listener, (void *)&here, &size) != 0) return false;
    if (connect(pair[0], (void *)&here, size) != 0) return false;
    pair[1] = accept(listener, nullptr, nullptr);
    return pair[1] >= 0 && close(listener) == 0;
}

static bool becomes(int socket, int event)
{
    struct pollfd wish = {socket, (short)event, 0};
    while (poll(&wish, 1, -1) == 1 && (wish.revents & event) == 0) continue;
    return (wish.revents & event) != 0;
}

static int error_of(int made)
{
    int error = -1;
    socklen_t size = sizeof error;
    return getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : -1;
}

TEST("who ends after the other has ended finds the end, and no error")
{
    int pair[2];
    char byte;
    EXPECT(make(pair) && write(pair[1], "x", 1) == 1 && close(pair[1]) == 0);
    EXPECT(read(pair[0], &byte, 1) == 1 && becomes(pair[0], POLLIN));
    EXPECT(shutdown(pair[0], SHUT_WR) == 0 && becomes(pair[0], POLLHUP));
    EXPECT(read(pair[0], &byte, 1) == 0 && error_of(pair[0]) == 0);
    EXPECT(write(pair[0], &byte, 1) == -1 && errno == EPIPE && close(pair[0]) == 0);
}

TEST("who ends first reads what the other still has to say, to its end")
{
    int pair[2];
    char byte;
    EXPECT(make(pair) && shutdown(pair[0], SHUT_WR) == 0 && read(pair[1], &byte, 1) == 0);
    EXPECT(write(pair[1], "y", 1) == 1 && close(pair[1]) == 0);
    EXPECT(read(pair[0], &byte, 1) == 1 && byte == 'y' && read(pair[0], &byte, 1) == 0);
    EXPECT(error_of(pair[0]) == 0 && close(pair[0]) == 0);
}

TEST("how many more hops a datagram could have made is told to who asks")
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof where;
    int one = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    EXPECT(bind(other, (void *)&where, size) == 0);
    EXPECT(getsockname(other, (void *)&where, &size) == 0);
    EXPECT(setsockopt(one, IPPROTO_IP, IP_TTL, &(int){9}, sizeof(int)) == 0);
    EXPECT(setsockopt(other, IPPROTO_IP, IP_RECVTTL, &(int){1}, sizeof(int)) == 0);
    for (int i = 0; i < 2; i++) {
        char text[4];
        alignas(struct cmsghdr) char beside[CMSG_SPACE(sizeof(int))];
        struct iovec part = {text, sizeof text};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = beside};
        message.msg_controllen = i == 0 ? sizeof beside : 1;
        EXPECT(sendto(one, "ab", 2, 0, (void *)&where, size) == 2);
        EXPECT(recvmsg(other, &message, 0) == 2 && memcmp(text, "ab", 2) == 0);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        EXPECT((head == nullptr) == (i == 1));
        EXPECT((message.msg_flags & MSG_CTRUNC) == (i == 1 ? MSG_CTRUNC : 0));
        if (head == nullptr) continue;
        EXPECT(head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_TTL);
        EXPECT(*(int *)(void *)CMSG_DATA(head) == 9);
    }
    EXPECT(close(one) == 0 && close(other) == 0);
}

// The other end is gone with what it has not read, so that this one is reset.
static bool make_reset(int pair[2])
{
    return make(pair) && write(pair[0], "x", 1) == 1 && becomes(pair[1], POLLIN) &&
           close(pair[1]) == 0 && becomes(pair[0], POLLERR);
}

TEST("that the other end was reset is told once, to who asks first in whatever way")
{
    int pair[2];
    char byte = 0;
    struct iovec parts[] = {{&byte, 1}, {&byte, 1}};
    EXPECT(make_reset(pair) && error_of(pair[0]) == ECONNRESET && error_of(pair[0]) == 0);
    EXPECT(read(pair[0], &byte, 1) == 0 && writev(pair[0], parts, 2) == -1 && errno == EPIPE);
    EXPECT(close(pair[0]) == 0 && make_reset(pair));
    EXPECT(read(pair[0], &byte, 1) == -1 && errno == ECONNRESET && error_of(pair[0]) == 0);
    EXPECT(read(pair[0], &byte, 1) == 0 && close(pair[0]) == 0 && make_reset(pair));
    EXPECT(writev(pair[0], parts, 2) == -1 && errno == ECONNRESET && error_of(pair[0]) == 0);
    EXPECT(write(pair[0], &byte, 1) == -1 && errno == EPIPE && close(pair[0]) == 0);
}

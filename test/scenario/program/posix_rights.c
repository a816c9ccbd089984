// SPDX-License-Identifier: MIT
// Open files that go over local sockets (SCM_RIGHTS).
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROGRAM "/test/posix_rights"

enum : int { MOST = 8 };

static ssize_t give(int socket, const char *text, const int *files, size_t count)
{
    char control[CMSG_SPACE(MOST * sizeof(int))] = {};
    struct iovec part = {(void *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = (socklen_t)CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(head), files, count * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

struct taken {
    ssize_t size;
    int flags, count, files[MOST];
    char text[16];
};

static struct taken take(int socket, size_t room, int flags)
{
    char control[CMSG_SPACE(MOST * sizeof(int))] = {};
    struct taken taken = {};
    struct iovec part = {taken.text, sizeof taken.text};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = (socklen_t)CMSG_LEN(room * sizeof(int));
    taken.size = recvmsg(socket, &message, flags);
    taken.flags = message.msg_flags;
    struct cmsghdr *head = taken.size < 0 ? nullptr : CMSG_FIRSTHDR(&message);
    if (head != nullptr && head->cmsg_type == SCM_RIGHTS) {
        taken.count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(taken.files, CMSG_DATA(head), (size_t)taken.count * sizeof(int));
    }
    return taken;
}

// Says by the file that came, and by nothing else that was inherited.
static int use(void)
{
    struct taken taken = take(0, MOST, MSG_CMSG_CLOEXEC);
    if (taken.size != 4 || taken.count != 2) return 1;
    if (fcntl(taken.files[0], F_GETFD) != FD_CLOEXEC) return 2;
    if (write(taken.files[0], "from the other", 14) != 14) return 3;
    return write(taken.files[1], "!", 1) == 1 ? 7 : 4;
}

static pid_t start_with(int socket)
{
    int before = dup(0);
    dup2(socket, 0);
    pid_t pid = start_job(PROGRAM, "use");
    dup2(before, 0);
    close(before);
    return pid;
}

TEST("another process writes to files that it was sent, with their positions")
{
    if (getenv("JOB") != nullptr) _exit(use());
    int pair[2], pipes[2];
    char text[32] = {};
    unlink("/tmp/rights");
    int file = open("/tmp/rights", O_RDWR | O_CREAT | O_APPEND, 0600);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    EXPECT(pipe2(pipes, O_CLOEXEC) == 0 && write(file, "mine, ", 6) == 6);
    int both[] = {file, pipes[1]};
    EXPECT(give(pair[0], "here", both, 2) == 4 && close(pipes[1]) == 0);
    EXPECT(fcntl(file, F_SETFD, FD_CLOEXEC) == 0);
    pid_t pid = start_with(pair[1]);
    EXPECT(read(pipes[0], text, sizeof text) == 1 && exit_code(pid) == 7);
    EXPECT(pread(file, text, sizeof text, 0) == 20 && strcmp(text, "mine, from the other") == 0);
    EXPECT(lseek(file, 0, SEEK_CUR) == 20); // one open file
    EXPECT(close(pair[1]) == 0 && read(pipes[0], text, 1) == 0);
    close(pair[0]), close(pipes[0]), close(file);
}

static void each_comes_with_its_bytes(int type)
{
    int pair[2], first = open("/dev/null", O_WRONLY), second = open("/dev/zero", O_RDONLY);
    struct stat one, other;
    char text[8];
    EXPECT(socketpair(AF_UNIX, type, 0, pair) == 0);
    EXPECT(write(pair[0], "a", 1) == 1 && give(pair[0], "b", &first, 1) == 1);
    EXPECT(give(pair[0], "c", &second, 1) == 1 && write(pair[0], "d", 1) == 1);
    struct taken taken = take(pair[1], MOST, 0);
    EXPECT(taken.size == 1 && taken.text[0] == 'a' && taken.count == 0);
    taken = take(pair[1], MOST, MSG_PEEK);
    EXPECT(taken.size == 1 && taken.text[0] == 'b' && taken.count == 0); // only looked at
    taken = take(pair[1], MOST, 0);
    EXPECT(taken.size == 1 && taken.text[0] == 'b' && taken.count == 1);
    EXPECT(fstat(taken.files[0], &one) == 0 && fstat(first, &other) == 0);
    EXPECT(one.st_ino == other.st_ino && write(taken.files[0], "x", 1) == 1);
    EXPECT(close(taken.files[0]) == 0);
    EXPECT(read(pair[1], text, sizeof text) > 0 && text[0] == 'c'); // what came along is gone
    if (type == SOCK_STREAM) EXPECT(close(pair[0]) == 0);
    close(pair[0]), close(pair[1]), close(first), close(second);
}

TEST("files come with the bytes that they were sent with, in a stream and with packets")
{
    each_comes_with_its_bytes(SOCK_STREAM);
    each_comes_with_its_bytes(SOCK_SEQPACKET);
    each_comes_with_its_bytes(SOCK_DGRAM);
}

TEST("a socket goes over a socket, and a descriptor twice")
{
    int pair[2], other[2];
    char byte = 0;
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, other) == 0);
    int both[] = {other[0], other[0]};
    EXPECT(give(pair[0], "s", both, 2) == 1 && close(other[0]) == 0);
    struct taken taken = take(pair[1], MOST, 0);
    EXPECT(taken.count == 2 && taken.files[0] != taken.files[1]);
    EXPECT(send(taken.files[0], "1", 1, 0) == 1 && read(other[1], &byte, 1) == 1 && byte == '1');
    EXPECT(close(taken.files[0]) == 0 && send(taken.files[1], "2", 1, 0) == 1);
    EXPECT(close(taken.files[1]) == 0 && read(other[1], &byte, 1) == 1 && byte == '2');
    EXPECT(read(other[1], &byte, 1) == 0);
    close(pair[0]), close(pair[1]), close(other[1]);
}

TEST("who has no room for all is told, and what nobody took is closed")
{
    int pair[2], pipes[2];
    char byte;
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(pipes) == 0);
    int both[] = {pipes[1], pipes[1]};
    EXPECT(give(pair[0], "x", both, 2) == 1);
    struct taken taken = take(pair[1], 1, 0);
    EXPECT(taken.count == 1 && (taken.flags & MSG_CTRUNC) != 0 && close(taken.files[0]) == 0);
    EXPECT(give(pair[0], "y", both, 2) == 1 && close(pipes[1]) == 0);
    EXPECT(recv(pair[1], &byte, 1, 0) == 1 && byte == 'y' && read(pipes[0], &byte, 1) == 0);
    EXPECT(close(pipes[0]) == 0 && pipe(pipes) == 0);
    EXPECT(give(pair[0], "z", &pipes[1], 1) == 1 && close(pipes[1]) == 0);
    EXPECT(close(pair[1]) == 0 && close(pair[0]) == 0 && read(pipes[0], &byte, 1) == 0);
    close(pipes[0]);
}

TEST("what cannot be sent is refused, and not too much is under way")
{
    int pair[2], none = 999, file = open("/dev/null", O_RDONLY), count = 0;
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    EXPECT(give(pair[0], "x", &none, 1) == -1 && errno == EBADF);
    while (count < 1000 && give(pair[0], "x", &file, 1) == 1) count++;
    EXPECT(errno == EAGAIN && count == 16);
    EXPECT(close(pair[1]) == 0 && give(pair[0], "x", &file, 1) == -1 && errno == EPIPE);
    close(pair[0]), close(file);
}

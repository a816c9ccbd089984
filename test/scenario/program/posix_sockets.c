// SPDX-License-Identifier: MIT
// Pairs of local sockets.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool make(int type, int pair[2])
{
    signal(SIGPIPE, SIG_IGN);
    return socketpair(AF_UNIX, type, 0, pair) == 0;
}

static void drop(const int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

// What one receives is this.
static bool receives(int socket, const char *text)
{
    char buffer[64];
    ssize_t got = read(socket, buffer, sizeof buffer);
    return got == (ssize_t)strlen(text) && memcmp(buffer, text, (size_t)got) == 0;
}

static int ready(int socket, int events)
{
    struct pollfd wish = {socket, (short)events, 0};
    return poll(&wish, 1, 0) < 0 ? -1 : wish.revents;
}

TEST("bytes go both ways and join, and the end is found when the other is gone")
{
    int pair[2];
    char buffer[4];
    EXPECT(make(SOCK_STREAM, pair));
    EXPECT(write(pair[0], "to", 2) == 2 && write(pair[0], "gether", 6) == 6);
    EXPECT(write(pair[1], "back", 4) == 4 && receives(pair[0], "back"));
    EXPECT(read(pair[1], buffer, 4) == 4 && memcmp(buffer, "toge", 4) == 0);
    EXPECT(receives(pair[1], "ther") && write(pair[0], "last", 4) == 4 && close(pair[0]) == 0);
    EXPECT(receives(pair[1], "last") && read(pair[1], buffer, 4) == 0);
    EXPECT(write(pair[1], "x", 1) == -1 && errno == EPIPE && close(pair[1]) == 0);
}

TEST("one direction can be shut, and the other goes on")
{
    int pair[2];
    char buffer[4];
    EXPECT(make(SOCK_STREAM, pair));
    EXPECT(write(pair[0], "end", 3) == 3 && shutdown(pair[0], SHUT_WR) == 0);
    EXPECT(receives(pair[1], "end") && read(pair[1], buffer, 4) == 0);
    EXPECT(write(pair[0], "x", 1) == -1 && errno == EPIPE);
    EXPECT(write(pair[1], "still", 5) == 5 && receives(pair[0], "still"));
    EXPECT(shutdown(pair[0], SHUT_RD) == 0 && read(pair[0], buffer, 4) == 0);
    EXPECT(send(pair[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    EXPECT(shutdown(pair[0], 9) == -1 && errno == EINVAL);
    close(pair[1]);
    EXPECT(shutdown(pair[0], SHUT_RDWR) == -1 && errno == ENOTCONN);
    close(pair[0]);
}

TEST("who may not wait is told so, as a socket or for one call")
{
    int pair[2];
    char buffer[4];
    static char many[300'000];
    EXPECT(make(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, pair));
    EXPECT(fcntl(pair[0], F_GETFL) == (O_RDWR | O_NONBLOCK));
    EXPECT(fcntl(pair[1], F_GETFD) == FD_CLOEXEC);
    EXPECT(read(pair[0], buffer, 4) == -1 && errno == EAGAIN);
    ssize_t sent = write(pair[0], many, sizeof many);
    EXPECT(sent > 4096 && sent < (ssize_t)sizeof many);
    EXPECT(write(pair[0], many, 1) == -1 && errno == EAGAIN);
    drop(pair);
    EXPECT(make(SOCK_STREAM, pair));
    EXPECT(recv(pair[0], buffer, 4, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    sent = send(pair[0], many, sizeof many, MSG_DONTWAIT);
    EXPECT(sent > 4096 && sent < (ssize_t)sizeof many);
    while (send(pair[0], many, sizeof many, MSG_DONTWAIT) > 0) continue;
    EXPECT(errno == EAGAIN && (ready(pair[0], POLLOUT) & POLLOUT) == 0);
    drop(pair);
}

TEST("what is peeked at stays, and all that is wanted is waited for")
{
    int pair[2], size = 0;
    char buffer[8] = {};
    EXPECT(make(SOCK_STREAM, pair));
    EXPECT(write(pair[0], "abcdef", 6) == 6 && recv(pair[1], buffer, 3, MSG_PEEK) == 3);
    EXPECT(memcmp(buffer, "abc", 3) == 0 && ioctl(pair[1], FIONREAD, &size) == 0 && size == 6);
    EXPECT(receives(pair[1], "abcdef"));
    EXPECT(write(pair[0], "abc", 3) == 3 && shutdown(pair[0], SHUT_WR) == 0);
    EXPECT(recv(pair[1], buffer, 8, MSG_WAITALL) == 3);
    drop(pair);
}

TEST("poll tells what would not wait, and the end")
{
    int pair[2];
    EXPECT(make(SOCK_STREAM, pair));
    EXPECT(ready(pair[0], POLLIN | POLLOUT) == POLLOUT);
    EXPECT(write(pair[1], "x", 1) == 1 && ready(pair[0], POLLIN) == POLLIN);
    EXPECT(receives(pair[0], "x") && shutdown(pair[1], SHUT_WR) == 0);
    EXPECT(ready(pair[0], POLLIN) == POLLIN && close(pair[1]) == 0);
    EXPECT((ready(pair[0], POLLIN) & POLLHUP) != 0);
    close(pair[0]);
}

static void test_messages(int type)
{
    int pair[2];
    char buffer[4];
    static char many[70'000];
    EXPECT(make(type, pair));
    EXPECT(write(pair[0], "one", 3) == 3 && write(pair[0], "", 0) == 0);
    EXPECT(send(pair[0], "longer", 6, 0) == 6 && write(pair[0], "next", 4) == 4);
    EXPECT(receives(pair[1], "one") && recv(pair[1], buffer, 4, 0) == 0);
    EXPECT(recv(pair[1], buffer, 4, MSG_PEEK | MSG_TRUNC) == 6);
    EXPECT(recv(pair[1], buffer, 4, 0) == 4 && memcmp(buffer, "long", 4) == 0);
    EXPECT(receives(pair[1], "next") && recv(pair[1], buffer, 4, MSG_DONTWAIT) == -1);
    EXPECT(errno == EAGAIN && write(pair[0], many, sizeof many) == -1 && errno == EMSGSIZE);
    for (int i = 0; i < 3; i++) EXPECT(write(pair[0], many, 20'000) == 20'000);
    EXPECT(send(pair[0], many, 20'000, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    drop(pair);
}

TEST("datagrams and packets stay what they are")
{
    int pair[2];
    test_messages(SOCK_DGRAM);
    test_messages(SOCK_SEQPACKET);
    EXPECT(make(SOCK_DGRAM, pair) && close(pair[1]) == 0);
    EXPECT(write(pair[0], "x", 1) == -1 && errno == ECONNREFUSED && close(pair[0]) == 0);
    EXPECT(make(SOCK_SEQPACKET, pair) && close(pair[1]) == 0);
    EXPECT(write(pair[0], "x", 1) == -1 && errno == EPIPE && close(pair[0]) == 0);
}

TEST("several buffers are one message, and a cut one is told")
{
    int pair[2];
    char first[2], second[2];
    struct iovec out[] = {{"ab", 2}, {"cde", 3}}, in[] = {{first, 2}, {second, 2}};
    struct msghdr sent = {.msg_iov = out, .msg_iovlen = 2}, got = {.msg_iov = in, .msg_iovlen = 2};
    EXPECT(make(SOCK_SEQPACKET, pair) && sendmsg(pair[0], &sent, 0) == 5);
    EXPECT(recvmsg(pair[1], &got, 0) == 4 && got.msg_flags == MSG_TRUNC);
    EXPECT(memcmp(first, "ab", 2) == 0 && memcmp(second, "cd", 2) == 0);
    drop(pair);
}

TEST("it is a socket, and tells of what kind")
{
    int pair[2], type = 0;
    struct stat status;
    struct sockaddr_un name;
    socklen_t size = sizeof type;
    EXPECT(make(SOCK_SEQPACKET, pair) && fstat(pair[0], &status) == 0);
    EXPECT(S_ISSOCK(status.st_mode) && lseek(pair[0], 0, SEEK_SET) == -1 && errno == ESPIPE);
    EXPECT(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET);
    size = sizeof name;
    EXPECT(getpeername(pair[0], (void *)&name, &size) == 0 && name.sun_family == AF_UNIX);
    EXPECT(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, &type, sizeof type) == 0);
    drop(pair);
}

TEST("what cannot be made is refused, each for its own reason")
{
    int pair[2];
    EXPECT(socketpair(AF_UNIX, SOCK_RAW, 0, pair) == -1 && errno == EPROTOTYPE);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 77, pair) == -1 && errno == EPROTONOSUPPORT);
    EXPECT(socketpair(AF_INET, SOCK_STREAM, 0, pair) == -1 && errno == EOPNOTSUPP);
    EXPECT(socketpair(-1, SOCK_STREAM, 0, pair) == -1 && errno == EAFNOSUPPORT);
}

// Runs a line of the shell with one end as its input and output.
static pid_t start(char *line, const int pair[2])
{
    pid_t pid;
    posix_spawn_file_actions_t actions;
    extern char **environ;
    char *arguments[] = {"/bin/sh", "-c", line, nullptr};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
    posix_spawn_file_actions_addclose(&actions, pair[0]);
    posix_spawn_file_actions_addclose(&actions, pair[1]);
    int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -1;
}

TEST("a child's end lives until the child has ended, or was killed")
{
    int pair[2];
    char buffer[4];
    EXPECT(make(SOCK_STREAM, pair));
    pid_t pid = start("read line; echo got $line", pair);
    EXPECT(pid > 0 && close(pair[1]) == 0 && write(pair[0], "it\n", 3) == 3);
    EXPECT(receives(pair[0], "got it\n") && read(pair[0], buffer, 4) == 0 && exit_code(pid) == 0);
    close(pair[0]);
    EXPECT(make(SOCK_STREAM, pair));
    pid = start("echo here; exec cat", pair);
    EXPECT(close(pair[1]) == 0 && receives(pair[0], "here\n") && kill(pid, SIGKILL) == 0);
    EXPECT(read(pair[0], buffer, 4) == 0 && exit_code(pid) == -1 && close(pair[0]) == 0);
}

TEST("after vfork the child's socket is still one")
{
    int pair[2];
    EXPECT(make(SOCK_STREAM, pair));
    pid_t pid = vfork(); // NOLINT(bugprone-unsafe-functions): it is what is tried here
    if (pid == 0) {
        close(pair[0]);
        dup2(pair[1], 0);
        dup2(0, 1);
        execl("/bin/sh", "sh", "-c", "test -S /dev/fd/0 && cat", nullptr);
        _exit(99);
    }
    EXPECT(pid > 0 && close(pair[1]) == 0 && write(pair[0], "echo", 4) == 4);
    EXPECT(shutdown(pair[0], SHUT_WR) == 0 && receives(pair[0], "echo") && exit_code(pid) == 0);
    close(pair[0]);
}

static void nothing(int number) {}

TEST("waiting is ended by a signal, and by the time that the socket has for it")
{
    int pair[2];
    char buffer[4];
    struct sigaction action = {.sa_handler = nothing};
    struct timeval time = {0, 20'000};
    EXPECT(make(SOCK_STREAM, pair) && sigaction(SIGALRM, &action, nullptr) == 0);
    ualarm(20'000, 20'000); // again, when the first comes before the wait
    EXPECT(read(pair[0], buffer, 4) == -1 && errno == EINTR && ualarm(0, 0) <= 20'000);
    EXPECT(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
    EXPECT(read(pair[0], buffer, 4) == -1 && errno == EAGAIN);
    drop(pair);
}

static void *take_all(void *socket)
{
    static char buffer[9000];
    ssize_t got;
    size_t total = 0;
    while ((got = read(*(int *)socket, buffer, sizeof buffer)) > 0) total += (size_t)got;
    return (void *)total;
}

TEST("more than fits goes through while it is read")
{
    int pair[2];
    void *taken;
    pthread_t thread;
    static char many[300'000];
    EXPECT(make(SOCK_STREAM, pair) && pthread_create(&thread, nullptr, take_all, &pair[1]) == 0);
    EXPECT(write(pair[0], many, sizeof many) == sizeof many && close(pair[0]) == 0);
    EXPECT(pthread_join(thread, &taken) == 0 && (size_t)taken == sizeof many);
    close(pair[1]);
}

TEST("a pipe that may not wait does not")
{
    int pair[2];
    char buffer[4];
    EXPECT(pipe2(pair, O_NONBLOCK | O_CLOEXEC) == 0);
    EXPECT(read(pair[0], buffer, 4) == -1 && errno == EAGAIN);
    drop(pair);
    EXPECT(pipe2(pair, O_APPEND) == -1 && errno == EINVAL);
}

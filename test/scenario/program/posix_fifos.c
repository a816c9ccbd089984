// SPDX-License-Identifier: MIT
// Pipes with a name: in /tmp, or in the folder that FOLDER has.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "fifo"

static bool make(void)
{
    const char *folder = getenv("FOLDER");
    if (chdir(folder != nullptr ? folder : "/tmp") != 0) return false;
    unlink(NAME);
    return mkfifo(NAME, 0600) == 0;
}

static pid_t start(char *line)
{
    pid_t pid;
    char *arguments[] = {"/bin/sh", "-c", line, nullptr};
    extern char **environ;
    return posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments, environ) == 0 ? pid : -1;
}

TEST("a fifo is a file of its kind, and what one process writes another reads")
{
    char text[16];
    struct stat status;
    EXPECT(make() && mkfifo(NAME, 0600) == -1 && errno == EEXIST);
    EXPECT(stat(NAME, &status) == 0 && S_ISFIFO(status.st_mode));
    pid_t pid = start("echo hello > " NAME);
    int reader = open(NAME, O_RDONLY); // whoever comes first waits
    EXPECT(reader >= 0 && read(reader, text, sizeof text) == 6 && memcmp(text, "hello\n", 6) == 0);
    EXPECT(exit_code(pid) == 0 && read(reader, text, sizeof text) == 0 && close(reader) == 0);
    pid = start("read line < " NAME "; test \"$line\" = back");
    int writer = open(NAME, O_WRONLY);
    EXPECT(write(writer, "back\n", 5) == 5 && close(writer) == 0 && exit_code(pid) == 0);
}

TEST("who may not wait reads nothing, or is told that nobody reads")
{
    char text[16];
    struct pollfd wish = {.events = POLLIN};
    EXPECT(make() && open(NAME, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
    int reader = open(NAME, O_RDONLY | O_NONBLOCK);
    EXPECT(reader >= 0 && read(reader, text, sizeof text) == 0);
    wish.fd = reader;
    EXPECT(poll(&wish, 1, 0) == 0);
    int writer = open(NAME, O_WRONLY | O_NONBLOCK);
    EXPECT(writer >= 0 && read(reader, text, sizeof text) == -1 && errno == EAGAIN);
    EXPECT(write(writer, "abc", 3) == 3 && poll(&wish, 1, -1) == 1 && wish.revents == POLLIN);
    EXPECT(read(reader, text, 2) == 2 && close(writer) == 0);
    EXPECT(read(reader, text, sizeof text) == 1 && text[0] == 'c');
    EXPECT(poll(&wish, 1, -1) == 1 && (wish.revents & POLLHUP) != 0);
    EXPECT(lseek(reader, 0, SEEK_SET) == -1 && errno == ESPIPE && close(reader) == 0);
}

TEST("a writer without readers is told so, and what nobody has open is empty again")
{
    char text[16];
    EXPECT(make());
    signal(SIGPIPE, SIG_IGN);
    int both = open(NAME, O_RDWR), writer = open(NAME, O_WRONLY);
    EXPECT(both >= 0 && writer >= 0 && write(writer, "lost", 4) == 4 && close(both) == 0);
    EXPECT(write(writer, "x", 1) == -1 && errno == EPIPE && close(writer) == 0);
    int reader = open(NAME, O_RDONLY | O_NONBLOCK);
    EXPECT(read(reader, text, sizeof text) == 0 && close(reader) == 0);
}

static void nothing(int number) {}

TEST("waiting for the other end is ended by a signal, and by being killed")
{
    struct sigaction action = {.sa_handler = nothing};
    EXPECT(make() && sigaction(SIGALRM, &action, nullptr) == 0);
    ualarm(20'000, 20'000); // again, when the first comes before the wait
    EXPECT(open(NAME, O_RDONLY) == -1 && errno == EINTR && ualarm(0, 0) <= 20'000);
    pid_t pid = start("exec cat " NAME);
    int writer = open(NAME, O_WRONLY);
    EXPECT(writer >= 0 && kill(pid, SIGKILL) == 0 && exit_code(pid) == -1);
    signal(SIGPIPE, SIG_IGN);
    EXPECT(write(writer, "x", 1) == -1 && errno == EPIPE && close(writer) == 0);
    pid = start("exec cat > " NAME);
    EXPECT(kill(pid, SIGKILL) == 0 && exit_code(pid) == -1);
    EXPECT(open(NAME, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
}

static void *take_all(void *result)
{
    char text[1000];
    ssize_t got;
    int reader = open(NAME, O_RDONLY);
    while ((got = read(reader, text, sizeof text)) > 0) *(size_t *)result += (size_t)got;
    close(reader);
    return nullptr;
}

TEST("more than fits goes through while it is read")
{
    pthread_t thread;
    static char many[300'000];
    size_t taken = 0;
    EXPECT(make() && pthread_create(&thread, nullptr, take_all, &taken) == 0);
    int writer = open(NAME, O_WRONLY);
    EXPECT(write(writer, many, sizeof many) == sizeof many && close(writer) == 0);
    EXPECT(pthread_join(thread, nullptr) == 0 && taken == sizeof many);
    EXPECT(unlink(NAME) == 0);
}

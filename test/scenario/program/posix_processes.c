// SPDX-License-Identifier: MIT
// Processes through the C library: vfork and exec, posix_spawn, pipes, waiting, groups, signals
// between them.
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-unsafe-functions): vfork is what is tried here.
extern char **environ;

// Starts `sh -c text`; its pid.
static pid_t shell(const char *text)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", text, nullptr);
        _exit(127);
    }
    return pid;
}

static int result_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

TEST("a child's exit code and its signal are told")
{
    EXPECT(result_of(shell("exit 7")) == 7 << 8);
    EXPECT(result_of(shell("kill -9 $$")) == SIGKILL);
    EXPECT(result_of(shell("true")) == 0);
    EXPECT(waitpid(-1, nullptr, 0) == -1 && errno == ECHILD);
}

TEST("a program that does not exist fails in the child alone")
{
    char *arguments[] = {"none", nullptr};
    pid_t pid = vfork();
    if (pid == 0) {
        execv("/bin/none", arguments);
        _exit(errno == ENOENT ? 42 : 43);
    }
    EXPECT(pid > 0 && result_of(pid) == 42 << 8);
    EXPECT(posix_spawn(&pid, "/bin/none", nullptr, nullptr, arguments, environ) == ENOENT);
    EXPECT(waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD);
}

TEST("what a child does before exec does not touch its parent")
{
    char path[64];
    EXPECT(chdir("/tmp") == 0);
    pid_t pid = vfork();
    if (pid == 0) {
        close(1);
        chdir("/");
        open("/tmp/out", O_WRONLY | O_CREAT | O_TRUNC, 0644);
        execl("/bin/pwd", "pwd", nullptr);
        _exit(127);
    }
    EXPECT(result_of(pid) == 0);
    EXPECT(strcmp(getcwd(path, sizeof path), "/tmp") == 0 && fcntl(1, F_GETFD) == 0);
    int file = open("/tmp/out", O_RDONLY);
    EXPECT(read(file, path, sizeof path) == 2 && memcmp(path, "/\n", 2) == 0);
    close(file);
}

TEST("a pipe carries bytes from child to parent, and its end")
{
    int ends[2];
    char text[32];
    EXPECT(pipe(ends) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    char *arguments[] = {"echo", "through", "a", "pipe", nullptr};
    pid_t pid;
    EXPECT(posix_spawnp(&pid, "echo", &actions, nullptr, arguments, environ) == 0);
    close(ends[1]);
    EXPECT(read(ends[0], text, sizeof text) == 15 && memcmp(text, "through a pipe\n", 15) == 0);
    EXPECT(read(ends[0], text, sizeof text) == 0);
    EXPECT(result_of(pid) == 0);
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
}

TEST("descriptors with close-on-exec stay behind, others keep their position")
{
    int file = open("/tmp/kept", O_RDWR | O_CREAT | O_TRUNC, 0644);
    EXPECT(write(file, "one\ntwo\n", 8) == 8 && lseek(file, 4, SEEK_SET) == 4);
    int hidden = fcntl(file, F_DUPFD_CLOEXEC, 30), shown = fcntl(file, F_DUPFD, 31);
    EXPECT(hidden == 30 && shown == 31);
    EXPECT(result_of(shell("cat <&31 > /tmp/copy; ( : <&30 ) 2>/dev/null && exit 1; exit 0")) == 0);
    EXPECT(lseek(file, 0, SEEK_CUR) == 8);
    close(file), close(shown), close(hidden);
}

TEST("writing to a pipe that nobody reads is an error and a signal")
{
    int ends[2];
    EXPECT(pipe(ends) == 0 && close(ends[0]) == 0);
    signal(SIGPIPE, SIG_IGN);
    EXPECT(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    signal(SIGPIPE, SIG_DFL);
    close(ends[1]);
    EXPECT(result_of(shell("yes | head -n 1 > /dev/null")) == 0);
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
    caught = number;
}

static void catch_signal(int number, int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    caught = 0;
    sigaction(number, &action, nullptr);
}

TEST("a signal ends a wait, or the wait goes on after it")
{
    int ends[2];
    char c;
    EXPECT(pipe(ends) == 0);
    catch_signal(SIGALRM, 0);
    alarm(1);
    EXPECT(read(ends[0], &c, 1) == -1 && errno == EINTR && caught == SIGALRM);
    catch_signal(SIGALRM, SA_RESTART);
    alarm(1);
    char text[64];
    snprintf(text, sizeof text, "sleep 2; echo x >&%d", ends[1]);
    pid_t pid = shell(text);
    EXPECT(read(ends[0], &c, 1) == 1 && c == 'x' && caught == SIGALRM);
    EXPECT(result_of(pid) == 0);
    close(ends[0]), close(ends[1]);
}

TEST("a computing program is called up")
{
    catch_signal(SIGALRM, 0);
    alarm(1);
    volatile double x = 1.5;
    while (caught == 0) x = x * 1.000001;
    EXPECT(caught == SIGALRM && x > 1.5);
}

TEST("blocked signals wait until they are let in")
{
    sigset_t set, before, pending;
    catch_signal(SIGUSR1, 0);
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    EXPECT(sigprocmask(SIG_BLOCK, &set, &before) == 0);
    EXPECT(kill(getpid(), SIGUSR1) == 0 && caught == 0);
    EXPECT(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
    EXPECT(sigsuspend(&before) == -1 && errno == EINTR && caught == SIGUSR1);
    EXPECT(sigprocmask(SIG_SETMASK, &before, nullptr) == 0);
}

TEST("a stopped child is told of, continues and ends")
{
    int status;
    pid_t pid = shell("kill -STOP $$; exit 3");
    EXPECT(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    EXPECT(WSTOPSIG(status) == SIGSTOP && kill(pid, SIGCONT) == 0);
    EXPECT(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
}

TEST("a child's end raises SIGCHLD, and ignoring it leaves no zombies")
{
    catch_signal(SIGCHLD, SA_RESTART);
    EXPECT(result_of(shell("exit 0")) == 0 && caught == SIGCHLD);
    signal(SIGCHLD, SIG_IGN);
    EXPECT(shell("exit 0") > 0);
    EXPECT(waitpid(-1, nullptr, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

TEST("groups are signalled together, and a session is a new group")
{
    pid_t pid = vfork();
    if (pid == 0) {
        setpgid(0, 0);
        execl("/bin/sleep", "sleep", "100", nullptr);
        _exit(127);
    }
    EXPECT(getpgid(pid) == pid && getpgid(0) != pid);
    EXPECT(kill(-pid, SIGTERM) == 0 && result_of(pid) == SIGTERM);
    EXPECT(kill(pid, 0) == -1 && errno == ESRCH);
    EXPECT(getsid(0) > 0 && getppid() > 0);
}

TEST("poll waits for whoever is ready first, and for time")
{
    int first[2], second[2];
    EXPECT(pipe(first) == 0 && pipe(second) == 0);
    struct pollfd wish[3] = {{first[0], POLLIN, 0}, {second[0], POLLIN, 0}, {first[1], POLLOUT, 0}};
    EXPECT(poll(wish, 2, 0) == 0);
    EXPECT(poll(wish, 3, -1) == 1 && wish[2].revents == POLLOUT);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    EXPECT(poll(wish, 2, 200) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long passed =
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
    EXPECT(passed >= 200 && passed < 5000);
    char text[64];
    snprintf(text, sizeof text, "sleep 1; echo x >&%d", second[1]);
    pid_t pid = shell(text);
    EXPECT(poll(wish, 2, 10'000) == 1 && wish[1].revents == POLLIN && wish[0].revents == 0);
    EXPECT(result_of(pid) == 0);
    close(second[1]);
    char c[2];
    EXPECT(read(second[0], c, 2) == 2 && poll(wish + 1, 1, 0) == 1 && (wish[1].revents & POLLHUP));
    close(first[0]), close(first[1]), close(second[0]);
}

TEST("popen and system run a shell")
{
    char line[32] = "";
    FILE *pipe = popen("echo from popen", "r");
    EXPECT(pipe != nullptr && fgets(line, sizeof line, pipe) != nullptr);
    EXPECT(strcmp(line, "from popen\n") == 0 && pclose(pipe) == 0);
    EXPECT(system("exit 5") == 5 << 8);
}

TEST("many children at once come back each once")
{
    pid_t pids[20];
    for (int i = 0; i < 20; i++) EXPECT((pids[i] = shell("exit 1")) > 0);
    for (int i = 0; i < 20; i++) EXPECT(wait(nullptr) > 0);
    EXPECT(wait(nullptr) == -1 && errno == ECHILD);
    for (int i = 0; i < 19; i++) EXPECT(pids[i] != pids[i + 1]);
}
// NOLINTEND(bugprone-unsafe-functions)

// SPDX-License-Identifier: MIT
// Pseudoterminals and termios through the C library, from both ends of a pty.
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-unsafe-functions): vfork is what is tried here.
static int master, slave;

static void open_both(void)
{
    struct winsize size = {.ws_row = 30, .ws_col = 100};
    EXPECT(openpty(&master, &slave, nullptr, nullptr, &size) == 0);
    fcntl(master, F_SETFD, FD_CLOEXEC);
}

static void close_both(void)
{
    close(slave);
    close(master);
}

static bool reads(int file, const char *wanted)
{
    char text[512];
    ssize_t size = read(file, text, sizeof text);
    if (size == (ssize_t)strlen(wanted) && memcmp(text, wanted, (size_t)size) == 0) return true;
    printf("read %zd: %.*s\n", size, size > 0 ? (int)size : 0, text);
    return false;
}

static void type(const char *text)
{
    EXPECT(write(master, text, strlen(text)) == (ssize_t)strlen(text));
}

static short ready(int file)
{
    struct pollfd wish = {file, POLLIN, 0};
    return poll(&wish, 1, 0) >= 0 ? wish.revents : -1;
}

static void set_modes(tcflag_t off, int least, int tenths)
{
    struct termios modes;
    EXPECT(tcgetattr(slave, &modes) == 0);
    modes.c_lflag &= ~off;
    modes.c_cc[VMIN] = (cc_t)least;
    modes.c_cc[VTIME] = (cc_t)tenths;
    EXPECT(tcsetattr(slave, TCSANOW, &modes) == 0);
}

static long milliseconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1'000'000;
}

TEST("a pty is made, named, unlocked, opened, and gone when it is closed")
{
    char name[64], other[64];
    struct stat status;
    int first = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT(first >= 0 && ptsname_r(first, name, sizeof name) == 0);
    EXPECT(strncmp(name, "/dev/pts/", 9) == 0 && strcmp(ptsname(first), name) == 0);
    EXPECT(open(name, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
    EXPECT(grantpt(first) == 0 && unlockpt(first) == 0);
    int file = open(name, O_RDWR | O_NOCTTY);
    EXPECT(file >= 0 && isatty(file) && isatty(first));
    EXPECT(strcmp(ttyname(file), name) == 0);
    EXPECT(fstat(file, &status) == 0 && S_ISCHR(status.st_mode) && status.st_uid == getuid());
    EXPECT((status.st_mode & 0777) == 0600);
    int second = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT(ptsname_r(second, other, sizeof other) == 0 && strcmp(name, other) != 0);
    close(second), close(file), close(first);
    EXPECT(open(name, O_RDWR | O_NOCTTY) == -1 && errno == ENOENT);
}

TEST("canonical mode: lines, echo, erasing, end of input")
{
    open_both();
    type("ab\x7f"
         "c\r");
    EXPECT(reads(master, "ab\b \bc\r\n") && reads(slave, "ac\n"));
    type("part\x04");
    EXPECT(reads(slave, "part") && reads(master, "part"));
    type("\x04");
    EXPECT(reads(slave, ""));
    EXPECT(write(slave, "x\ny", 3) == 3 && reads(master, "x\r\ny"));
    close_both();
}

TEST("raw mode: bytes as they come, and no echo")
{
    struct termios modes;
    open_both();
    EXPECT(tcgetattr(slave, &modes) == 0);
    cfmakeraw(&modes);
    EXPECT(tcsetattr(slave, TCSANOW, &modes) == 0);
    type("a\r\x03\x04");
    EXPECT(reads(slave, "a\r\x03\x04") && ready(master) == 0);
    EXPECT(write(slave, "\n", 1) == 1 && reads(master, "\n"));
    close_both();
}

TEST("VMIN and VTIME say what a read waits for")
{
    struct timespec begin;
    open_both();
    set_modes(ICANON | ECHO, 0, 0);
    EXPECT(reads(slave, ""));
    set_modes(ICANON | ECHO, 3, 0);
    type("ab");
    EXPECT(ready(slave) == 0);
    type("c");
    EXPECT(ready(slave) == POLLIN && reads(slave, "abc"));
    clock_gettime(CLOCK_MONOTONIC, &begin);
    set_modes(ICANON | ECHO, 0, 3);
    EXPECT(reads(slave, "") && milliseconds_since(&begin) >= 300);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    set_modes(ICANON | ECHO, 5, 2);
    type("de");
    EXPECT(reads(slave, "de") && milliseconds_since(&begin) >= 200);
    close_both();
}

TEST("queues are flushed, output stops and goes on, the rest succeeds")
{
    int count = -1;
    open_both();
    type("lost\r");
    EXPECT(tcflush(slave, TCIOFLUSH) == 0 && ready(slave) == 0 && ready(master) == 0);
    EXPECT(tcdrain(slave) == 0 && tcsendbreak(slave, 0) == 0);
    EXPECT(tcflow(slave, TCOOFF) == 0 && write(slave, "held", 4) == 4 && ready(master) == 0);
    EXPECT(tcflow(slave, TCOON) == 0 && reads(master, "held"));
    type("\x13");
    EXPECT(write(slave, "held", 4) == 4 && ready(master) == 0);
    type("\x11");
    EXPECT(reads(master, "held"));
    type("abc\r");
    EXPECT(ioctl(slave, FIONREAD, &count) == 0 && count == 4);
    EXPECT(tcflow(slave, 9) == -1 && errno == EINVAL);
    close_both();
}

TEST("buffers have an end, and who waits at it goes on")
{
    static char much[100'000];
    open_both();
    set_modes(ICANON | ECHO, 1, 0);
    fcntl(master, F_SETFL, O_NONBLOCK);
    fcntl(slave, F_SETFL, O_NONBLOCK);
    memset(much, 'm', sizeof much);
    ssize_t in = write(master, much, sizeof much), out = write(slave, much, sizeof much);
    EXPECT(in > 0 && in < (ssize_t)sizeof much && out > 0 && out < (ssize_t)sizeof much);
    EXPECT(write(slave, much, 1) == -1 && errno == EAGAIN);
    struct pollfd both[2] = {{master, POLLOUT, 0}, {slave, POLLOUT, 0}};
    EXPECT(poll(both, 2, 0) == 0);
    EXPECT(read(slave, much, sizeof much) == in && read(master, much, sizeof much) == out);
    EXPECT(poll(both, 2, 0) == 2);
    close_both();
}

TEST("the last slave's closing is the master's end, the master's closing the slave's")
{
    open_both();
    EXPECT(write(slave, "last", 4) == 4);
    close(slave);
    EXPECT((ready(master) & (POLLIN | POLLHUP)) == (POLLIN | POLLHUP) && reads(master, "last"));
    char byte;
    EXPECT(read(master, &byte, 1) == -1 && errno == EIO);
    close(master);
    open_both();
    close(master);
    EXPECT(read(slave, &byte, 1) == 0 && (ready(slave) & POLLHUP));
    EXPECT(write(slave, "x", 1) == -1 && errno == EIO);
    close(slave);
}

TEST("a thousand ptys come and go, and fifty at once")
{
    int masters[50];
    for (int i = 0; i < 1000; i++) {
        open_both();
        close_both();
    }
    for (int i = 0; i < 50; i++) EXPECT((masters[i] = posix_openpt(O_RDWR)) >= 0);
    for (int i = 0; i < 50; i++) close(masters[i]);
    char name[32];
    open_both();
    EXPECT(ttyname_r(slave, name, sizeof name) == 0 && strlen(name) <= sizeof "/dev/pts/99");
    close_both();
}

static int result_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

// --- Sessions: a shell command as leader of a session whose terminal is the pty ---

static char text[4096]; // what came out of the master and was not awaited yet

static pid_t leader(const char *command)
{
    text[0] = '\0';
    pid_t pid = vfork();
    if (pid == 0) {
        setsid();
        if (ioctl(slave, TIOCSCTTY, 0) != 0) _exit(126);
        for (int i = 0; i < 3; i++) dup2(slave, i);
        execl("/bin/sh", "sh", "-c", command, nullptr);
        _exit(127);
    }
    close(slave);
    return pid;
}

// Until the text has come out of the master; what came with it waits for the next.
static bool awaits(const char *wanted)
{
    for (;;) {
        char *found = strstr(text, wanted);
        if (found != nullptr) {
            memmove(text, found + strlen(wanted), strlen(found + strlen(wanted)) + 1);
            return true;
        }
        size_t size = strlen(text);
        struct pollfd wish = {master, POLLIN, 0};
        ssize_t count = -1;
        if (poll(&wish, 1, 20'000) == 1) count = read(master, text + size, sizeof text - 1 - size);
        if (count <= 0) break;
        text[size + (size_t)count] = '\0';
    }
    printf("no %s in: %s\n", wanted, text);
    return false;
}

TEST("a session's leader has a controlling terminal, which is /dev/tty")
{
    open_both();
    pid_t pid = leader("tty; echo to tty >/dev/tty; exit 3");
    EXPECT(awaits("/dev/pts/"));
    EXPECT(awaits("to tty") && result_of(pid) == 3 << 8);
    close(master);
}

TEST("the interrupt key goes to the foreground group, the window's size along with SIGWINCH")
{
    struct winsize size = {.ws_row = 40, .ws_col = 132};
    open_both();
    pid_t pid = leader("trap 'stty size' WINCH; echo ready; while :; do sleep 1; done");
    EXPECT(awaits("ready"));
    EXPECT(tcgetpgrp(master) == pid);
    EXPECT(ioctl(master, TIOCSWINSZ, &size) == 0 && awaits("40 132"));
    type("\x03");
    EXPECT(result_of(pid) == SIGINT || kill(pid, SIGKILL) == 0);
    close(master);
}

TEST("a session can be without its terminal, and take another: as SSH servers do it")
{
    open_both();
    char name[64], out[8] = "";
    EXPECT(ttyname_r(slave, name, sizeof name) == 0);
    EXPECT(chmod(name, 0620) == 0 && tcgetpgrp(slave) == -1 && errno == ENOTTY);
    pid_t pid = vfork();
    if (pid == 0) {
        signal(SIGTTOU, SIG_IGN);
        int fd = open("/dev/tty", O_RDWR | O_NOCTTY);
        if (fd < 0 || ioctl(fd, TIOCNOTTY, nullptr) != 0 || close(fd) != 0) _exit(1);
        if (setsid() < 0) _exit(2);
        if (open("/dev/tty", O_RDWR | O_NOCTTY) >= 0 || errno != ENXIO) _exit(3);
        if (ioctl(slave, TIOCSCTTY, nullptr) < 0) _exit(4);
        if ((fd = open(name, O_RDWR)) < 0 || close(fd) != 0) _exit(5);
        if ((fd = open("/dev/tty", O_WRONLY)) < 0 || write(fd, "here", 4) != 4) _exit(6);
        if (tcgetpgrp(slave) != getpid() || tcgetsid(slave) != getpid()) _exit(7);
        if (tcsetpgrp(slave, getppid()) != -1 || errno != EPERM) _exit(8);
        _exit(0);
    }
    EXPECT(result_of(pid) == 0);
    EXPECT(read(master, out, sizeof out) == 4 && memcmp(out, "here", 4) == 0);
    close_both();
}

TEST("who is no leader of a session takes no terminal, nor one that another session has")
{
    open_both();
    EXPECT(ioctl(slave, TIOCSCTTY, 0) == -1 && errno == EPERM);
    int kept = dup(slave);
    pid_t first = leader("echo ready; sleep 1000");
    EXPECT(awaits("ready"));
    pid_t pid = vfork();
    if (pid == 0) {
        setsid();
        _exit(ioctl(kept, TIOCSCTTY, 0) == -1 && errno == EPERM ? 0 : 1);
    }
    EXPECT(result_of(pid) == 0);
    EXPECT(kill(first, SIGKILL) == 0 && result_of(first) == SIGKILL);
    close(kept);
    close(master);
}

TEST("the background does not write while TOSTOP is set, and does not change modes")
{
    open_both();
    pid_t pid = leader("exec sh -i");
    EXPECT(awaits("$ "));
    type("stty tostop; echo w''rite &\r");
    type("sleep 1; jobs; echo lis''ted\r");
    EXPECT(awaits("Stopped") && awaits("listed\r\n"));
    type("fg\r");
    EXPECT(awaits("write\r\n"));
    type("stty -tostop; (stty sane </dev/tty) &\r");
    type("sleep 1; jobs; echo lis''ted\r");
    EXPECT(awaits("Stopped") && awaits("listed\r\n"));
    type("kill -9 %1; exit 5\r");
    EXPECT(result_of(pid) == 5 << 8);
    close(master);
}

TEST("^Z does not stop a leader whom nobody could continue")
{
    open_both();
    pid_t pid = leader("echo ready; read line; echo got $line; exit 4");
    EXPECT(awaits("ready\r\n"));
    type("\x1a");
    type("on\r");
    EXPECT(awaits("got on") && result_of(pid) == 4 << 8);
    close(master);
}

TEST("a leader's end hangs up its foreground, and the terminal can be another's")
{
    open_both();
    int kept = dup(slave);
    pid_t pid = leader("trap '' HUP; (trap 'echo hung up; exit' HUP; echo ready; "
                       "while :; do sleep 1; done) & while :; do sleep 1; done");
    EXPECT(awaits("ready"));
    EXPECT(kill(pid, SIGKILL) == 0 && awaits("hung up") && result_of(pid) == SIGKILL);
    slave = kept;
    pid = leader("tty >/dev/tty; exit 6");
    EXPECT(awaits("/dev/pts/") && result_of(pid) == 6 << 8);
    close(master);
}

TEST("closing the master hangs up")
{
    open_both();
    pid_t pid = leader("echo ready; sleep 1000; true");
    EXPECT(awaits("ready"));
    close(master);
    EXPECT(result_of(pid) == SIGHUP);
    for (int i = 0; i < 100 && kill(-pid, 0) == 0; i++) usleep(20'000);
    EXPECT(kill(-pid, 0) == -1 && errno == ESRCH);
}

TEST("a shell on a pty has job control: ^Z, jobs, bg, fg, ^C")
{
    open_both();
    pid_t pid = leader("exec sh -i");
    EXPECT(awaits("$ "));
    type("echo be''gun; cat\r"); // the shell has given the terminal away by then
    EXPECT(awaits("begun\r\n"));
    type("one\r");
    EXPECT(awaits("one\r\none\r\n"));
    type("\x1a");
    EXPECT(awaits("^Z") && awaits("cat\r\n"));
    type("jobs; echo jo''bs\r");
    EXPECT(awaits("Stopped") && awaits("jobs\r\n"));
    type("bg; sleep 1; jobs; echo b''g\r"); // it reads, and stops again
    EXPECT(awaits("Stopped") && awaits("bg\r\n"));
    type("fg\r");
    type("two\r");
    EXPECT(awaits("two\r\n"));
    type("\x03");
    EXPECT(awaits("$ "));
    type("echo $((6*7))\r");
    EXPECT(awaits("42"));
    type("exit 5\r");
    EXPECT(result_of(pid) == 5 << 8);
    close(master);
}
// NOLINTEND(bugprone-unsafe-functions)

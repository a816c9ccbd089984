// SPDX-License-Identifier: MIT
// x
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <stdlib.h>
#include <ferrite/log.h>
#include <errno.h>
#include <sys/wait.h>
int main(void)
{
    int s = setsid();
    int fd = open("/dev/console", O_RDWR);
    fe_log("setsid %d fd %d errno %d", s, fd, errno);
    if (fd != 0) dup2(fd, 0);
    dup2(0, 1);
    dup2(0, 2);
    int r = ioctl(0, TIOCSCTTY, 0);
    fe_log("ctty %d errno %d", r, errno);
    r = tcsetpgrp(0, getpid());
    fe_log("tcsetpgrp %d errno %d", r, errno);
    printf("hello console\n");
    fflush(stdout);
    setenv("PATH", "/bin", 1);
    setenv("HOME", "/home/user", 1);
    setenv("TERM", "vt100", 1);
    int pid = vfork();
    if (pid == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        execl("/bin/sh", "-sh", nullptr);
        fe_log("exec failed %d", errno);
        _exit(1);
    }
    fe_log("child %d errno %d", pid, errno);
    int status = 0;
    r = waitpid(pid, &status, 0);
    fe_log("waited %d status %x errno %d", r, status, errno);
    return 1;
}

// SPDX-License-Identifier: MIT
// Locks of processes, open files and open file descriptions, in the folder that FOLDER says (/tmp).
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PROGRAM "/test/posix_locks"

static char path[256];

static int open_file(void)
{
    const char *folder = getenv("FOLDER");
    snprintf(path, sizeof path, "%s/locked", folder != nullptr ? folder : "/tmp");
    return open(path, O_RDWR | O_CREAT, 0600);
}

static struct flock range(short type, off_t start, off_t length)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

static bool lock(int file, int command, struct flock how)
{
    return fcntl(file, command, &how) == 0;
}

static bool is_refused(int file, int command, struct flock how)
{
    return !lock(file, command, how) && errno == EAGAIN;
}

// Whose lock is in the way; 0: none.
static pid_t in_the_way(int file, int command, struct flock how)
{
    return fcntl(file, command, &how) != 0 ? -2 : how.l_type == F_UNLCK ? 0 : how.l_pid;
}

// The other has 10 to 19 for itself, and 30 to 39 for readers, until we have 20 to 29.
static int look(void)
{
    int file = open_file();
    if (!is_refused(file, F_SETLK, range(F_RDLCK, 15, 1))) return 1;
    if (!is_refused(file, F_SETLK, range(F_WRLCK, 0, 0))) return 2;
    if (!is_refused(file, F_SETLK, range(F_WRLCK, 39, 2))) return 3;
    if (!lock(file, F_SETLK, range(F_RDLCK, 30, 10))) return 4;
    if (in_the_way(file, F_GETLK, range(F_WRLCK, 0, 15)) != getppid()) return 6;
    if (in_the_way(file, F_GETLK, range(F_WRLCK, 0, 10)) != 0) return 8;
    if (!lock(file, F_SETLK, range(F_WRLCK, 20, 10))) return 5;
    return lock(file, F_SETLKW, range(F_WRLCK, 10, 10)) ? 7 : 9; // when it is given up
}

static int die(void)
{
    int file = open_file();
    if (!lock(file, F_SETLK, range(F_WRLCK, 0, 0)) || flock(file, LOCK_EX | LOCK_NB) != 0) return 1;
    raise(SIGKILL);
    return 2;
}

// Its server ends, when we have said that it is locked, and before /tmp/go comes.
static int orphan(void)
{
    int file = open_file();
    if (!lock(file, F_SETLK, range(F_WRLCK, 0, 0))) return 1;
    printf("locked\n");
    fflush(stdout);
    while (access("/tmp/go", F_OK) != 0) usleep(10'000);
    if (lock(file, F_SETLK, range(F_RDLCK, 0, 0)) || errno != EIO) return 2;
    if (write(file, "x", 1) == 1) return 3;
    int again = open_file();
    return lock(again, F_SETLK, range(F_WRLCK, 0, 0)) && write(again, "x", 1) == 1 ? 7 : 4;
}

TEST("a process's locks keep others out of their ranges, until they are given up")
{
    const char *job = getenv("JOB");
    if (job != nullptr)
        _exit(strcmp(job, "look") == 0 ? look() : strcmp(job, "die") == 0 ? die() : orphan());
    int file = open_file();
    EXPECT(lock(file, F_SETLK, range(F_WRLCK, 10, 10)));
    EXPECT(lock(file, F_SETLK, range(F_RDLCK, 30, 10)));
    pid_t pid = start_job(PROGRAM, "look");
    while (in_the_way(file, F_GETLK, range(F_WRLCK, 20, 1)) == 0) usleep(1'000);
    EXPECT(in_the_way(file, F_GETLK, range(F_WRLCK, 20, 1)) == pid);
    EXPECT(lock(file, F_SETLK, range(F_UNLCK, 10, 10)) && exit_code(pid) == 7);
    close(file);
}

TEST("locks end with their process")
{
    int file = open_file();
    EXPECT(exit_code(start_job(PROGRAM, "die")) == -1);
    EXPECT(lock(file, F_SETLKW, range(F_WRLCK, 0, 0)) && flock(file, LOCK_EX) == 0);
    close(file);
}

TEST("locks of open files are theirs, whoever has them, and do not meet those of processes")
{
    int file = open_file(), other = open_file(), copy = dup(file);
    EXPECT(flock(file, LOCK_EX | LOCK_NB) == 0 && flock(copy, LOCK_EX | LOCK_NB) == 0);
    EXPECT(flock(other, LOCK_SH | LOCK_NB) != 0 && errno == EAGAIN);
    EXPECT(lock(other, F_SETLK, range(F_WRLCK, 0, 0)));
    close(file);
    EXPECT(flock(other, LOCK_SH | LOCK_NB) != 0);
    close(copy);
    EXPECT(flock(other, LOCK_SH | LOCK_NB) == 0);
    close(other);
}

TEST("locks of descriptions are an open file's, of ranges, and meet those of processes")
{
    int file = open_file(), other = open_file();
    EXPECT(lock(file, F_OFD_SETLK, range(F_WRLCK, 5, 5)));
    EXPECT(is_refused(other, F_OFD_SETLK, range(F_RDLCK, 0, 0)));
    EXPECT(is_refused(other, F_SETLK, range(F_RDLCK, 9, 1)));
    EXPECT(lock(other, F_OFD_SETLK, range(F_WRLCK, 10, 0)));
    EXPECT(in_the_way(other, F_GETLK, range(F_RDLCK, 0, 0)) == -1);
    EXPECT(in_the_way(file, F_OFD_GETLK, range(F_WRLCK, 0, 10)) == 0);
    EXPECT(flock(other, LOCK_EX | LOCK_NB) == 0);
    struct flock whose = range(F_RDLCK, 0, 1);
    whose.l_pid = 1;
    EXPECT(fcntl(file, F_OFD_SETLK, &whose) != 0 && errno == EINVAL);
    close(file);
    EXPECT(lock(other, F_OFD_SETLKW, range(F_WRLCK, 0, 0)));
    close(other);
}

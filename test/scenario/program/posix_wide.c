// SPDX-License-Identifier: MIT
// What has 64 bits in the C library whatever a word has: offsets beyond 4 GiB and times after 2038.
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum : off_t { FAR = (1ll << 32) + 1 };           // cut to 32 bits: 1
enum : time_t { LATE = (1ll << 32) + 1'000'000 }; // in the year 2106
static_assert(sizeof(off_t) == 8 && sizeof(time_t) == 8 && sizeof(ino_t) == 8);

// Memory holds no such file where an address has 32 bits; then it says so, and nothing is changed.
static bool can_be_large(void)
{
    return sizeof(void *) == 8;
}

static int fresh(const char *path)
{
    unlink(path);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
    return write(file, "0123456789", 10) == 10 ? file : -1;
}

TEST("a position is beyond 4 GiB, and nothing is there")
{
    char text[4] = "";
    struct iovec part = {text, 1};
    int file = fresh("/tmp/wide");
    EXPECT(lseek(file, FAR, SEEK_SET) == FAR && lseek(file, 0, SEEK_CUR) == FAR);
    EXPECT(read(file, text, 1) == 0);
    EXPECT(lseek(file, FAR, SEEK_END) == FAR + 10);
    EXPECT(lseek(file, -FAR, SEEK_CUR) == 10);
    EXPECT(lseek(file, -FAR, SEEK_CUR) == -1 && errno == EINVAL);
    EXPECT(pread(file, text, 1, FAR) == 0 && preadv(file, &part, 1, FAR) == 0);
    EXPECT(pread(file, text, 1, 1) == 1 && text[0] == '1');
    EXPECT(preadv(file, &part, 1, 2) == 1 && text[0] == '2');
    close(file);
}

TEST("what is written beyond 4 GiB is there, or refused")
{
    struct stat info;
    char c = 'x';
    int file = fresh("/tmp/wide");
    struct iovec part = {&c, 1};
    ssize_t written = pwrite(file, &c, 1, FAR);
    EXPECT(can_be_large() ? written == 1 : written == -1 && errno == EFBIG);
    written = pwritev(file, &part, 1, FAR + 1);
    EXPECT(can_be_large() ? written == 1 : written == -1 && errno == EFBIG);
    EXPECT(fstat(file, &info) == 0 && info.st_size == (can_be_large() ? FAR + 2 : 10));
    EXPECT(pread(file, &c, 1, 1) == 1 && c == '1');
    EXPECT(pread(file, &c, 1, FAR) == (can_be_large() ? 1 : 0));
    EXPECT(c == (can_be_large() ? 'x' : '1'));
    close(file);
    unlink("/tmp/wide");
}

TEST("a size beyond 4 GiB is set, or refused")
{
    struct stat info;
    int file = fresh("/tmp/wide");
    int expected = can_be_large() ? 0 : -1;
    EXPECT(ftruncate(file, FAR) == expected && (expected == 0 || errno == EFBIG));
    EXPECT(fstat(file, &info) == 0 && info.st_size == (can_be_large() ? FAR : 10));
    EXPECT(truncate("/tmp/wide", FAR + 1) == expected);
    EXPECT(posix_fallocate(file, FAR, FAR) == (can_be_large() ? 0 : EFBIG));
    EXPECT(stat("/tmp/wide", &info) == 0 && info.st_size == (can_be_large() ? 2 * FAR : 10));
    EXPECT(ftruncate(file, 3) == 0 && fstat(file, &info) == 0 && info.st_size == 3);
    EXPECT(ftruncate(file, -1) == -1 && errno == EINVAL);
    close(file);
    unlink("/tmp/wide");
}

TEST("a file keeps a time after 2038")
{
    struct stat info;
    struct timespec times[2] = {{LATE, 5}, {LATE + 1, 7}};
    int file = fresh("/tmp/late");
    EXPECT(futimens(file, times) == 0 && fstat(file, &info) == 0);
    EXPECT(info.st_atim.tv_sec == LATE && info.st_atim.tv_nsec == 5);
    EXPECT(info.st_mtim.tv_sec == LATE + 1 && info.st_mtim.tv_nsec == 7);
    struct tm parts;
    EXPECT(gmtime_r(&info.st_mtime, &parts) != nullptr && parts.tm_year == 2106 - 1900);
    EXPECT(timegm(&parts) == LATE + 1);
    close(file);
    unlink("/tmp/late");
}

static void noted(int number)
{
    (void)number;
}

// In a moment, once for each wait.
static void interrupt_soon(void)
{
    struct sigaction action = {.sa_handler = noted};
    struct itimerval soon = {.it_value.tv_usec = 50'000};
    EXPECT(sigaction(SIGALRM, &action, nullptr) == 0);
    EXPECT(setitimer(ITIMER_REAL, &soon, nullptr) == 0);
}

TEST("a wait of more than a century is not over at once")
{
    struct timespec century = {LATE, 0}, at;
    struct timeval same = {LATE, 0};
    interrupt_soon();
    EXPECT(ppoll(nullptr, 0, &century, nullptr) == -1 && errno == EINTR);
    interrupt_soon();
    EXPECT(pselect(0, nullptr, nullptr, nullptr, &century, nullptr) == -1 && errno == EINTR);
    interrupt_soon();
    EXPECT(select(0, nullptr, nullptr, nullptr, &same) == -1 && errno == EINTR);
    interrupt_soon();
    EXPECT(nanosleep(&century, &at) == -1 && errno == EINTR);
    EXPECT(at.tv_sec >= LATE - 10 && at.tv_sec <= LATE);
    EXPECT(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    at.tv_sec += LATE;
    interrupt_soon();
    EXPECT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR);
}

TEST("an interval of more than a century is kept")
{
    struct itimerval value = {.it_value.tv_sec = LATE}, now;
    EXPECT(setitimer(ITIMER_REAL, &value, nullptr) == 0);
    EXPECT(getitimer(ITIMER_REAL, &now) == 0);
    EXPECT(now.it_value.tv_sec >= LATE - 10 && now.it_value.tv_sec <= LATE);
    EXPECT(setitimer(ITIMER_REAL, &(struct itimerval){}, &now) == 0);
    EXPECT(now.it_value.tv_sec >= LATE - 10);
}

TEST("what a program has used is told whole")
{
    struct rusage usage = {.ru_maxrss = -1, .ru_nivcsw = -1};
    EXPECT(getrusage(RUSAGE_SELF, &usage) == 0);
    EXPECT(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_sec < 1000);
    EXPECT(usage.ru_utime.tv_usec >= 0 && usage.ru_utime.tv_usec < 1'000'000);
    EXPECT(usage.ru_maxrss > 0 && usage.ru_nivcsw == 0);
    int status;
    pid_t child;
    char *arguments[] = {"sh", "-c", "exit 7", nullptr};
    EXPECT(posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments, environ) == 0);
    usage.ru_maxrss = usage.ru_nivcsw = -1;
    EXPECT(wait4(child, &status, 0, &usage) == child && WEXITSTATUS(status) == 7);
    EXPECT(usage.ru_utime.tv_sec == 0 && usage.ru_stime.tv_sec == 0);
    EXPECT(usage.ru_maxrss == 0 && usage.ru_nivcsw == 0);
}

// SPDX-License-Identifier: MIT
// Files through the C library: descriptors, positions, folders, links, mappings, locks.
#include "test/unit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

static int fresh(const char *path)
{
    unlink(path);
    return open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
}

TEST("what is written is read, and positions advance")
{
    char text[16] = "";
    int file = fresh("/tmp/position");
    EXPECT(file >= 0);
    EXPECT(write(file, "hello world", 11) == 11);
    EXPECT(lseek(file, 0, SEEK_CUR) == 11);
    EXPECT(lseek(file, 6, SEEK_SET) == 6);
    EXPECT(read(file, text, 5) == 5 && memcmp(text, "world", 5) == 0);
    EXPECT(read(file, text, 5) == 0);
    EXPECT(syscall(SYS_pread64, file, text, 5, 6) == 5 && memcmp(text, "world", 5) == 0);
    EXPECT(pread(file, text, 5, 0) == 5 && memcmp(text, "hello", 5) == 0);
    EXPECT(lseek(file, 0, SEEK_CUR) == 11);
    EXPECT(pwrite(file, "J", 1, 0) == 1);
    EXPECT(lseek(file, -11, SEEK_END) == 0);
    EXPECT(read(file, text, 1) == 1 && text[0] == 'J');
    close(file);
}

TEST("duplicates share the position, opens do not")
{
    char c;
    int file = fresh("/tmp/share");
    EXPECT(write(file, "abcdef", 6) == 6);
    EXPECT(lseek(file, 0, SEEK_SET) == 0);
    int twin = dup(file), other = open("/tmp/share", O_RDONLY);
    EXPECT(read(file, &c, 1) == 1 && c == 'a');
    EXPECT(read(twin, &c, 1) == 1 && c == 'b');
    EXPECT(read(other, &c, 1) == 1 && c == 'a');
    EXPECT(dup2(other, twin) == twin);
    EXPECT(read(twin, &c, 1) == 1 && c == 'b');
    close(file), close(twin), close(other);
    EXPECT(read(file, &c, 1) == -1 && errno == EBADF);
}

TEST("access knows all groups of the user")
{
    EXPECT(access("/dev/power", W_OK) == 0); // of the group wheel
    EXPECT(access("/dev/power", R_OK) == -1 && errno == EACCES);
}

TEST("/dev/fd names what is open here")
{
    char c, path[32];
    struct stat one, other;
    int file = fresh("/tmp/own");
    EXPECT(write(file, "abcdef", 6) == 6 && lseek(file, 0, SEEK_SET) == 0);
    sprintf(path, "/dev/fd/%d", file);
    int twin = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    EXPECT(twin > file && read(twin, &c, 1) == 1 && c == 'a');
    EXPECT(read(file, &c, 1) == 1 && c == 'b');
    EXPECT(stat(path, &one) == 0 && fstat(file, &other) == 0 && one.st_ino == other.st_ino);
    EXPECT(access("/dev/stdout", W_OK) == 0 && close(twin) == 0 && close(file) == 0);
    EXPECT(open(path, O_RDONLY) == -1 && errno == EBADF);
    file = open("/tmp/own", O_RDONLY);
    EXPECT(open(path, O_RDWR) == -1 && errno == EACCES);
    sprintf(path, "/proc/self/fd/%d", file);
    twin = open(path, O_RDONLY | O_CLOEXEC);
    EXPECT(twin > file && fcntl(twin, F_GETFD) == FD_CLOEXEC);
    EXPECT(open("/dev/fd/1x", O_RDONLY) == -1 && errno == ENOENT);
    close(file), close(twin);
}

static bool lists(const char *folder, int wanted)
{
    DIR *stream = opendir(folder);
    bool found = false;
    for (struct dirent *entry; stream != nullptr && (entry = readdir(stream)) != nullptr;)
        found |= entry->d_type == DT_LNK && atoi(entry->d_name) == wanted;
    if (stream != nullptr) closedir(stream);
    return found;
}

TEST("the folders /dev/fd and /proc/self/fd have links to what is open here, and to nothing else")
{
    char path[32], target[32] = {};
    struct stat status;
    int file = fresh("/tmp/own"), pipes[2];
    EXPECT(lists("/dev/fd", file) && lists("/proc/self/fd", file) && !lists("/dev/fd", file + 9));
    sprintf(path, "/proc/%d/fd", getpid());
    EXPECT(lists(path, 0) && stat(path, &status) == 0 && S_ISDIR(status.st_mode));
    sprintf(path, "/dev/fd/%d", file);
    EXPECT(lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
    EXPECT(readlink(path, target, sizeof target) == 8 && strcmp(target, "/tmp/own") == 0);
    EXPECT(pipe(pipes) == 0 && chdir("/dev/fd") == 0);
    sprintf(path, "%d", pipes[0]);
    EXPECT(stat(path, &status) == 0 && S_ISFIFO(status.st_mode));
    EXPECT(readlink(path, target, sizeof target) > 7 && strncmp(target, "pipe:[", 6) == 0);
    EXPECT(close(pipes[0]) == 0 && close(pipes[1]) == 0);
    EXPECT(stat(path, &status) == -1 && errno == ENOENT && chdir(path) == -1);
    EXPECT(open(".", O_WRONLY) == -1 && errno == EISDIR);
    EXPECT(close(file) == 0 && chdir("/tmp") == 0);
}

TEST("descriptors are the lowest free, and fcntl tells and sets their flags")
{
    int file = fresh("/tmp/flags");
    int high = fcntl(file, F_DUPFD_CLOEXEC, 40);
    EXPECT(high >= 40 && fcntl(high, F_GETFD) == FD_CLOEXEC);
    EXPECT(fcntl(high, F_SETFD, 0) == 0 && fcntl(high, F_GETFD) == 0);
    EXPECT((fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR);
    EXPECT(fcntl(file, F_SETFL, O_APPEND) == 0 && (fcntl(file, F_GETFL) & O_APPEND) != 0);
    EXPECT(write(file, "one", 3) == 3 && lseek(file, 0, SEEK_SET) == 0);
    EXPECT(write(file, "two", 3) == 3 && lseek(file, 0, SEEK_CUR) == 6);
    int lowest = dup(file);
    close(lowest);
    EXPECT(dup(file) == lowest);
    close(lowest), close(file), close(high);
}

TEST("several buffers go and come in order")
{
    char first[4] = "", second[8] = "";
    struct iovec out[2] = {{"abc", 3}, {"defgh", 5}}, in[2] = {{first, 3}, {second, 5}};
    int file = fresh("/tmp/vector");
    EXPECT(writev(file, out, 2) == 8);
    EXPECT(lseek(file, 0, SEEK_SET) == 0);
    EXPECT(readv(file, in, 2) == 8);
    EXPECT(strcmp(first, "abc") == 0 && strcmp(second, "defgh") == 0);
    close(file);
}

TEST("files grow and shrink, and holes are zero")
{
    struct stat info;
    char c = 'x';
    int file = fresh("/tmp/grow");
    EXPECT(pwrite(file, "end", 3, 100'000) == 3);
    EXPECT(fstat(file, &info) == 0 && info.st_size == 100'003);
    EXPECT(pread(file, &c, 1, 50'000) == 1 && c == 0);
    EXPECT(ftruncate(file, 10) == 0 && ftruncate(file, 200'000) == 0);
    EXPECT(pread(file, &c, 1, 100'000) == 1 && c == 0);
    EXPECT(truncate("/tmp/grow", 0) == 0 && fstat(file, &info) == 0 && info.st_size == 0);
    close(file);
}

TEST("folders list what is in them while it changes")
{
    char path[64];
    int seen = 0, dots = 0;
    struct dirent *entry;
    EXPECT(mkdir("/tmp/folder", 0755) == 0 || errno == EEXIST);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof path, "/tmp/folder/file%d", i);
        close(open(path, O_WRONLY | O_CREAT, 0644));
    }
    DIR *folder = opendir("/tmp/folder");
    EXPECT(folder != nullptr);
    while ((entry = readdir(folder)) != nullptr) {
        if (entry->d_name[0] == '.') {
            dots++;
            continue;
        }
        snprintf(path, sizeof path, "/tmp/folder/%s", entry->d_name);
        EXPECT(unlink(path) == 0);
        seen++;
    }
    EXPECT(seen == 300 && dots == 2);
    rewinddir(folder);
    EXPECT(readdir(folder) != nullptr && readdir(folder) != nullptr && readdir(folder) == nullptr);
    closedir(folder);
    EXPECT(rmdir("/tmp/folder") == 0);
    EXPECT(opendir("/tmp/folder") == nullptr && errno == ENOENT);
}

TEST("names: links, renames, and what errors they give")
{
    char target[32];
    struct stat info;
    unlink("/tmp/link"), unlink("/tmp/hard"), unlink("/tmp/moved");
    close(fresh("/tmp/name"));
    EXPECT(symlink("name", "/tmp/link") == 0);
    EXPECT(readlink("/tmp/link", target, sizeof target) == 4 && memcmp(target, "name", 4) == 0);
    EXPECT(lstat("/tmp/link", &info) == 0 && S_ISLNK(info.st_mode));
    EXPECT(stat("/tmp/link", &info) == 0 && S_ISREG(info.st_mode));
    EXPECT(link("/tmp/name", "/tmp/hard") == 0);
    EXPECT(stat("/tmp/hard", &info) == 0 && info.st_nlink == 2);
    EXPECT(rename("/tmp/hard", "/tmp/moved") == 0 && access("/tmp/hard", F_OK) == -1);
    EXPECT(open("/tmp/none", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(open("/tmp/name", O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
    EXPECT(open("/tmp/name/x", O_RDONLY) == -1 && errno == ENOTDIR);
    EXPECT(open("/tmp", O_WRONLY) == -1 && errno == EISDIR);
    EXPECT(open("/tmp/link", O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
    EXPECT(rmdir("/tmp/name") == -1 && errno == ENOTDIR);
    EXPECT(mkdir("/tmp", 0755) == -1 && errno == EEXIST);
    EXPECT(rename("/tmp/name", "/home/user/name") == -1 && errno == EXDEV);
    unlink("/tmp/link"), unlink("/tmp/moved"), unlink("/tmp/name");
}

TEST("modes, owners and times are kept")
{
    struct stat info;
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    umask(027);
    int file = fresh("/tmp/mode");
    EXPECT(fstat(file, &info) == 0 && (info.st_mode & 0777) == 0640 && info.st_uid == getuid());
    EXPECT(fchmod(file, 0400) == 0 && fstat(file, &info) == 0 && (info.st_mode & 0777) == 0400);
    EXPECT(futimens(file, times) == 0 && fstat(file, &info) == 0);
    EXPECT(info.st_atim.tv_sec == 1000 && info.st_mtim.tv_sec == 2000 && info.st_mtim.tv_nsec == 7);
    umask(022);
    close(file);
    unlink("/tmp/mode");
}

TEST("the working folder is where relative names start")
{
    char path[64];
    EXPECT(chdir("/tmp") == 0 && strcmp(getcwd(path, sizeof path), "/tmp") == 0);
    close(fresh("here"));
    EXPECT(access("/tmp/here", R_OK | W_OK) == 0);
    int folder = open("..", O_RDONLY | O_DIRECTORY);
    EXPECT(folder >= 0 && faccessat(folder, "tmp/here", F_OK, 0) == 0);
    EXPECT(fchdir(folder) == 0 && strcmp(getcwd(path, sizeof path), "/") == 0);
    EXPECT(unlinkat(folder, "tmp/here", 0) == 0);
    close(folder);
}

TEST("a mapped file shows its bytes, a private one keeps its changes")
{
    int file = fresh("/tmp/map");
    EXPECT(write(file, "mapped", 6) == 6);
    char *shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    EXPECT(shared != MAP_FAILED && memcmp(shared, "mapped", 6) == 0);
    char *own = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    EXPECT(own != MAP_FAILED && memcmp(own, "mapped", 6) == 0);
    own[0] = 'x';
    shared[5] = '!';
    char text[7] = "";
    EXPECT(pread(file, text, 6, 0) == 6 && strcmp(text, "mappe!") == 0);
    EXPECT(munmap(shared, 4096) == 0 && munmap(own, 4096) == 0);
    close(file);
}

TEST("a large file through the streams")
{
    static char block[10'000];
    FILE *file = fopen("/tmp/stream", "w+");
    EXPECT(file != nullptr);
    for (int i = 0; i < 100; i++) {
        memset(block, 'a' + i % 26, sizeof block);
        EXPECT(fwrite(block, 1, sizeof block, file) == sizeof block);
    }
    EXPECT(fseek(file, 55 * 10'000 + 5, SEEK_SET) == 0 && fgetc(file) == 'a' + 55 % 26);
    EXPECT(ftell(file) == 55 * 10'000 + 6);
    fclose(file);
    struct statvfs system;
    EXPECT(statvfs("/tmp", &system) == 0 && system.f_blocks > 0);
    unlink("/tmp/stream");
}

static int lock_range(int file, int command, short kind, off_t start, off_t length)
{
    struct flock lock = {.l_type = kind, .l_start = start, .l_len = length};
    if (fcntl(file, command, &lock) != 0) return -errno;
    return command == F_GETLK ? lock.l_type : 0;
}

// Another process's view of the first 40 bytes of the file below, a digit for every ten: 0
// readable, 1 writable, 2 neither.
static int look_at_locks(void)
{
    int file = open("/tmp/locks", O_RDWR), result = 0;
    for (off_t at = 0; at < 40; at += 10) {
        int writes = lock_range(file, F_GETLK, F_WRLCK, at, 10);
        int reads = lock_range(file, F_GETLK, F_RDLCK, at, 10);
        result = result * 3 + (writes == F_UNLCK ? 1 : reads == F_UNLCK ? 0 : 2);
    }
    return result;
}

static int seen_by_other(void)
{
    int status = system("LOCKS=look /test/posix_files locks");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST("locks of ranges keep other processes out, are cut and joined, and end with any close")
{
    if (getenv("LOCKS") != nullptr) _exit(look_at_locks());
    int file = open("/tmp/locks", O_RDWR | O_CREAT | O_TRUNC, 0600);
    EXPECT(seen_by_other() == 27 + 9 + 3 + 1);
    EXPECT(lock_range(file, F_SETLK, F_WRLCK, 0, 0) == 0);
    EXPECT(seen_by_other() == 2 * (27 + 9 + 3 + 1));
    EXPECT(lock_range(file, F_SETLK, F_UNLCK, 10, 10) == 0);
    EXPECT(lock_range(file, F_SETLK, F_RDLCK, 20, 10) == 0);
    EXPECT(seen_by_other() == 2 * 27 + 9 + 0 + 2);
    EXPECT(lock_range(file, F_SETLK, F_WRLCK, 10, 30) == 0);
    EXPECT(seen_by_other() == 2 * (27 + 9 + 3 + 1));
    EXPECT(lock_range(file, F_SETLK, 7, 0, 0) == -EINVAL);
    int other = open("/tmp/locks", O_RDONLY);
    EXPECT(lock_range(other, F_SETLK, F_WRLCK, 0, 0) == -EBADF);
    close(other);
    EXPECT(seen_by_other() == 27 + 9 + 3 + 1);
    close(file);
}

static void *take_later(void *path)
{
    int file = open(path, O_RDWR);
    return (void *)(long)(flock(file, LOCK_EX) == 0 && close(file) == 0);
}

TEST("an open file's lock keeps out other open files, and who waits comes in")
{
    pthread_t thread;
    void *result;
    int first = open("/tmp/locks", O_RDWR), second = open("/tmp/locks", O_RDWR);
    EXPECT(flock(first, LOCK_SH) == 0 && flock(second, LOCK_SH) == 0);
    EXPECT(flock(first, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    EXPECT(flock(second, LOCK_UN) == 0 && flock(first, LOCK_EX | LOCK_NB) == 0);
    EXPECT(pthread_create(&thread, nullptr, take_later, "/tmp/locks") == 0);
    usleep(50'000);
    EXPECT(flock(second, LOCK_EX | LOCK_NB) == -1 && close(first) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == (void *)1);
    EXPECT(flock(second, LOCK_EX | LOCK_NB) == 0 && close(second) == 0);
    EXPECT(unlink("/tmp/locks") == 0);
}

TEST("policies tell their priorities")
{
    EXPECT(sched_get_priority_min(SCHED_FIFO) == 1 && sched_get_priority_max(SCHED_RR) >= 31);
    EXPECT(sched_get_priority_max(SCHED_OTHER) == 0);
    EXPECT(sched_get_priority_max(77) == -1 && errno == EINVAL);
}

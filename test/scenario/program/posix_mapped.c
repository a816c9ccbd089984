// SPDX-License-Identifier: MIT
// Shared mappings of files, in the folder that FOLDER says (/tmp). FULL: what happens on a full
// disk, in a folder that may be filled.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "/test/posix_mapped"

enum : size_t { PAGE = 4096, SIZE = 5 * PAGE + 100 };

static char path[256];

static bool enter(const char *name)
{
    const char *folder = getenv("FOLDER");
    snprintf(path, sizeof path, "%s/%s", folder != nullptr ? folder : "/tmp", name);
    return true;
}

static int make_file(size_t size)
{
    int file = enter("mapped") ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
    for (size_t i = 0; file >= 0 && i < size; i++) {
        static uint8_t bytes[SIZE];
        bytes[i] = (uint8_t)(i * 7);
        if (i == size - 1 && write(file, bytes, size) != (ssize_t)size) return -1;
    }
    return file;
}

static uint8_t *map_file(int file, size_t size, off_t offset)
{
    void *bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, offset);
    return bytes == MAP_FAILED ? nullptr : bytes;
}

static uint8_t byte_at(int file, off_t offset)
{
    uint8_t byte = 0;
    return pread(file, &byte, 1, offset) == 1 ? byte : 255;
}

// Its server ends when we have said that all is safe, and before /tmp/go comes.
static int orphan(uint8_t *bytes)
{
    bytes[1] = 88;
    if (msync(bytes, PAGE, MS_SYNC) != 0) return 4;
    printf("stored\n");
    fflush(stdout);
    while (access("/tmp/go", F_OK) != 0) usleep(10'000);
    bytes[2] = 99;
    return msync(bytes, PAGE, MS_SYNC) != 0 && errno == EIO ? 7 : 6;
}

// In the other process, or for a scenario.
static int do_job(const char *job)
{
    int file = enter("mapped") ? open(path, O_RDWR) : -1;
    struct stat is;
    if (file < 0 || fstat(file, &is) != 0) return 1;
    uint8_t *bytes = map_file(file, (size_t)is.st_size, 0);
    if (bytes == nullptr) return 2;
    close(file);
    if (strcmp(job, "store") == 0) {
        if (bytes[10] != 55) return 3;
        bytes[11] = 66;
        return 7;
    }
    if (strcmp(job, "die") == 0) {
        bytes[PAGE + 1] = 77;
        raise(SIGKILL);
    }
    if (strcmp(job, "orphan") == 0) return orphan(bytes);
    if (truncate(path, PAGE + 5) != 0) return 4; // gone
    return ((volatile uint8_t *)bytes)[2 * PAGE] == 0 ? 5 : 6;
}

TEST("what one stores others find, in their mappings and by reading")
{
    if (getenv("JOB") != nullptr) _exit(do_job(getenv("JOB")));
    int file = make_file(SIZE), other = open(path, O_RDONLY);
    uint8_t *bytes = map_file(file, SIZE, 0);
    EXPECT(file >= 0 && other >= 0 && bytes != nullptr && bytes[10] == 70);
    void *seen = mmap(nullptr, SIZE, PROT_READ, MAP_SHARED, other, 0);
    EXPECT(seen != MAP_FAILED);
    bytes[10] = 55;
    EXPECT(byte_at(other, 10) == 55 && ((volatile uint8_t *)seen)[10] == 55);
    EXPECT(exit_code(start_job(PROGRAM, "store")) == 7);
    EXPECT(bytes[11] == 66 && byte_at(file, 11) == 66);
    EXPECT(pwrite(file, "w", 1, 12) == 1 && bytes[12] == 'w');
    EXPECT(munmap(bytes, SIZE) == 0 && munmap(seen, SIZE) == 0);
    close(file);
    close(other);
    file = open(path, O_RDONLY);
    EXPECT(byte_at(file, 10) == 55 && byte_at(file, 11) == 66 && byte_at(file, 12) == 'w');
    close(file);
}

TEST("a mapping outlives its descriptor, and what it stores is in the file when it is gone")
{
    int file = make_file(SIZE);
    uint8_t *bytes = map_file(file, SIZE, 0);
    EXPECT(bytes != nullptr && close(file) == 0);
    bytes[3 * PAGE] = 1;
    EXPECT(munmap(bytes, 2 * PAGE) == 0 && munmap(bytes + 4 * PAGE, SIZE - 4 * PAGE) == 0);
    bytes[3 * PAGE + 1] = 2;
    EXPECT(msync(bytes + 3 * PAGE, PAGE, MS_SYNC) == 0);
    bytes[3 * PAGE + 2] = 3;
    EXPECT(munmap(bytes + 2 * PAGE, 2 * PAGE) == 0);
    file = open(path, O_RDONLY);
    for (int i = 0; i < 3; i++) EXPECT(byte_at(file, (off_t)(3 * PAGE) + i) == i + 1);
    close(file);
}

TEST("what a process stored that is killed is in the file")
{
    int file = make_file(SIZE);
    EXPECT(exit_code(start_job(PROGRAM, "die")) == -1);
    EXPECT(byte_at(file, PAGE + 1) == 77);
    close(file);
}

TEST("a file that grows is zero behind its old end, whatever was stored there")
{
    int file = make_file(SIZE);
    uint8_t *bytes = map_file(file, SIZE, 0);
    EXPECT(bytes != nullptr);
    memset(bytes + SIZE, 9, 50);
    EXPECT(pwrite(file, "x", 1, SIZE + 20) == 1);
    EXPECT(byte_at(file, SIZE + 10) == 0 && bytes[SIZE + 19] == 0 && bytes[SIZE + 20] == 'x');
    EXPECT(ftruncate(file, SIZE + 2 * PAGE) == 0);
    EXPECT(byte_at(file, SIZE + 30) == 0 && byte_at(file, SIZE + 2 * PAGE - 1) == 0);
    uint8_t *more = map_file(file, PAGE, 6 * PAGE);
    EXPECT(more != nullptr);
    more[1] = 4;
    EXPECT(byte_at(file, 6 * PAGE + 1) == 4 && byte_at(file, SIZE + 20) == 'x');
    EXPECT(munmap(bytes, SIZE) == 0 && munmap(more, PAGE) == 0);
    EXPECT(byte_at(file, 6 * PAGE + 1) == 4);
    close(file);
}

TEST("what is cut off a file is gone from its mappings")
{
    int file = make_file(SIZE);
    uint8_t *bytes = map_file(file, SIZE, 0);
    EXPECT(bytes != nullptr);
    bytes[PAGE + 4] = 8;
    bytes[PAGE + 6] = 9;
    EXPECT(exit_code(start_job(PROGRAM, "cut")) == -1); // it faults
    struct stat is;
    EXPECT(fstat(file, &is) == 0 && is.st_size == PAGE + 5);
    EXPECT(bytes[PAGE + 4] == 8 && bytes[PAGE + 6] == 0);
    EXPECT(ftruncate(file, SIZE) == 0 && byte_at(file, PAGE + 6) == 0);
    EXPECT(ftruncate(file, 0) == 0 && pwrite(file, "ab", 2, 0) == 2 && byte_at(file, 1) == 'b');
    EXPECT(munmap(bytes, SIZE) == 0);
    close(file);
}

TEST("something else in the place of a mapping does not touch the file")
{
    int file = make_file(SIZE);
    uint8_t *bytes = map_file(file, SIZE, 0);
    EXPECT(bytes != nullptr);
    bytes[PAGE] = 33;
    EXPECT(madvise(bytes, SIZE, MADV_DONTNEED) == 0 && bytes[PAGE] == 33);
    EXPECT(mmap(bytes, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                -1, 0) == bytes);
    bytes[PAGE] = 34;
    bytes[2 * PAGE] = 35;
    EXPECT(byte_at(file, PAGE) == 33 && byte_at(file, 2 * PAGE) == 35);
    EXPECT(munmap(bytes, SIZE) == 0);
    close(file);
}

TEST("a private mapping changes nothing")
{
    int file = make_file(SIZE);
    uint8_t *bytes = mmap(nullptr, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, PAGE);
    EXPECT(bytes != MAP_FAILED && bytes[1] == (uint8_t)((PAGE + 1) * 7));
    bytes[1] = 0;
    EXPECT(byte_at(file, PAGE + 1) == (uint8_t)((PAGE + 1) * 7) && munmap(bytes, PAGE) == 0);
    close(file);
}

static sigjmp_buf back;
static void *volatile where;

static void jump(int number, siginfo_t *info, void *context)
{
    where = info->si_addr;
    siglongjmp(back, 1);
}

// Whether touching it is a SIGBUS that tells where.
static bool is_nothing(uint8_t *at)
{
    struct sigaction before, action = {.sa_sigaction = jump, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, &before);
    where = nullptr;
    if (sigsetjmp(back, 1) == 0) *(volatile uint8_t *)at = 1;
    sigaction(SIGBUS, &before, nullptr);
    return where == at;
}

static bool goes_beyond(int file, int kind, off_t offset, size_t there)
{
    enum : size_t { LENGTH = 4 * PAGE };
    uint8_t *bytes = mmap(nullptr, LENGTH, PROT_READ | PROT_WRITE, kind, file, offset);
    if (bytes == MAP_FAILED) return false;
    bool is_good = is_nothing(bytes + there) && is_nothing(bytes + LENGTH - 1);
    if (there != 0) is_good &= bytes[0] == byte_at(file, offset) && bytes[there - 1] == 0;
    return munmap(bytes, LENGTH) == 0 && is_good;
}

TEST("a mapping may go beyond the end of its file: touching a page there is a SIGBUS")
{
    int file = make_file(PAGE + 100);
    EXPECT(goes_beyond(file, MAP_SHARED, 0, 2 * PAGE));
    EXPECT(goes_beyond(file, MAP_PRIVATE, 0, 2 * PAGE));
    EXPECT(goes_beyond(file, MAP_SHARED, PAGE, PAGE));
    EXPECT(goes_beyond(file, MAP_SHARED, 2 * PAGE, 0));
    EXPECT(goes_beyond(file, MAP_PRIVATE, 64 * PAGE, 0));
    EXPECT(ftruncate(file, 0) == 0 && goes_beyond(file, MAP_SHARED, 0, 0));
    uint8_t *bytes =
        mmap(nullptr, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bytes[0] = 5;
    bytes = mmap(bytes, PAGE, PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    EXPECT(is_nothing(bytes) && munmap(bytes, PAGE) == 0 && close(file) == 0);
    EXPECT(unlink(path) == 0);
}

static uint8_t *map_memory(size_t size, int protection, int flags)
{
    void *bytes = mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return bytes == MAP_FAILED ? nullptr : bytes;
}

TEST("memory that is not there is refused, unless it is only to be named")
{
    size_t all = (size_t)sysconf(_SC_PHYS_PAGES) * PAGE; // more than a session may have
    void *volatile block = malloc(all);
    EXPECT(block == nullptr && errno == ENOMEM);
    EXPECT(map_memory(all, PROT_READ | PROT_WRITE, 0) == nullptr && errno == ENOMEM);
    uint8_t *named = map_memory(all, PROT_READ | PROT_WRITE, MAP_NORESERVE);
    EXPECT(named != nullptr && named[all - 1] == 0 && munmap(named, all) == 0);
    named = map_memory(all, PROT_NONE, 0);
    EXPECT(named != nullptr && munmap(named, all) == 0);
    block = malloc(4 << 20);
    EXPECT(block != nullptr);
    free(block);
}

TEST("who may not write gets no memory that writes")
{
    int file = make_file(SIZE);
    close(file);
    file = open(path, O_RDONLY);
    EXPECT(mmap(nullptr, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED &&
           errno == EACCES);
    uint8_t *bytes = mmap(nullptr, PAGE, PROT_READ, MAP_SHARED, file, 0);
    EXPECT(bytes != MAP_FAILED && mprotect(bytes, PAGE, PROT_READ | PROT_WRITE) != 0);
    EXPECT(munmap(bytes, PAGE) == 0);
    close(file);
}

TEST("locks end with the descriptor, though the file is mapped")
{
    int file = make_file(SIZE), other = open(path, O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    uint8_t *bytes = map_file(file, PAGE, 0);
    EXPECT(bytes != nullptr && fcntl(file, F_SETLK, &lock) == 0 && close(file) == 0);
    EXPECT(flock(other, LOCK_EX | LOCK_NB) == 0);
    EXPECT(munmap(bytes, PAGE) == 0);
    close(other);
}

// All of the disk but what the file has. The number of bytes.
static long fill_disk(int file)
{
    static char bytes[64 << 10];
    long all = 0;
    for (size_t size = sizeof bytes; size >= 512; size /= 2) {
        for (ssize_t put; (put = write(file, bytes, size)) > 0;) all += put;
    }
    return all;
}

TEST("on a full disk what does not fit is told, stays, and is safe when there is room")
{
    if (getenv("FULL") == nullptr) return;
    int file = make_file(100);
    EXPECT(ftruncate(file, 1 << 20) == 0); // a hole
    uint8_t *bytes = map_file(file, 1 << 20, 0);
    EXPECT(bytes != nullptr && fsync(file) == 0);
    enter("filler");
    int filler = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT(fill_disk(filler) > 0);
    memset(bytes, 5, 1 << 20);
    EXPECT(msync(bytes, 1 << 20, MS_SYNC) != 0 && errno == ENOSPC);
    EXPECT(fsync(file) != 0 && errno == ENOSPC && byte_at(file, (1 << 20) - 1) == 5);
    EXPECT(ftruncate(filler, 0) == 0 && fsync(filler) == 0 && unlink(path) == 0);
    EXPECT(msync(bytes, 1 << 20, MS_SYNC) == 0 && munmap(bytes, 1 << 20) == 0);
    EXPECT(byte_at(file, (1 << 20) - 1) == 5 && byte_at(file, 1 << 19) == 5);
    close(file);
}

// SPDX-License-Identifier: MIT
// Requests of asynchronous input and output that are wrong, alone and in a list; and locked memory.
#include "test/unit.h"
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char text[3][8] = {"one", "two", "three"};

static int make(struct aiocb *requests)
{
    int file = open("/tmp/requests", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 3; i++) {
        requests[i] = (struct aiocb){.aio_fildes = file,
                                     .aio_buf = text[i],
                                     .aio_nbytes = sizeof text[i],
                                     .aio_offset = i * 8,
                                     .aio_lio_opcode = LIO_WRITE};
    }
    return file;
}

TEST("what is wrong about a request is told where it is made")
{
    struct aiocb requests[3];
    int file = make(requests);
    requests[0].aio_reqprio = -1;
    EXPECT(aio_write(&requests[0]) == -1 && errno == EINVAL && aio_error(&requests[0]) == EINVAL);
    EXPECT(aio_fsync(O_SYNC, &requests[0]) == 0); // which has no priority
    while (aio_error(&requests[0]) == EINPROGRESS) usleep(1000);
    requests[1].aio_fildes = -1;
    EXPECT(aio_write(&requests[1]) == -1 && errno == EBADF);
    EXPECT(close(file) == 0);
}

TEST("of a list all that can be done is done, and a wrong one is told")
{
    struct aiocb requests[3], *list[] = {&requests[0], &requests[1], &requests[2]};
    struct sigevent never = {.sigev_notify = SIGEV_NONE};
    char got[24];
    int file = make(requests);
    EXPECT(lio_listio(LIO_WAIT, list, 3, nullptr) == 0);
    EXPECT(pread(file, got, 24, 0) == 24 && memcmp(got, text, 24) == 0 && ftruncate(file, 0) == 0);
    requests[0].aio_lio_opcode = LIO_NOP;
    requests[1].aio_lio_opcode = 99;
    EXPECT(lio_listio(LIO_WAIT, list, 3, nullptr) == -1 && errno == EIO);
    EXPECT(aio_error(&requests[1]) == EINVAL && aio_return(&requests[2]) == 8);
    EXPECT(lio_listio(LIO_NOWAIT, list, 3, &never) == -1 && errno == EIO);
    EXPECT(lio_listio(7, list, 3, nullptr) == -1 && errno == EINVAL);
    EXPECT(close(file) == 0);
}

TEST("only memory that is there can be locked")
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(nullptr, 4 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(memory != MAP_FAILED && munmap(memory + 2 * page, page) == 0);
    EXPECT(mlock(memory + 5, 2 * page - 5) == 0 && munlock(memory, page) == 0);
    EXPECT(mlock(memory, 4 * page) == -1 && errno == ENOMEM);
    EXPECT(munlock(memory + page, page + 1) == -1 && errno == ENOMEM);
    EXPECT(mlock((void *)(UINTPTR_MAX - page + 1), 8) == -1 && errno == ENOMEM);
    EXPECT(mlock(memory, SIZE_MAX) == -1 && errno == ENOMEM);
    EXPECT(munmap(memory, 2 * page) == 0 && munmap(memory + 3 * page, page) == 0);
}

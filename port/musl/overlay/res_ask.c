// SPDX-License-Identifier: MIT
// Questions about names go to the name service, by the file /net/dns (net(4)); where there is none,
// to the servers of resolv.conf themselves, as musl does it.

#include "syscall.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct resolvconf;

hidden int __res_msend_servers(int, const unsigned char *const *, const int *,
                               unsigned char *const *, int *, int, const struct resolvconf *);

static int ask(int file, const unsigned char *query, int size)
{
    char both[1 + 512];
    if (size > 512) return -1;
    both[0] = 0; // what follows is a message
    memcpy(both + 1, query, size);
    return write(file, both, size + 1) < 0 ? -1 : 0;
}

static int hear(int file, unsigned char *answer, int most)
{
    int size = 0;
    ssize_t got = 1;
    while (size < most && got > 0) {
        got = read(file, answer + size, most - size);
        if (got > 0) size += got;
    }
    return got < 0 ? 0 : size;
}

// All but the first are only begun, so that all are asked at the same time.
static void begin(int count, const unsigned char *const *queries, const int *sizes)
{
    for (int i = 1; i < count; i++) {
        int file = open("/net/dns", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (file < 0) return;
        ask(file, queries[i], sizes[i]);
        close(file);
    }
}

// Of a question that could not be asked: there is no name server, or there are no random numbers.
static int is_refusal(int error)
{
    return error == ENETUNREACH || error == EIO;
}

int __res_msend_rc(int count, const unsigned char *const *queries, const int *sizes,
                   unsigned char *const *answers, int *answer_sizes, int most,
                   const struct resolvconf *conf)
{
    int state, saved = errno, result = 0, file;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    file = open("/net/dns", O_RDWR | O_CLOEXEC);
    if (file >= 0) {
        begin(count, queries, sizes);
        for (int i = 0; i < count; i++) {
            int is_asked = ask(file, queries[i], sizes[i]) == 0;
            answer_sizes[i] = is_asked ? hear(file, answers[i], most) : 0;
            if (is_asked || !is_refusal(errno)) continue;
            saved = errno;
            result = -1;
        }
        close(file);
        errno = saved;
    }
    pthread_setcancelstate(state, 0);
    if (file >= 0) return result;
    return __res_msend_servers(count, queries, sizes, answers, answer_sizes, most, conf);
}

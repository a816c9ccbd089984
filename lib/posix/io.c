// SPDX-License-Identifier: MIT
// Reading and writing open files. The server keeps the position of an open file; a wait that a
// signal interrupts has moved nothing.
#include "call.h"
#include "context.h"
#include "file.h"
#include "signals.h"
#include "socket.h"
#include "terminal.h"
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static long read_some(struct file *file, uint64_t offset, void *to, size_t count)
{
    if ((file->flags & O_ACCMODE) == O_WRONLY || (file->flags & O_PATH)) return -EBADF;
    if (file->socket != nullptr) return socket_read(file, to, count);
    if (file_is_directory(file)) return -EISDIR;
    long error = file_may_wait(file) ? terminal_turn(file, SIGTTIN) : 0;
    if (error < 0) return error;
    int64_t result = p9_read(file->p9, offset, to, count);
    return result == -EINTR ? RESTART : (long)result;
}

// A terminal may want to know that the writer is in its foreground (TOSTOP): EPERM, or that.
[[gnu::noinline]] static int64_t write_in_turn(struct file *file, const void *from, size_t count)
{
    if (file->socket != nullptr || !file_may_wait(file)) return -EPERM;
    long error = terminal_turn(file, SIGTTOU);
    return error < 0 ? error : p9_write(file->p9, 0, from, count);
}

static long write_some(struct file *file, uint64_t offset, const void *from, size_t count)
{
    if ((file->flags & O_ACCMODE) == O_RDONLY || (file->flags & O_PATH)) return -EBADF;
    int64_t result = file->socket != nullptr ? socket_write(file, from, count)
                                             : p9_write(file->p9, offset, from, count);
    if (result == -EPERM) result = write_in_turn(file, from, count);
    if (result == -EPIPE) signal_send_thread(thread_self(), SIGPIPE);
    return result == -EINTR ? RESTART : (long)result;
}

// One read or write of several buffers, in order, until one comes back short.
static long transfer(long descriptor, const struct iovec *vector, long count, bool write,
                     uint64_t offset)
{
    if (count < 0 || count > IOV_MAX) return -EINVAL;
    struct file *file = file_hold(descriptor);
    if (file == nullptr) return -EBADF;
    long done = 0, result = 0;
    for (long i = 0; i < count; i++) {
        size_t size = vector[i].iov_len;
        if (size == 0 && count > 1) continue;
        uint64_t at = offset == FE_9P_POSITION ? offset : offset + (uint64_t)done;
        result = write ? write_some(file, at, vector[i].iov_base, size)
                       : read_some(file, at, vector[i].iov_base, size);
        if (result < 0) break;
        done += result;
        if ((size_t)result < size || (!write && file_may_wait(file))) break;
    }
    if (write && done > 0 && result < 0 && result > RESTART) p9_keep_error(file->p9, (int)result);
    file_put(file);
    return done > 0 ? done : result;
}

// One buffer, which is most often what there is.
static long transfer_one(long descriptor, void *at, size_t count, bool write, uint64_t offset)
{
    struct file *file = file_hold(descriptor);
    if (file == nullptr) return -EBADF;
    long result = write ? write_some(file, offset, at, count) : read_some(file, offset, at, count);
    file_put(file);
    return result;
}

int64_t call_read(const int64_t *a)
{
    return transfer_one(a[0], (void *)a[1], (size_t)a[2], false, FE_9P_POSITION);
}

int64_t call_write(const int64_t *a)
{
    return transfer_one(a[0], (void *)a[1], (size_t)a[2], true, FE_9P_POSITION);
}

int64_t call_readv(const int64_t *a)
{
    return transfer(a[0], (const struct iovec *)a[1], a[2], false, FE_9P_POSITION);
}

// What the C library's streams write in two parts is small: it goes out as one message, so that
// lines of several programs do not mix.
static long write_joined(long descriptor, const struct iovec *vector, long count)
{
    char buffer[1024];
    size_t size = 0;
    for (long i = 0; i < count; i++) {
        if (vector[i].iov_len > sizeof buffer - size) return -E2BIG;
        memcpy(buffer + size, vector[i].iov_base, vector[i].iov_len);
        size += vector[i].iov_len;
    }
    return transfer_one(descriptor, buffer, size, true, FE_9P_POSITION);
}

int64_t call_writev(const int64_t *a)
{
    const struct iovec *vector = (const struct iovec *)a[1];
    if (a[2] < 0 || a[2] > IOV_MAX) return -EINVAL;
    long result = a[2] > 1 ? write_joined(a[0], vector, a[2]) : -E2BIG;
    return result != -E2BIG ? result : transfer(a[0], vector, a[2], true, FE_9P_POSITION);
}

int64_t call_pread(const int64_t *a)
{
    if (a[3] < 0) return -EINVAL;
    return transfer_one(a[0], (void *)a[1], (size_t)a[2], false, (uint64_t)a[3]);
}

int64_t call_pwrite(const int64_t *a)
{
    if (a[3] < 0) return -EINVAL;
    return transfer_one(a[0], (void *)a[1], (size_t)a[2], true, (uint64_t)a[3]);
}

int64_t call_preadv(const int64_t *a)
{
    if (a[3] < 0) return -EINVAL;
    return transfer(a[0], (const struct iovec *)a[1], a[2], false, (uint64_t)a[3]);
}

int64_t call_pwritev(const int64_t *a)
{
    if (a[3] < 0) return -EINVAL;
    return transfer(a[0], (const struct iovec *)a[1], a[2], true, (uint64_t)a[3]);
}

int64_t call_lseek(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    int64_t result = -ESPIPE;
    if (file->p9 != nullptr && !file_may_wait(file)) {
        if (a[2] == SEEK_SET) {
            file->dots_told = a[1] != 0;
            file->listed = (uint32_t)a[1];
        }
        result = p9_seek(file->p9, a[1], (uint32_t)a[2]);
    }
    file_put(file);
    return result;
}

static long copy_bytes(struct file *to, struct file *from, uint64_t *offset, size_t count)
{
    enum : size_t { CHUNK = 64 * 1024 };
    char *buffer = malloc(count < CHUNK ? count + 1 : CHUNK);
    if (buffer == nullptr) return -ENOMEM;
    size_t done = 0;
    long result = 0;
    while (done < count) {
        size_t size = count - done < CHUNK ? count - done : CHUNK;
        uint64_t at = offset == nullptr ? FE_9P_POSITION : *offset + done;
        result = read_some(from, at, buffer, size);
        if (result <= 0) break;
        long got = result;
        for (long sent = 0; sent < got && result >= 0; sent += result) {
            result = write_some(to, FE_9P_POSITION, buffer + sent, (size_t)(got - sent));
        }
        if (result < 0) break;
        done += (size_t)got;
    }
    free(buffer);
    if (offset != nullptr) *offset += done;
    return done > 0 ? (long)done : result;
}

int64_t call_sendfile(const int64_t *a)
{
    struct file *to = file_hold(a[0]), *from = file_hold(a[1]);
    long result = -EBADF;
    if (to != nullptr && from != nullptr) {
        result = copy_bytes(to, from, (uint64_t *)a[2], (size_t)a[3]);
    }
    if (to != nullptr) file_put(to);
    if (from != nullptr) file_put(from);
    return result;
}

int64_t call_ftruncate(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long result = -EINVAL;
    if (file->p9 != nullptr && a[1] >= 0) result = p9_truncate(file->p9, (uint64_t)a[1]);
    file_put(file);
    return result;
}

// Only making room at the end, by growing the file.
int64_t call_fallocate(const int64_t *a)
{
    if (a[2] < 0 || a[3] <= 0) return -EINVAL;
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    struct fe_9p_attributes attributes;
    long result = -EOPNOTSUPP;
    if (file->p9 != nullptr && a[1] == 0) {
        uint64_t end = (uint64_t)a[2] + (uint64_t)a[3];
        result = p9_file_stat(file->p9, &attributes);
        if (result == 0 && attributes.size < end) result = p9_truncate(file->p9, end);
    }
    file_put(file);
    return result;
}

int64_t call_fsync(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long result = file->p9 == nullptr || file_may_wait(file) ? -EINVAL : p9_sync(file->p9);
    file_put(file);
    return result;
}

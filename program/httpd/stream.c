// SPDX-License-Identifier: MIT
// Bytes over a socket that does not wait, with TLS or without.

#include "httpd.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static enum progress of_tls(const struct stream *stream, enum tls_status status)
{
    if (status == TLS_OK) return WENT;
    if (status != TLS_AGAIN) return ENDED;
    return tls_waits_to_write(stream->tls) ? WAITS_TO_WRITE : WAITS_TO_READ;
}

enum progress stream_shake_hands(struct stream *stream)
{
    if (stream->is_plain) return WENT;
    if (!stream->tls && tls_accept_begin(&stream->tls, stream->fd, options.identity) != TLS_OK)
        return ENDED;
    return of_tls(stream, tls_shake_hands(stream->tls));
}

enum progress stream_read(struct stream *stream, void *to, size_t size, size_t *got)
{
    *got = 0;
    if (stream->tls) {
        enum progress progress = of_tls(stream, tls_read(stream->tls, to, size, got));
        return progress == WENT && *got == 0 ? ENDED : progress;
    }
    ssize_t count = read(stream->fd, to, size);
    if (count <= 0) return count < 0 && errno == EAGAIN ? WAITS_TO_READ : ENDED;
    *got = (size_t)count;
    return WENT;
}

enum progress stream_write(struct stream *stream, const void *from, size_t size, size_t *written)
{
    *written = 0;
    if (stream->tls) return of_tls(stream, tls_write_some(stream->tls, from, size, written));
    ssize_t count = send(stream->fd, from, size, MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN ? WAITS_TO_WRITE : ENDED;
    *written = (size_t)count;
    return WENT;
}

void stream_end(struct stream *stream)
{
    if (stream->tls) (void)tls_end(stream->tls);
    shutdown(stream->fd, SHUT_WR);
}

void stream_reset(struct stream *stream)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (connect(stream->fd, &nobody, sizeof nobody) != 0) stream_end(stream);
}

void stream_close(struct stream *stream)
{
    tls_close(stream->tls);
    close(stream->fd);
}

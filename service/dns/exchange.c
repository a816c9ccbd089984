// SPDX-License-Identifier: MIT
// One question to one server, by the files of net(4).
#include "exchange.h"

#include <abi/errno.h>
#include <dial/dial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum : uint32_t { PORT = 53, ADDRESS_MOST = 64 };

static uint8_t datagram[DATAGRAM_MOST]; // of whichever exchange went on last

int exchange_begin(struct exchange *exchange, const char *server, const uint8_t *question,
                   size_t size)
{
    char address[ADDRESS_MOST];
    size_t head = exchange->is_stream ? STREAM_HEAD : 0;
    put16(exchange->out, (uint16_t)size);
    memcpy(exchange->out + head, question, size);
    exchange->size = head + size;
    snprintf(address, sizeof address, "%s!%u", server, PORT);
    return dial(exchange->is_stream ? "tcp" : "udp", address, &exchange->control, &exchange->data);
}

void exchange_end(struct exchange *exchange)
{
    p9_close(exchange->data);
    p9_close(exchange->control);
    free(exchange->in);
    *exchange = (struct exchange){};
}

static int send_rest(struct exchange *exchange)
{
    while (exchange->sent < exchange->size) {
        int64_t written = p9_write(exchange->data, 0, exchange->out + exchange->sent,
                                   exchange->size - exchange->sent);
        if (written <= 0) return written < 0 ? (int)written : -EIO;
        exchange->sent += (size_t)written;
    }
    return 0;
}

// How much of a stream there must be: first its size, then all of it.
static size_t stream_wanted(const struct exchange *exchange)
{
    if (exchange->received < STREAM_HEAD) return STREAM_HEAD;
    return STREAM_HEAD + (size_t)get16(exchange->in);
}

// Room for all that is wanted, each time that this is known.
static bool stream_grow(struct exchange *exchange)
{
    if (exchange->received != 0 && exchange->received != STREAM_HEAD) return true;
    uint8_t *in = realloc(exchange->in, stream_wanted(exchange));
    if (in != nullptr) exchange->in = in;
    return in != nullptr;
}

static int64_t stream_run(struct exchange *exchange, const uint8_t **message)
{
    while (exchange->received < stream_wanted(exchange) || exchange->received == STREAM_HEAD) {
        if (exchange->received == STREAM_HEAD && get16(exchange->in) == 0) return -EIO;
        if (!stream_grow(exchange)) return -ENOMEM;
        int64_t size = p9_read(exchange->data, 0, exchange->in + exchange->received,
                               stream_wanted(exchange) - exchange->received);
        if (size <= 0) return size < 0 ? size : -EIO;
        exchange->received += (size_t)size;
    }
    *message = exchange->in + STREAM_HEAD;
    size_t size = exchange->received - STREAM_HEAD;
    exchange->received = 0;
    return (int64_t)size;
}

int64_t exchange_run(struct exchange *exchange, const uint8_t **message)
{
    int result = send_rest(exchange);
    if (result != 0) return result == -ENOTCONN ? -EAGAIN : result;
    if (exchange->is_stream) return stream_run(exchange, message);
    *message = datagram;
    return p9_read(exchange->data, 0, datagram, sizeof datagram);
}

int exchange_poll(struct exchange *exchange, fe_handle event, uint64_t bits)
{
    uint32_t events = exchange->sent < exchange->size ? READY_WRITE : READY_READ;
    return p9_poll(exchange->data, events, event, bits);
}

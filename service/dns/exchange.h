// SPDX-License-Identifier: MIT
// One question to one server, by a datagram from a port that is drawn at random or by a stream, and
// what comes back. Nothing waits: `event` gets `bits` when there is something to do.
#pragma once

#include <9p/client.h>
#include "message.h"

enum : size_t { DATAGRAM_MOST = 4096, STREAM_HEAD = 2 };

struct exchange {
    struct p9_file *control, *data;
    bool is_stream;
    size_t size, sent; // of what goes out
    uint8_t out[STREAM_HEAD + QUESTION_MOST];
    uint8_t *in; // of a stream, as much as is wanted of it; malloc'ed
    size_t received;
};

// Begins it. 0 or a negative errno; exchange_end() is right in any case.
int exchange_begin(struct exchange *exchange, const char *server, const uint8_t *question,
                   size_t size);
void exchange_end(struct exchange *exchange);
// Goes on. The size of a whole message, then at `*message` until the next call; -EAGAIN: nothing
// yet; another negative errno: nothing will come.
int64_t exchange_run(struct exchange *exchange, const uint8_t **message);
// Ready for what exchange_run() waits for; 0: the event will be signalled.
int exchange_poll(struct exchange *exchange, fe_handle event, uint64_t bits);

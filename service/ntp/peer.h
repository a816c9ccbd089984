// SPDX-License-Identifier: MIT
// A time server: what is asked, what came back, and when it is asked again.
#pragma once

#include "judge.h"
#include "packet.h"

#include <9p/client.h>

enum : size_t { HOST_SIZE = 64 };

struct peer {
    char host[HOST_SIZE]; // a name or an address
    uint16_t port;
    struct p9_file *control, *data; // of the request that is under way
    uint64_t cookie;
    int64_t sent;                         // when, by the clock
    uint64_t due, interval;               // when it is asked again: monotonic; ns
    uint64_t wait;                        // ns; 0: the last request could be sent
    uint32_t asked, heard, wrong, silent; // silent: requests in a row without a reply
    uint32_t stratum;
    enum verdict verdict;
    struct filter filter;
};

// Reads lines "server HOST [PORT]". How many servers there are now.
uint32_t peers_parse(const char *text, struct peer peers[SERVERS_MOST]);
bool peers_are_same(const struct peer *a, uint32_t a_count, const struct peer *b, uint32_t b_count);
void peer_end(struct peer *peer);
// The network is another: one that could not be asked is asked at once.
void peer_resume(struct peer *peer);
// Asks when it is time.
void peer_run(struct peer *peer);
// Takes what has come; `event` gets `bits` when there is more. True: a time.
bool peer_hear(struct peer *peer, fe_handle event, uint64_t bits);

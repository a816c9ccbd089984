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
    uint32_t asked, heard, wrong, silent; // silent: requests in a row without a reply
    uint32_t stratum;
    enum verdict verdict;
    struct filter filter;
};

// Reads lines "server HOST [PORT]". How many servers there are now.
uint32_t peers_parse(const char *text, struct peer peers[SERVERS_MOST]);
// Asks when it is time.
void peer_run(struct peer *peer);
// Takes what has come; `event` gets `bits` when there is more. True: a time.
bool peer_hear(struct peer *peer, fe_handle event, uint64_t bits);

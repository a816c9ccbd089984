// SPDX-License-Identifier: MIT
// What the files of import share: the connection over TCP.
#pragma once

#include <9import/import.h>
#include <pthread.h>

struct tcp {
    const char *host, *port;
    int socket;  // -1: none
    int stop[2]; // a pipe: what is written ends the reader
    pthread_t reader;
    bool has_reader;
    struct fe_lock sending;
};

extern const struct import_transport tcp_transport;

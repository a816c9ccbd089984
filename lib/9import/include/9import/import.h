// SPDX-License-Identifier: MIT
// Files of a 9P2000.L server, served over a channel: the larger half of import(1) and of drivers
// whose devices speak that protocol. What carries the frames is a transport; there is one for TCP
// and one for virtio. Every request of a client is served by a thread of its own, so any number may
// wait in the remote server at the same time; a client's interrupt becomes a flush.
//
// When the connection is lost, what is under way and files that are open give EIO; names are walked
// again over a new connection, which is made when it is first needed.
#pragma once

#include <9wire/wire.h>
#include <abi/object.h>
#include <abi/status.h>
#include <ferrite/lock.h>
#include <stddef.h>

struct import;

// One frame to the server and the room for its answer.
struct import_exchange {
    const uint8_t *frame;
    size_t size;
    uint8_t *reply;
    size_t capacity;
    int64_t result; // the reply's size, or a negative errno
    bool is_done;
    struct fe_condition done;
    // Called with the importer's lock when nobody waits; nullptr: `done` is signalled.
    void (*answered)(struct import_exchange *exchange);
    uint32_t tag;
};

struct import_transport {
    // Connects, anew after import_lost(). Called by one thread at a time; 0 or a negative errno.
    int (*open)(struct import *import);
    // Sends a frame, whole; may wait. Called by any thread, several at a time. 0 or a negative
    // errno; then nothing was sent, or the connection is lost.
    int (*send)(struct import *import, const struct import_exchange *exchange);
    // Ends a connection on which no answer comes: import_lost() follows. nullptr: there is no such.
    void (*close)(struct import *import);
    // Before the version is agreed upon: the largest frame that it carries.
    uint32_t message_most;
};

struct import {
    const struct import_transport *transport;
    void *context;      // the transport's
    const char *user;   // as whom one attaches by name; the number is the client's own
    const char *tree;   // what is attached, "" for the server's usual tree
    const uint8_t *key; // of KEY_SIZE bytes (<9key/key.h>); nullptr: no proof is offered
    bool is_one_user;   // the transport's server does not know users: permissions are checked here
    uint64_t patience;  // ns, for an answer to what does not wait for others; 0: for ever
    bool ends;          // with the last session: nobody can reach it any more
    struct import_state *state;
};

// Makes the channel, connects and attaches, so that what is wrong is known at once: 0 or a negative
// errno. `user` is as in p9_connector(); *connector is the caller's.
int import_open(struct import *import, uint32_t uid, uint32_t gid, fe_handle *connector);

// Serves from now on, in threads of their own: 0 or a negative errno. What this one asks for is
// answered, too.
int import_start(struct import *import);

// Serves for ever, with as many threads as there are requests.
[[noreturn]] void import_serve(struct import *import);

// --- For transports, from whatever thread brings replies --------------------------------------

// A reply's first WIRE_HEADER bytes have come: where the frame goes. nullptr: nobody waits for it.
// Until import_answer() the room stays.
struct import_exchange *import_expect(struct import *import, const uint8_t *header);
void import_answer(struct import *import, struct import_exchange *exchange, int64_t result);

// Nothing more will come. Everybody who waits hears EIO.
void import_lost(struct import *import);

// SPDX-License-Identifier: MIT
// What the files of the message queues share. A queue is a file that takes and gives whole messages
// by control requests; what waits for it waits as lib/9p has it, with a deadline of its own.
#pragma once

#include "store.h"
#include <9p/server.h>

// Who wants to be told that a message came to the empty queue. It lives until it was told, or its
// open file is closed.
struct listener {
    struct listener *next;
    struct p9_open *open;
    uint64_t number;
    uint32_t uid;
    struct p9_request *notice; // waits to be answered; nullptr: not asked for yet
    bool is_collected;         // somebody asks, or will
    bool has_fired;
};

struct queue {
    struct p9_node node; // first
    struct queue *next;
    struct store store;
    uint32_t capacity, message_size;
    uint64_t deadline;           // the earliest of what waits; FE_FOREVER: none
    struct listener *registered; // at most one at a time
    uint64_t number;             // where in the listing
    bool is_named;
    uint32_t name_size;
    char name[];
};

extern struct queue *queues; // newest first, with those that have lost their name
extern const struct p9_operations queue_operations;

// How much memory a queue may come to take.
uint64_t queue_charge(const struct queue *queue);

// notify.c
// A message came, and nobody waits for one.
void notify_fire(struct queue *queue);
// As enum fe_queue_notify says. request->value: the number.
int notify_control(struct p9_request *request, struct p9_open *open);
// Waits until the listener with this number is done with. request->value: 1: a message came.
int notify_wait(struct p9_request *request);
void notify_close(struct p9_open *open);

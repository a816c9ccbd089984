// SPDX-License-Identifier: MIT
// Interrupts: a line or a message vector that sets bits of an event. A level-triggered line stays
// masked from its firing until it is acknowledged. Guarded by the kernel lock.
#pragma once

#include "kernel/object/object.h"
#include "kernel/tree.h"

struct event;

struct interrupt {
    struct object object;
    uint32_t number, flags; // the flags as the line is wired
    struct event *event;    // a reference; nullptr: not bound yet
    uint64_t bits;
    bool is_message;
    struct tree_node by_number;
};

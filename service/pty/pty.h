// SPDX-License-Identifier: MIT
// What the pty service's files share. A pty is a terminal whose line is another file, its master.
// One thread, no locks.
#pragma once

#include <terminal/file.h>

struct pty {
    struct terminal_file slave; // first
    struct p9_node master;
    struct pty *next; // by number
    uint32_t number;
    uint32_t slaves;  // times that the slave is open
    uint32_t masters; // and the master
    uint32_t nodes;   // of the two, that are still referred to
    bool was_opened;  // the slave, so that having no slave any more is an end
    bool is_locked;   // until unlockpt()
    char name[24];    // its path
};

extern struct pty *ptys; // whose master is open, by number

// A new one with the lowest free number, the requester's. nullptr: no memory. Both nodes have one
// reference: the master's is the caller's, the slave's goes when the master is closed.
struct pty *pty_create(const struct p9_request *request);

static inline struct pty *pty_of_master(const struct p9_node *node)
{
    return (struct pty *)((uint8_t *)node - offsetof(struct pty, master));
}

// SPDX-License-Identifier: MIT
// Pairs of open files that the pipe service makes.
#pragma once

#include <stdint.h>

struct file;

struct pipe_kind {
    uint32_t request; // CONTROL_PIPE, CONTROL_SOCKET_PAIR
    uint32_t type;    // of sockets: SOCK_*
    int access[2];    // O_RDONLY, ...
    int flags;        // O_NONBLOCK is looked at
};

// Both with one reference, the caller's. 0 or a negative errno.
long pipe_make(struct file *files[2], const struct pipe_kind *kind);
// Gives both (consumed, also on failure) descriptors. `flags`: O_CLOEXEC is looked at.
long pipe_install(struct file *const files[2], int flags, int numbers[2]);

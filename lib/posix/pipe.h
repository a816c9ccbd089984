// SPDX-License-Identifier: MIT
// Pairs of open files that the pipe service makes.
#pragma once

#include <stdint.h>

struct file;

enum : int { PIPE_NONE = -1 };

struct pipe_kind {
    uint32_t request; // CONTROL_PIPE, CONTROL_SOCKET_PAIR, CONTROL_SOCKET_MAKE
    uint32_t type;    // of sockets: SOCK_*
    int access[2];    // O_RDONLY, ...; the second PIPE_NONE: there is only one
    int flags;        // O_NONBLOCK is looked at
};

struct p9_control;

// A request to the service. 0 or a negative errno.
long pipe_ask(struct p9_control *control);
// With one reference each, the caller's. 0 or a negative errno.
long pipe_make(struct file **files, const struct pipe_kind *kind);
// Gives both (consumed, also on failure) descriptors. `flags`: O_CLOEXEC is looked at.
long pipe_install(struct file *const files[2], int flags, int numbers[2]);

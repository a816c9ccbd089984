// SPDX-License-Identifier: MIT
// What sshd's files share.
#pragma once

#include <9p/client.h>
#include <stddef.h>
#include <stdint.h>

enum : size_t { ADDRESS_SIZE = 64 };

// A call that was taken.
struct call {
    struct p9_file *data;
    char peer[ADDRESS_SIZE]; // without its port
};

// listen.c: 0 or a negative errno. Taking waits for a call.
int listen_announce(uint16_t port, char folder[ADDRESS_SIZE], struct p9_file **control);
int listen_take(const char *folder, struct call *call);

// child.c: a process for the call, which asks the peer whether it is there after these seconds
// without a word. 0 or a negative errno.
int child_start(const struct call *call, uint16_t silence, fe_handle *process);

// key.c: whether the host has a key. 0 or a negative errno.
int host_key_check(void);

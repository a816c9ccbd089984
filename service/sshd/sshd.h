// SPDX-License-Identifier: MIT
// What sshd's files share.
#pragma once

#include <9p/client.h>
#include <stddef.h>
#include <stdint.h>

enum : size_t { ADDRESS_SIZE = 64, HOST_KEY_TEXT = 129 };

// A call that was taken.
struct call {
    struct p9_file *data;
    char peer[ADDRESS_SIZE]; // without its port
};

// listen.c: 0 or a negative errno. Taking waits for a call.
int listen_announce(uint16_t port, char folder[ADDRESS_SIZE], struct p9_file **control);
int listen_take(const char *folder, struct call *call);

// What every process is told.
struct telling {
    char host_key[HOST_KEY_TEXT];
    uint16_t silence; // seconds without a word, after which the peer is asked whether it is there
};

// child.c: a process for the call. 0 or a negative errno.
int child_start(const struct call *call, const struct telling *telling, fe_handle *process);

// key.c: seed and public key as hexadecimal digits; made and kept in the file when there is none.
int host_key(const char *path, char text[HOST_KEY_TEXT]);

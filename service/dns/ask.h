// SPDX-License-Identifier: MIT
// What is written to /net/dns and /net/cs, and the text that answers it.
#pragma once

#include "resolve.h"

#include <abi/errno.h>
#include <stddef.h>

enum : size_t { ASK_MOST = 512 };

struct reply { // grows as it is added to
    char *bytes;
    size_t size;
};

// Adds to the reply. 0 or -ENOMEM.
int reply_add(struct reply *reply, const void *bytes, size_t size);

// "NAME", "NAME TYPE": lines NAME TYPE VALUE. "NETWORK!HOST!SERVICE": lines CLONE-FILE
// ADDRESS!PORT. 0, P9_LATER, or a negative errno: -ENOENT: there is no such name; -ENODATA: there
// is, without what was asked for; -EHOSTUNREACH: no server tells; -ENETUNREACH: there is none that
// can be asked; -EIO: there are no random numbers; -EINVAL: not understood.
int ask_names(const char *text, struct reply *reply);
int ask_connection(const char *text, struct reply *reply);
// The same for a message: the answer is one.
int ask_message(const uint8_t *bytes, size_t size, struct reply *reply);

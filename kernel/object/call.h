// SPDX-License-Identifier: MIT
// Between the four message calls (call.c) and the channel they run on.
#pragma once

#include "kernel/object/channel.h"

enum : uint32_t { TOKEN_SEQUENCE_BITS = 40 };

// Names a thread's present call in a reply, and no other call ever.
static inline uint64_t call_token(const struct thread *caller)
{
    return (uint64_t)caller->slot << TOKEN_SEQUENCE_BITS |
           (caller->ipc.sequence & ((1ull << TOKEN_SEQUENCE_BITS) - 1));
}

// Gives the channel's next notice, if there is one, to `server`'s registers.
bool call_take_notice(struct channel *channel, struct thread *server);

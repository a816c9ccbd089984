// SPDX-License-Identifier: MIT
// Questions that are being asked, of the servers that /net/resolv.conf names, and what is known.
#pragma once

#include "cache.h"

#include <9p/server.h>

enum : uint64_t { BIT_NET = 1, BIT_TIMER = 2, BIT_SETTINGS = 4 };

// What is known of it. P9_LATER: it is being asked; resolve_changed() will be called. -EBUSY: there
// are too many questions at a time. The entry stays until the next call.
int resolve(const struct question *question, const struct cache_entry **entry);
// Goes on with what is being asked, and arms the timer.
void resolve_run(void);
// Of the server: what its event was signalled for.
void resolve_signalled(struct p9_server *server, uint64_t bits);
// What the program of it does when an answer has come, or will not come.
void resolve_changed(void);

extern struct p9_server server;

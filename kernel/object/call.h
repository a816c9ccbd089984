// SPDX-License-Identifier: MIT
// Between the four message calls (call.c) and the channel they run on.
#pragma once

#include "kernel/object/channel.h"

// Gives the channel's next notice, if there is one, to `server`'s registers.
bool call_take_notice(struct channel *channel, struct thread *server);

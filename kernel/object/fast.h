// SPDX-License-Identifier: MIT
// The fast path of channel_call and channel_reply_receive: for a message that is all in registers,
// from a thread to one that waits for it. Entry code tries it first and makes the call in the
// ordinary way (kernel/object/call.c) when the answer is nullptr: nothing has changed then.
//
// What it leaves behind is lighter than what the ordinary way makes, and whoever else looks sees to
// the difference (kernel/object/channel.c):
//   - a server that waits alone is channel->waiting or attending, and in no tree;
//   - a caller that is served is only its server's ipc.answering: it is not `listed`.
#pragma once

#include <arch/arch.h>

struct thread;

// The frame of the thread that goes on, with the message from `caller`'s registers to be loaded, OK
// in register 0 and the rest as it is. `caller` is the current thread. Entry code has seen that the
// label is below FE_NOTICE, that there is no transfer, and that `deadline` is FE_FOREVER or
// FE_UNINTERRUPTED, and put the handle in the caller's frame. nullptr: deadline and transfer are
// there too, and entry code puts the rest there. With one CPU there is no lock to take; with
// several it is not taken either, but only this CPU's flag raised (kernel/schedule/lock.h).
ARCH_FAST struct frame *fast_call(struct thread *caller, uint32_t handle, uint64_t deadline);

// The same for an answer: only the message and register 0 are results. `transfer` is 0 or has
// FE_TRANSFER_ROOM.
ARCH_FAST struct frame *fast_reply_receive(struct thread *server, uint32_t handle, uint64_t token,
                                           uint64_t transfer);

// The same for both calls when the message has a buffer of at most a page, or handles, or may bring
// some. It is in `frame`, label and words included; ordinary functions are called. With one CPU
// only.
struct frame *fast_transfer(struct frame *frame, uint64_t number);

// SPDX-License-Identifier: MIT
// System calls, for entry code.
#pragma once

struct frame;

// From user mode by the gate of calls.
void trap_call(struct frame *frame);

// Results on the way back to user mode. False when the thread cannot go on with it.
bool trap_deliver(struct frame *frame);

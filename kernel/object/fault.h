// SPDX-License-Identifier: MIT
// Faults of user threads.
#pragma once

#include <abi/object.h>
#include <stdint.h>

struct frame;

// The current thread cannot go on: tells the log who, where, why and how it got there, and begins
// to end its process. Until that is done the thread may fault again, which goes on with it.
void fault_report(struct frame *frame, enum fault_reason reason, uintptr_t address);

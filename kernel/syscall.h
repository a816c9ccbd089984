// SPDX-License-Identifier: MIT
// What handlers of system calls return besides a status of abi/status.h. Positive, so TRY and the
// made dispatcher pass them on; user space never sees them.
#pragma once

#include <abi/status.h>

// The registers are or will be written by somebody else: the thread waits, or is another one now.
constexpr enum status CALL_DEFERRED = (enum status)1;

// The call made progress and is to be made again: an interrupt waits, or memory must be found.
constexpr enum status CALL_RESTART = (enum status)2;

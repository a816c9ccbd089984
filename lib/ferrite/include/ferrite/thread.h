// SPDX-License-Identifier: MIT
// Threads for programs without a C library's own. One with a C library uses that one's threads.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

// Starts `run(argument)` on a stack of its own with a guard page; the thread ends when it returns.
// Priority 0: the creator's.
enum status fe_thread_spawn(void (*run)(void *argument), void *argument, size_t stack_size,
                            uint32_t priority, fe_handle *thread);

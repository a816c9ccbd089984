// SPDX-License-Identifier: MIT
// Mappings of threads that have ended, kept for the next ones: stack.c.

#pragma once

#include <features.h>
#include <stddef.h>

// A mapping of `size` bytes whose first `guard` ones cannot be touched, and whose last ones, the
// part for the thread's own block, are zero; null: there is none.
hidden void *__stack_take(size_t size, size_t guard);

// Keeps or unmaps the mapping of a thread that is no more.
hidden void __stack_give(void *base, size_t size, size_t guard);

// The same for the calling thread, which holds the lock of the thread list until it is no more.
// False: there is no room for it.
hidden int __stack_leave(void *base, size_t size, size_t guard);

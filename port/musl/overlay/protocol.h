// SPDX-License-Identifier: MIT
// Protocols in the type of a mutex, and in its attributes; the ceiling is above CEILING_SHIFT.
#pragma once

#include "pthread_impl.h"

enum { INHERIT = 8, PROTECT = 16, CEILING_SHIFT = 8 };

// Without regard to the protocol; 0 or an error.
hidden int __mutex_lock_plainly(pthread_mutex_t *m);
hidden void __mutex_unlock_plainly(pthread_mutex_t *m);

// The calling thread is at least so urgent from the first to the second: lib/posix/ceiling.c.
int posix_ceiling_enter(unsigned ceiling);
void posix_ceiling_leave(unsigned ceiling);

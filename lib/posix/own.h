// SPDX-License-Identifier: MIT
// Names of the caller's own open files, which no server could know: /dev/fd/<number>, /dev/stdin,
// /dev/stdout, /dev/stderr, and /proc/self/fd/<number>.
#pragma once

// True: `name`, as the caller wrote it, is that of the descriptor *number, whether open or not.
bool own_is_name(const char *name, long *number);

// As open() of such a name: another descriptor of the same open file, with its position. What
// `flags` would create or truncate is there already. -EBADF: not open; -EACCES: not open for that.
long own_open(long number, int flags);

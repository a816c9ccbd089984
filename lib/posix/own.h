// SPDX-License-Identifier: MIT
// Names of the caller's own open files, which no server could know: /dev/fd/<number>, /dev/stdin,
// /dev/stdout, /dev/stderr, and /proc/<oneself>/fd/<number>; and the folders of them, /dev/fd and
// /proc/<oneself>/fd.
#pragma once

#include "file.h"

struct fe_9p_attributes;

enum : long { OWN_FOLDER = -1 };

// True: `path`, which is absolute and clean, is that of the descriptor *number, whether open or
// not, or of the folder of all (OWN_FOLDER).
bool own_is_name(const char *path, long *number);

// As open() of such a name: another descriptor of the same open file, with its position. What
// `flags` would create or truncate is there already. -EBADF: not open; -EACCES: not open for that.
long own_open(long number, int flags);

// Of the folder, and of a name in it where links are not followed.
struct fe_9p_attributes own_attributes(long number);
// What the link with this number stands for. Its length or a negative errno.
long own_target(long number, char *to, size_t capacity);

// The next entries of the folder, as getdents64 gives them.
long own_list(struct file *file, uint8_t *to, size_t size);

// SPDX-License-Identifier: MIT
// Terminals as far as more than ioctl has to do with them.
#pragma once

#include "file.h"

// Whether the calling process may read (SIGTTIN), or change and write (SIGTTOU), a file that may be
// its controlling terminal: 0. Who is in the background and would stop gets the signal, and
// RESTART; -EIO: the signal would not stop it.
long terminal_turn(struct file *file, int number);

// The path of the controlling terminal, which is what /dev/tty means. 0, -ENXIO without one, or
// -ENOSYS: nobody knows.
long terminal_own_path(char *to, size_t capacity);

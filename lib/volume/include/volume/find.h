// SPDX-License-Identifier: MIT
// The disks and partitions that this machine has.
#pragma once

#include <stddef.h>

// Waits until no disk's driver is still starting, then calls `each` with the path of every disk and
// partition, until that gives something other than 0, which is the result. 0: none did. Negative
// errno: /dev/device cannot be read.
int volume_each(int (*each)(void *context, const char *path), void *context);

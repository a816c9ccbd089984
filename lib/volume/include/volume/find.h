// SPDX-License-Identifier: MIT
// The disks and partitions that this machine has.
#pragma once

#include <stddef.h>

// Waits until no disk's driver is still starting, then calls `each` with the path of every disk and
// partition, until that gives something other than 0, which is the result. 0: none did. Negative
// errno: /dev/device cannot be read.
int volume_each(int (*each)(void *context, const char *path), void *context);

// The path of the first one that has an ext4, ext3 or ext2 with this label, into `path` of `size`
// bytes. -ENOENT: there is none.
int volume_find(const char *label, char *path, size_t size);

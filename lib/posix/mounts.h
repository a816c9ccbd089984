// SPDX-License-Identifier: MIT
// The list of mounts as a file.
#pragma once

#include <stddef.h>

bool mounts_is_path(const char *path, size_t length);
// A descriptor to read the list from, or a negative errno.
long mounts_open(long flags);

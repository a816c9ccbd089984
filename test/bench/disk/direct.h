// SPDX-License-Identifier: MIT
// The disk's own bytes, behind the file system, between the disk and memory that its driver gave:
// no copy, no cache and no journal, one request at a time. What O_DIRECT is elsewhere.
#pragma once

#include <stddef.h>

bool direct_open(void);
// The next MiB, or 4 KiB somewhere.
bool direct_read_mib(size_t i);
bool direct_read_random(size_t i);
bool direct_write_mib(size_t i);
bool direct_write_random(size_t i);

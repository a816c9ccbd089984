// SPDX-License-Identifier: MIT
// For programs that speak the protocol themselves beside the C library.
#pragma once

struct p9_file;

// A descriptor for the file, which is taken over, also on failure. `flags` are those of open().
// Negative errno.
long posix_adopt(struct p9_file *file, int flags);

// SPDX-License-Identifier: MIT
// Names of the kernel's own functions, for backtraces: a table sorted by address that the build
// makes from the linked kernel and links in again. An image without one has no names.
#pragma once

#include <stdint.h>

// The function around `address` and where in it; nullptr: unknown.
const char *symbol_find(uintptr_t address, uintptr_t *offset);

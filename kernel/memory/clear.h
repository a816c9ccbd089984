// SPDX-License-Identifier: MIT
// Zeroing pages. A port may have a way of its own: <isa>/clear.c.
#pragma once

#include <stddef.h>

// Whole pages, in the kernel's map of RAM.
void page_clear(void *pages, size_t size);

// SPDX-License-Identifier: MIT
// Zeroing pages as any other memory.
#include "kernel/memory/clear.h"
#include "kernel/string.h"

void page_clear(void *pages, size_t size)
{
    memset(pages, 0, size);
}

// SPDX-License-Identifier: MIT
// Zeroing pages by blocks of the cache where the harts can (Zicboz: cbo.zero), which then need not
// be fetched first.
#include "kernel/memory/clear.h"
#include "kernel/string.h"
#include <arch/arch.h>

size_t clear_block; // bytes; 0: none. Set by the port, before there are other CPUs

void page_clear(void *pages, size_t size)
{
    size_t block = clear_block;
    if (block == 0) {
        memset(pages, 0, size);
        return;
    }
    for (char *at = pages, *end = at + size; at < end; at += block)
        __asm__ volatile(".insn i 0x0f, 2, x0, %0, 4" : : "r"(at) : "memory");
}

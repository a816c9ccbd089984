// SPDX-License-Identifier: MIT
// Memory for lwIP in a program that tests it, which knows how much is in use. Included once, by the
// test itself.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { LWIP_HEAP_HEAD = 16 };

static size_t held; // bytes

void *lwip_heap_allocate(size_t size)
{
    uint8_t *block = malloc(LWIP_HEAP_HEAD + size);
    if (block == NULL) return NULL;
    memcpy(block, &size, sizeof size);
    held += size;
    return block + LWIP_HEAP_HEAD;
}

void *lwip_heap_allocate_zeroed(size_t count, size_t size)
{
    void *made = lwip_heap_allocate(count * size);
    return made == NULL ? NULL : memset(made, 0, count * size);
}

void lwip_heap_free(void *made)
{
    size_t size;
    if (made == NULL) return;
    memcpy(&size, (uint8_t *)made - LWIP_HEAP_HEAD, sizeof size);
    held -= size;
    free((uint8_t *)made - LWIP_HEAP_HEAD);
}

size_t lwip_heap_kept(void)
{
    return 0;
}

// SPDX-License-Identifier: MIT
// memcpy, by words, aligned or not.
#include <ferrite/libc.h>
#include <stdint.h>

// One piece of a fixed size, which the compiler makes loads and stores of.
#define COPY_PIECE(size)                                                                           \
    do {                                                                                           \
        __builtin_memcpy(t, f, size);                                                              \
        t += size;                                                                                 \
        f += size;                                                                                 \
    } while (0)

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    for (; size >= 32; size -= 32) COPY_PIECE(32);
    if (size & 16) COPY_PIECE(16);
    if (size & 8) COPY_PIECE(8);
    if (size & 4) COPY_PIECE(4);
    if (size & 2) COPY_PIECE(2);
    if (size & 1) *t = *f;
    return to;
}

#undef COPY_PIECE

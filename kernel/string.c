// SPDX-License-Identifier: MIT
// Bytes and strings, a word at a time where both sides allow it. A port may put faster ones in
// their place.
#include "kernel/string.h"
#include <stdint.h>

typedef uint64_t word [[gnu::may_alias]];

static bool is_aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) % sizeof(word)) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if (is_aligned(to, from)) {
        for (; size >= 8 * sizeof(word); size -= 8 * sizeof(word)) {
            word part[8];
            for (uint32_t i = 0; i < 8; i++) part[i] = ((const word *)in)[i];
            for (uint32_t i = 0; i < 8; i++) ((word *)out)[i] = part[i];
            in += sizeof part;
            out += sizeof part;
        }
        for (; size >= sizeof(word); size -= sizeof(word)) {
            *(word *)out = *(const word *)in;
            in += sizeof(word);
            out += sizeof(word);
        }
    }
    for (; size > 0; size--) *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= size) return memcpy(to, from, size);
    while (size-- > 0) out[size] = in[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *out = to;
    if (is_aligned(to, to)) {
        word fill = (uint8_t)value * 0x0101'0101'0101'0101u;
        for (; size >= 8 * sizeof(word); size -= 8 * sizeof(word), out += 8 * sizeof(word)) {
            for (uint32_t i = 0; i < 8; i++) ((word *)out)[i] = fill;
        }
        for (; size >= sizeof(word); size -= sizeof(word), out += sizeof(word)) *(word *)out = fill;
    }
    for (; size > 0; size--) *out++ = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a, *right = b;
    for (; size > 0; size--, left++, right++) {
        if (*left != *right) return *left - *right;
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t size = 0;
    while (text[size] != '\0') size++;
    return size;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size > 0; size--, a++, b++) {
        if (*a != *b) return (uint8_t)*a - (uint8_t)*b;
        if (*a == '\0') break;
    }
    return 0;
}

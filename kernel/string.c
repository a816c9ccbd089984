// SPDX-License-Identifier: MIT
// Bytes and strings, a word at a time. A port may put faster ones in their place. What is short and
// aligned is left for the compiler to put where it is called.
#include "kernel/string.h"
#include <stdint.h>

typedef uintptr_t word [[gnu::may_alias]];
enum : size_t { WORD = sizeof(word), LARGE = 256, LARGE_PIECE = 16 * WORD };

static bool is_aligned(const void *a, const void *b)
{
    return ((uintptr_t)a | (uintptr_t)b) % WORD == 0;
}

// By words, of which both are aligned at first, then what is left by bytes.
static inline void copy_words(uint8_t *to, const uint8_t *from, size_t size)
{
    for (; size >= WORD; size -= WORD, to += WORD, from += WORD) {
        *(word *)to = *(const word *)from;
    }
    for (; size > 0; size--) *to++ = *from++;
}

[[gnu::noinline]] static void *copy_large(void *to, const uint8_t *from, size_t size)
{
    uint8_t *out = to;
    for (; size >= LARGE_PIECE; size -= LARGE_PIECE, out += LARGE_PIECE, from += LARGE_PIECE) {
        for (uint32_t i = 0; i < 16; i += 4) { // as many as need no register saved
            word part[4];
            for (uint32_t j = 0; j < 4; j++) part[j] = ((const word *)from)[i + j];
            for (uint32_t j = 0; j < 4; j++) ((word *)out)[i + j] = part[j];
        }
    }
    copy_words(out, from, size);
    return to;
}

// What is not aligned on both sides: a word is put together of two, because loads that are not
// aligned may trap. Reads no word of which nothing is wanted.
[[gnu::noinline, clang::no_sanitize("address")]] static void *
copy_apart(void *to, const uint8_t *from, size_t size)
{
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    uint8_t *out = to;
    for (; size > 0 && !is_aligned(out, out); size--) *out++ = *from++;
    size_t behind = (uintptr_t)from % WORD;
    if (size >= 2 * WORD && behind != 0) {
        const word *in = (const word *)(from - behind);
        word low = *in++;
        for (; size >= 2 * WORD; size -= WORD, out += WORD, from += WORD) {
            word high = *in++;
            *(word *)out = low >> 8 * behind | high << 8 * (WORD - behind);
            low = high;
        }
    }
    if (behind == 0)
        copy_words(out, from, size);
    else
        for (; size > 0; size--) *out++ = *from++;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    if (!is_aligned(to, from)) return copy_apart(to, from, size);
    if (size >= LARGE) return copy_large(to, from, size);
    uint8_t *out = to;
    const uint8_t *in = from;
    for (; size >= 8 * WORD; size -= 8 * WORD, out += 8 * WORD, in += 8 * WORD) {
        word part[8];
        for (uint32_t i = 0; i < 8; i++) part[i] = ((const word *)in)[i];
        for (uint32_t i = 0; i < 8; i++) ((word *)out)[i] = part[i];
    }
    copy_words(out, in, size);
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
        word fill = (uint8_t)value * (UINTPTR_MAX / UINT8_MAX);
        for (; size >= 8 * WORD; size -= 8 * WORD, out += 8 * WORD) {
            for (uint32_t i = 0; i < 8; i++) ((word *)out)[i] = fill;
        }
        for (; size >= WORD; size -= WORD, out += WORD) *(word *)out = fill;
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

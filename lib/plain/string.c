// SPDX-License-Identifier: MIT
// Memory and text functions. memset goes by words; memcpy is in copy.c; the rest is plain.
#include <ferrite/libc.h>
#include <stdint.h>

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f || t >= f + size) {
        while (size-- > 0) *t++ = *f++;
    } else {
        while (size-- > 0) t[size] = f[size];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    uint8_t *t = to;
    uint64_t word = 0x0101010101010101u * (uint8_t)byte;
    for (; size > 0 && ((uintptr_t)t & 7) != 0; size--) *t++ = (uint8_t)byte;
    for (; size >= 8; size -= 8, t += 8) *(uint64_t *)(uintptr_t)t = word;
    for (; size > 0; size--) *t++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;
    for (; size >= 8; size -= 8, x += 8, y += 8) {
        uint64_t one, other;
        __builtin_memcpy(&one, x, 8);
        __builtin_memcpy(&other, y, 8);
        if (one != other) break;
    }
    for (; size > 0; size--, x++, y++) {
        if (*x != *y) return *x - *y;
    }
    return 0;
}

void *memchr(const void *text, int byte, size_t size)
{
    const uint8_t *t = text;
    for (; size > 0; size--, t++) {
        if (*t == (uint8_t)byte) return (void *)(uintptr_t)t;
    }
    return nullptr;
}

size_t strnlen(const char *text, size_t most)
{
    size_t size = 0;
    while (size < most && text[size]) size++;
    return size;
}

size_t strlen(const char *text)
{
    return strnlen(text, SIZE_MAX);
}

char *strchr(const char *text, int character)
{
    for (;; text++) {
        if (*text == (char)character) return (char *)(uintptr_t)text;
        if (*text == '\0') return nullptr;
    }
}

char *strrchr(const char *text, int character)
{
    char *last = nullptr;
    for (;; text++) {
        if (*text == (char)character) last = (char *)(uintptr_t)text;
        if (*text == '\0') return last;
    }
}

size_t strcspn(const char *text, const char *stop)
{
    size_t size = 0;
    while (text[size] && strchr(stop, text[size]) == nullptr) size++;
    return size;
}

int strncmp(const char *a, const char *b, size_t most)
{
    for (; most > 0; most--, a++, b++) {
        if (*a != *b) return (unsigned char)*a - (unsigned char)*b;
        if (*a == '\0') return 0;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strncpy(char *restrict to, const char *restrict from, size_t size)
{
    size_t length = strnlen(from, size);
    memcpy(to, from, length);
    memset(to + length, 0, size - length);
    return to;
}

// SPDX-License-Identifier: MIT
// The few helpers that libsodium's files expect from the rest of libsodium, written here so that
// nothing that allocates or asks the system is linked.

#include <stdint.h>
#include <string.h>
#include <utils.h>

void sodium_memzero(void *bytes, size_t size)
{
    memset(bytes, 0, size);
    __asm__ volatile("" : : "r"(bytes) : "memory"); // keeps a memset that nobody reads after
}

// Takes the same time wherever the difference is. 0: equal, -1: not.
int sodium_memcmp(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *left = a, *right = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++) difference |= left[i] ^ right[i];
    return difference ? -1 : 0;
}

int sodium_is_zero(const unsigned char *bytes, size_t size)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < size; i++) bits |= bytes[i];
    return !bits;
}

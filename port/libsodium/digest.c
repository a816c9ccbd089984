// SPDX-License-Identifier: MIT
// SHA-512 under Ferrite's names, and the few helpers that libsodium's files expect from the rest
// of libsodium. The helpers are written here so that nothing that allocates or asks the system is
// linked.

#include <crypto/ed25519.h>
#include <crypto_hash_sha512.h>
#include <string.h>
#include <utils.h>

static_assert(sizeof(struct sha512) == sizeof(crypto_hash_sha512_state));
static_assert(alignof(struct sha512) == alignof(crypto_hash_sha512_state));

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

void sha512_init(struct sha512 *hash)
{
    crypto_hash_sha512_init((crypto_hash_sha512_state *)hash);
}

void sha512_update(struct sha512 *hash, const void *bytes, size_t size)
{
    crypto_hash_sha512_update((crypto_hash_sha512_state *)hash, bytes, size);
}

void sha512_final(struct sha512 *hash, uint8_t digest[64])
{
    crypto_hash_sha512_final((crypto_hash_sha512_state *)hash, digest);
}

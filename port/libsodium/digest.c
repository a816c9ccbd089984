// SPDX-License-Identifier: MIT
// SHA-512 under Ferrite's names, and the few helpers that libsodium's files expect from the rest
// of libsodium. The helpers are written here so that nothing that allocates or asks the system is
// linked.

#include <crypto/ed25519.h>
#include <crypto_hash_sha512.h>
#include <string.h>
#include <utils.h>

// libsodium's state, then for sha512_final_step: bits before the padding, 0: nothing is padded yet.
enum : size_t { PADDED = sizeof(crypto_hash_sha512_state) / sizeof(uint64_t) };
static_assert(sizeof(struct sha512) == (PADDED + 1) * sizeof(uint64_t));
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
    hash->opaque[PADDED] = 0;
}

void sha512_update(struct sha512 *hash, const void *bytes, size_t size)
{
    crypto_hash_sha512_update((crypto_hash_sha512_state *)hash, bytes, size);
}

void sha512_final(struct sha512 *hash, uint8_t digest[64])
{
    crypto_hash_sha512_final((crypto_hash_sha512_state *)hash, digest);
}

// FIPS 180-4, section 5.1.2: a one bit, zeros up to 16 bytes before the end of a block, the length.
bool sha512_final_step(struct sha512 *hash, uint8_t digest[64])
{
    enum : size_t { LENGTH = 16 };
    crypto_hash_sha512_state *state = (crypto_hash_sha512_state *)hash;
    uint8_t padding[SHA512_BLOCK] = {};
    uint64_t bits = hash->opaque[PADDED];
    size_t room = SHA512_BLOCK - (state->count[1] >> 3) % SHA512_BLOCK;
    if (bits == 0) { // so far
        padding[0] = 0x80;
        if (room <= LENGTH) {
            hash->opaque[PADDED] = state->count[1];
            crypto_hash_sha512_update(state, padding, room);
            return false;
        }
        bits = state->count[1];
    }
    for (size_t i = 0; i < 8; i++) padding[room - 1 - i] = (uint8_t)(bits >> 8 * i);
    crypto_hash_sha512_update(state, padding, room);
    for (size_t i = 0; i < 64; i++) digest[i] = (uint8_t)(state->state[i / 8] >> (56 - i % 8 * 8));
    sodium_memzero(hash, sizeof *hash);
    return true;
}

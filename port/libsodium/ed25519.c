// SPDX-License-Identifier: MIT
// Ed25519 under Ferrite's names. What only signing needs is dropped by the linker where it is not
// used.

#include <crypto/ed25519.h>
#include <crypto_hash_sha512.h>
#include <crypto_sign_ed25519.h>
#include <private/ed25519_ref10.h>
#include <string.h>
#include <utils.h>

bool ed25519_verify(const uint8_t signature[64], const void *message, size_t size,
                    const uint8_t key[32])
{
    return crypto_sign_ed25519_verify_detached(signature, message, size, key) == 0;
}

// RFC 8032, section 5.1.5: the lower half of the seed's digest, pruned, times the base point.
void ed25519_key(uint8_t key[32], const uint8_t seed[32])
{
    uint8_t scalar[64];
    crypto_hash_sha512(scalar, seed, 32);
    scalar[0] &= 0xf8;
    scalar[31] = (scalar[31] & 0x7f) | 0x40;
    ge25519_p3 point;
    ge25519_scalarmult_base(&point, scalar);
    ge25519_p3_tobytes(key, &point);
    sodium_memzero(scalar, sizeof scalar);
}

void ed25519_sign(uint8_t signature[64], const void *message, size_t size, const uint8_t seed[32])
{
    uint8_t secret[64]; // libsodium wants the public key behind the seed
    memcpy(secret, seed, 32);
    ed25519_key(secret + 32, seed);
    crypto_sign_ed25519_detached(signature, nullptr, message, size, secret);
    sodium_memzero(secret, sizeof secret);
}

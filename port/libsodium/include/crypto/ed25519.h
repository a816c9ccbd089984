// SPDX-License-Identifier: MIT
// Ed25519 signatures (RFC 8032, section 5.1, the pure variant) and SHA-512 (FIPS 180-4). Needs
// nothing of its surroundings but memcpy, memmove and memset, allocates nothing and keeps no
// state, so the kernel may use it. Verification refuses non-canonical scalars and points and keys
// of small order, and takes variable time: everything that it sees is public. Signing takes
// constant time.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t {
    ED25519_KEY_SIZE = 32,
    ED25519_SEED_SIZE = 32,
    ED25519_SIGNATURE_SIZE = 64,
    SHA512_SIZE = 64,
    SHA512_BLOCK = 128, // what is hashed at once
};

// True when `signature` over the `size` bytes of `message` was made with the secret half of `key`.
[[nodiscard]] bool ed25519_verify(const uint8_t signature[64], const void *message, size_t size,
                                  const uint8_t key[32]);

// The same in short steps, where nothing may take long: begin, update with the message in pieces,
// then step until there is a verdict. One call of update takes as long as its bytes, any other call
// as long as the addition of two points or a step of SHA-512. What is not begun anew stays decided.
struct ed25519_check {
    uint64_t opaque[512];
};
enum ed25519_verdict { ED25519_UNDECIDED, ED25519_GOOD, ED25519_BAD };
void ed25519_check_begin(struct ed25519_check *check, const uint8_t signature[64],
                         const uint8_t key[32]);
void ed25519_check_update(struct ed25519_check *check, const void *bytes, size_t size);
[[nodiscard]] enum ed25519_verdict ed25519_check_step(struct ed25519_check *check);

// The public key that belongs to a secret seed of 32 random bytes.
void ed25519_key(uint8_t key[32], const uint8_t seed[32]);

// Signs the `size` bytes of `message` with the secret seed.
void ed25519_sign(uint8_t signature[64], const void *message, size_t size, const uint8_t seed[32]);

// A digest in the making. Its content is nobody's business.
struct sha512 {
    uint64_t opaque[34];
};

void sha512_init(struct sha512 *hash);
void sha512_update(struct sha512 *hash, const void *bytes, size_t size);

// A short step of that, less than half a block's work: hashes from the beginning of `bytes`, up to
// the end of a block, and returns how many; or 0 while a block is worked on that is full.
size_t sha512_update_step(struct sha512 *hash, const void *bytes, size_t size);

// Gives the digest and wipes the state; begin anew with sha512_init.
void sha512_final(struct sha512 *hash, uint8_t digest[64]);

// The same in steps as short; true when the digest is there.
[[nodiscard]] bool sha512_final_step(struct sha512 *hash, uint8_t digest[64]);

// SPDX-License-Identifier: MIT
// A generator built on SHA-512 (NIST SP 800-90A, Hash_DRBG's principle): output is the hash of state and
// counter; after each request the state is hashed on, so what was given out cannot be computed from what is
// kept. Each addition and request also mixes in the cycle counter.
#include "kernel/entropy.h"
#include "kernel/log.h"
#include "kernel/memory/user.h"
#include "kernel/object/resource.h"
#include "kernel/string.h"
#include <arch/arch.h>
#include <kernel/syscalls.h>
#include <sodium/crypto_hash_sha512.h>

enum : size_t { STATE_SIZE = crypto_hash_sha512_BYTES, REQUEST_MAX = 1024 };
static uint8_t state[STATE_SIZE];
static uint64_t counter;

// hash(state || tag || cycles || counter || data): into `out`.
static void mix(uint8_t out[static STATE_SIZE], uint8_t tag, const void *data, size_t size)
{
    crypto_hash_sha512_state hash;
    uint64_t words[2] = {arch_counter(), counter++};
    crypto_hash_sha512_init(&hash);
    crypto_hash_sha512_update(&hash, state, sizeof state);
    crypto_hash_sha512_update(&hash, &tag, 1);
    crypto_hash_sha512_update(&hash, (const uint8_t *)words, sizeof words);
    if (size > 0) crypto_hash_sha512_update(&hash, data, size);
    crypto_hash_sha512_final(&hash, out);
}

void entropy_add(const void *data, size_t size)
{
    mix(state, 0, data, size);
}

void entropy_init(const struct bootinfo *info)
{
    uint8_t seed[64];
    arch_entropy(info, seed);
    entropy_add(seed, sizeof seed);
    memset(seed, 0, sizeof seed);
}

void entropy_fill(void *to, size_t size)
{
    uint8_t block[STATE_SIZE], *out = to;
    while (size > 0) {
        size_t step = size < sizeof block ? size : sizeof block;
        mix(block, 1, nullptr, 0);
        memcpy(out, block, step);
        out += step;
        size -= step;
    }
    memset(block, 0, sizeof block);
    mix(state, 2, nullptr, 0);
}

enum status sys_entropy_read(struct user_buffer data)
{
    uint8_t bytes[REQUEST_MAX];
    if (data.size > sizeof bytes) return ERR_TOO_LARGE;
    entropy_fill(bytes, data.size);
    enum status status = user_write(data.address, bytes, data.size);
    memset(bytes, 0, sizeof bytes);
    return status;
}

enum status sys_entropy_add(struct resource *resource, struct user_buffer data)
{
    uint8_t bytes[REQUEST_MAX];
    TRY(resource_check(resource, RESOURCE_ENTROPY, 0, 1));
    if (data.size > sizeof bytes) return ERR_TOO_LARGE;
    TRY(user_read(bytes, data.address, data.size));
    entropy_add(bytes, data.size);
    return OK;
}

// SPDX-License-Identifier: MIT
// ChaCha20 (RFC 8439, section 2.3) as a generator that erases its key: every request draws a block
// whose first half becomes the next key, so nobody can tell from the state what was given before.
// New entropy is hashed together with the key.
#include "kernel/random.h"
#include "kernel/memory/user.h"
#include "kernel/object/resource.h"
#include "kernel/string.h"
#include "kernel/syscalls.h"
#include <arch/arch.h>
#include <crypto/ed25519.h>

enum : size_t { KEY_SIZE = 32, BLOCK_SIZE = 64, READ_MAX = 4096 };

static uint32_t key[KEY_SIZE / 4];

// Small requests, as for every new address space, are cut out of one stock; what is given out is
// erased in it.
static uint8_t stock[512];
static size_t stock_left;

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b, *d = rotate(*d ^ *a, 16);
    *c += *d, *b = rotate(*b ^ *c, 12);
    *a += *b, *d = rotate(*d ^ *a, 8);
    *c += *d, *b = rotate(*b ^ *c, 7);
}

static void block(uint32_t counter, uint32_t out[BLOCK_SIZE / 4])
{
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    memcpy(in + 4, key, KEY_SIZE);
    in[12] = counter;
    memcpy(out, in, BLOCK_SIZE);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++) quarter(&out[i], &out[i + 4], &out[i + 8], &out[i + 12]);
        for (int i = 0; i < 4; i++)
            quarter(&out[i], &out[4 + (i + 1) % 4], &out[8 + (i + 2) % 4], &out[12 + (i + 3) % 4]);
    }
    for (int i = 0; i < 16; i++) out[i] += in[i];
}

void random_add(const void *bytes, size_t size)
{
    static_assert(SHA512_SIZE >= sizeof key);
    struct sha512 hash;
    uint8_t digest[SHA512_SIZE];
    uint64_t now = arch_counter();
    sha512_init(&hash);
    sha512_update(&hash, key, sizeof key);
    sha512_update(&hash, &now, sizeof now);
    sha512_update(&hash, bytes, size);
    sha512_final(&hash, digest);
    memcpy(key, digest, sizeof key);
    stock_left = 0; // what was made before is forgotten
}

void random_init(const struct bootinfo *info)
{
    uint8_t seed[64];
    arch_entropy(info, seed);
    random_add(seed, sizeof seed);
    memset(seed, 0, sizeof seed);
}

static void stream(void *to, size_t size)
{
    uint32_t first[BLOCK_SIZE / 4], more[BLOCK_SIZE / 4];
    uint8_t *at = to;
    block(0, first);
    for (uint32_t counter = 1; size > 0; counter++) {
        size_t part = size < BLOCK_SIZE ? size : BLOCK_SIZE;
        block(counter, more);
        memcpy(at, more, part);
        at += part;
        size -= part;
    }
    memcpy(key, first, sizeof key);
}

void random_fill(void *to, size_t size)
{
    if (size > sizeof stock / 8) {
        stream(to, size);
        return;
    }
    if (size > stock_left) {
        stream(stock, sizeof stock);
        stock_left = sizeof stock;
    }
    stock_left -= size;
    memcpy(to, stock + stock_left, size);
    memset(stock + stock_left, 0, size);
}

enum status sys_entropy_read(struct user_buffer data)
{
    if (data.size > READ_MAX) return ERR_BAD_ARGUMENT;
    uint8_t bytes[256];
    for (size_t done = 0, part; done < data.size; done += part) {
        part = data.size - done < sizeof bytes ? data.size - done : sizeof bytes;
        random_fill(bytes, part);
        TRY(user_write(data.address + done, bytes, part));
    }
    return OK;
}

enum status sys_entropy_add(struct resource *resource, struct user_buffer data)
{
    TRY(resource_check(resource, RESOURCE_ENTROPY, 0, 1));
    if (data.size > READ_MAX) return ERR_BAD_ARGUMENT;
    uint8_t bytes[256];
    for (size_t done = 0, part; done < data.size; done += part) {
        part = data.size - done < sizeof bytes ? data.size - done : sizeof bytes;
        TRY(user_read(bytes, data.address + done, part));
        random_add(bytes, part);
    }
    return OK;
}

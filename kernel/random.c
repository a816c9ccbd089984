// SPDX-License-Identifier: MIT
// ChaCha20 (RFC 8439, section 2.3) as a generator that erases its key: every request draws a block
// whose first half becomes the next key, so nobody can tell from the state what was given before.
// New entropy is hashed together with the key.
#include "kernel/random.h"
#include "kernel/log.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/user.h"
#include "kernel/object/resource.h"
#include "kernel/option.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/syscalls.h"
#include <arch/arch.h>
#include <crypto/ed25519.h>

enum : size_t { KEY_SIZE = 32, BLOCK_SIZE = 64, READ_MAX = 4096 };

static uint32_t key[KEY_SIZE / 4];
static size_t seed_bits;                   // that sources of random numbers gave
static uint64_t repeated, repeated_spaces; // the seed given, 0: none; random_space()s with it

// Small requests, as for every new address space, are cut out of one stock; what is given out is
// erased in it.
static uint8_t stock[KEY_SIZE];
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

// What is added is hashed with the key in steps, whoever makes them.
static struct sha512 mix;
static bool is_mixing;

static void mix_begin(const void *bytes, size_t size)
{
    uint64_t now = arch_counter();
    ASSERT(!is_mixing);
    if (repeated != 0) return;
    sha512_init(&mix);
    sha512_update(&mix, key, sizeof key);
    sha512_update(&mix, &now, sizeof now);
    sha512_update(&mix, bytes, size);
    is_mixing = true;
}

static void mix_step(void)
{
    static_assert(SHA512_SIZE >= sizeof key);
    uint8_t digest[SHA512_SIZE];
    if (!sha512_final_step(&mix, digest)) return;
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) { // as it is by now: others drew from it
        uint32_t word;
        memcpy(&word, digest + i * sizeof word, sizeof word);
        key[i] ^= word;
    }
    memset(digest, 0, sizeof digest);
    stock_left = 0; // what was made before is forgotten
    is_mixing = false;
}

void random_add(const void *bytes, size_t size)
{
    while (is_mixing) mix_step();
    mix_begin(bytes, size);
    while (is_mixing) mix_step();
}

void random_init(const struct bootinfo *info)
{
    uint8_t seed[64];
    repeated = 0;
    seed_bits = arch_entropy(info, seed) ? SEED_BITS : 0;
    random_add(seed, sizeof seed);
    memset(seed, 0, sizeof seed);
    if (info->seed_size != 0) { // nobody else is to find it there
        uint8_t *given = arch_physical_to_virtual(info->seed);
        random_add(given, info->seed_size);
        memset(given, 0, info->seed_size);
        seed_bits += info->seed_size * 8;
        log_print("firmware gave %lu random bytes\n", (unsigned long)info->seed_size);
    }
    repeated = option_number(info, "seed=");
    repeated_spaces = 0;
    if (!random_is_seeded()) log_print("no source of random numbers yet: no keys are made\n");
    if (repeated == 0) return;
    log_print("random numbers repeat, from seed %lx\n", (unsigned long)repeated);
    memset(key, 0, sizeof key);
    memcpy(key, &repeated, sizeof repeated);
    stock_left = 0;
}

bool random_is_seeded(void)
{
    return seed_bits >= SEED_BITS || repeated != 0;
}

// The other half of the block that gives the next key.
static void refill(void)
{
    uint32_t made[BLOCK_SIZE / 4];
    block(0, made);
    memcpy(key, made, sizeof key);
    memcpy(stock, made + KEY_SIZE / 4, sizeof stock);
    stock_left = sizeof stock;
}

void random_fill(void *to, size_t size)
{
    for (uint8_t *at = to; size > 0;) {
        if (stock_left == 0) refill();
        size_t part = size < stock_left ? size : stock_left;
        stock_left -= part;
        memcpy(at, stock + stock_left, part);
        memset(stock + stock_left, 0, part);
        at += part;
        size -= part;
    }
}

uint64_t random_space(void)
{
    uint64_t drawn;
    random_fill(&drawn, sizeof drawn);
    return repeated != 0 ? repeated + ++repeated_spaces : drawn;
}

enum status sys_entropy_read(struct user_buffer data)
{
    if (data.size > READ_MAX) return ERR_BAD_ARGUMENT;
    struct progress *progress =
        progress_get((const void *)sys_entropy_read, (uint64_t[3]){data.address, data.size}, 0);
    enum status status = OK;
    while (status == OK && progress->position < data.size) {
        uint8_t bytes[KEY_SIZE];
        size_t left = data.size - progress->position;
        size_t part = left < sizeof bytes ? left : sizeof bytes;
        random_fill(bytes, part);
        status = user_write(data.address + progress->position, bytes, part);
        if (status == OK) progress->position += part;
        status = progress_go_on(status);
    }
    if (status != CALL_RESTART) progress_end(progress);
    return status == OK && !random_is_seeded() ? ERR_AGAIN : status;
}

enum status sys_entropy_add(struct resource *resource, struct user_buffer data)
{
    TRY(resource_check(resource, RESOURCE_ENTROPY, 0, 1));
    if (data.size > READ_MAX) return ERR_BAD_ARGUMENT;
    struct progress *progress =
        progress_get((const void *)sys_entropy_add, (uint64_t[3]){data.address, data.size}, 0);
    enum status status = OK;
    while (status == OK && (progress->position < data.size || is_mixing)) {
        uint8_t bytes[KEY_SIZE]; // one block of the hash with the key and the time
        if (is_mixing) {
            mix_step();
            status = progress_go_on(OK);
            continue;
        }
        size_t left = data.size - progress->position;
        size_t part = left < sizeof bytes ? left : sizeof bytes;
        status = user_read(bytes, data.address + progress->position, part);
        if (status == OK) {
            mix_begin(bytes, part);
            progress->position += part;
        }
        status = progress_go_on(status);
    }
    if (status != CALL_RESTART) progress_end(progress);
    if (status == OK && seed_bits < SEED_BITS) seed_bits += data.size * 8;
    return status;
}

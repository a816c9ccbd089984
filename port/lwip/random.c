// SPDX-License-Identifier: MIT
// Random numbers for lwIP. The system's entropy is fetched a block at a time; initial sequence
// numbers are SipHash-2-4 of the connection's two ends under a key made once. While the system has
// no source of them, what is drawn here spreads packets in time and names them, and no more: who
// would trust it asks lwip_random_is_secret() first, and does without.

#include <lwip_hooks.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

// False: they could be guessed, for the machine has had no source of random numbers yet. Packets go
// nevertheless.
static bool random_fill(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) == (ssize_t)size) return true;
    if (getrandom(bytes, size, GRND_INSECURE) != (ssize_t)size) abort();
    return false;
}

bool lwip_random_is_secret(void)
{
    static bool is_secret;
    uint32_t word;
    if (!is_secret) is_secret = getrandom(&word, sizeof word, 0) == (ssize_t)sizeof word;
    return is_secret;
}

uint32_t lwip_random(void)
{
    static uint32_t block[64];
    static size_t left;
    if (!left) {
        left = random_fill(block, sizeof block) ? sizeof block / sizeof *block : 1;
    }
    uint32_t value = block[--left];
    block[left] = 0;
    return value;
}

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_mix(struct sip *s, unsigned rounds)
{
    while (rounds--) {
        s->a += s->b;
        s->b = rotate(s->b, 13) ^ s->a;
        s->a = rotate(s->a, 32);
        s->c += s->d;
        s->d = rotate(s->d, 16) ^ s->c;
        s->a += s->d;
        s->d = rotate(s->d, 21) ^ s->a;
        s->c += s->b;
        s->b = rotate(s->b, 17) ^ s->c;
        s->c = rotate(s->c, 32);
    }
}

static uint64_t sip_hash(const uint64_t key[2], const uint64_t *words, size_t count)
{
    struct sip s = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                    key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    for (size_t i = 0; i <= count; i++) {
        uint64_t word = i < count ? words[i] : (uint64_t)count * 8 << 56;
        s.d ^= word;
        sip_mix(&s, 2);
        s.a ^= word;
    }
    s.c ^= 0xff;
    sip_mix(&s, 4);
    return s.a ^ s.b ^ s.c ^ s.d;
}

u32_t lwip_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                            u16_t remote_port)
{
    static uint64_t key[2];
    static bool made;
    if (!made) made = random_fill(key, sizeof key);
    uint64_t ends[5] = {[4] = (uint64_t)local_port << 16 | remote_port};
    if (IP_IS_V4(local)) {
        ends[0] = ip_2_ip4(local)->addr;
        ends[2] = ip_2_ip4(remote)->addr;
    } else {
        memcpy(&ends[0], ip_2_ip6(local)->addr, 16);
        memcpy(&ends[2], ip_2_ip6(remote)->addr, 16);
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ticks = (uint64_t)now.tv_sec * 250000 + (uint64_t)now.tv_nsec / 4000;
    return (u32_t)(sip_hash(key, ends, 5) + ticks);
}

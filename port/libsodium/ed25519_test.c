// SPDX-License-Identifier: MIT
// The vectors of RFC 8032, section 7.1, and of FIPS 180-4, and what has to be refused.

#include "test/unit.h"

#include <crypto/ed25519.h>
#include <crypto_hash_sha512.h>
#include <string.h>

struct vector {
    const char *seed, *key, *message, *signature;
};

static const struct vector vectors[] = {
    {
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    {
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
    {
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    },
};

static size_t unhex(uint8_t *bytes, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = strlen(text) / 2;
    for (size_t i = 0; i < size; i++) {
        size_t high = (size_t)(strchr(digits, text[2 * i]) - digits);
        size_t low = (size_t)(strchr(digits, text[2 * i + 1]) - digits);
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return size;
}

TEST("the key, the signature and its check agree with the published vectors")
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t seed[32], key[32], message[64], signature[64], made_key[32], made_signature[64];
        unhex(seed, vectors[i].seed);
        unhex(key, vectors[i].key);
        unhex(signature, vectors[i].signature);
        size_t size = unhex(message, vectors[i].message);
        ed25519_key(made_key, seed);
        ed25519_sign(made_signature, message, size, seed);
        EXPECT(memcmp(made_key, key, 32) == 0);
        EXPECT(memcmp(made_signature, signature, 64) == 0);
        EXPECT(ed25519_verify(signature, message, size, key));
    }
}

TEST("one flipped bit anywhere in signature, message or key is refused")
{
    uint8_t seed[32] = {7}, key[32], signature[64], message[16] = "sixteen bytes...";
    ed25519_key(key, seed);
    ed25519_sign(signature, message, sizeof message, seed);
    EXPECT(ed25519_verify(signature, message, sizeof message, key));
    struct {
        uint8_t *bytes;
        size_t size;
    } parts[] = {{signature, 64}, {message, 16}, {key, 32}};
    for (size_t part = 0; part < 3; part++)
        for (size_t bit = 0; bit < parts[part].size * 8; bit++) {
            parts[part].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            EXPECT(!ed25519_verify(signature, message, sizeof message, key));
            parts[part].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    EXPECT(!ed25519_verify(signature, message, sizeof message - 1, key));
}

TEST("a signature whose scalar has the group's order added is refused")
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    uint8_t seed[32] = {9}, key[32], signature[64];
    ed25519_key(key, seed);
    ed25519_sign(signature, "m", 1, seed);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    EXPECT(!ed25519_verify(signature, "m", 1, key));
}

TEST("a key of small order is refused")
{
    uint8_t key[32] = {1}, signature[64] = {1};
    EXPECT(!ed25519_verify(signature, "m", 1, key));
}

TEST("a digest made in pieces is the digest of the whole")
{
    static const char wanted[] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    uint8_t expected[64], digest[64];
    unhex(expected, wanted);
    struct sha512 hash;
    sha512_init(&hash);
    sha512_update(&hash, "abc", 3);
    sha512_final(&hash, digest);
    EXPECT(memcmp(digest, expected, 64) == 0);

    uint8_t bytes[1000], whole[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7);
    sha512_init(&hash);
    sha512_update(&hash, bytes, sizeof bytes);
    sha512_final(&hash, whole);
    for (size_t piece = 1; piece < 300; piece += 13) {
        sha512_init(&hash);
        for (size_t at = 0; at < sizeof bytes; at += piece)
            sha512_update(&hash, bytes + at, at + piece > sizeof bytes ? sizeof bytes - at : piece);
        sha512_final(&hash, digest);
        EXPECT(memcmp(digest, whole, 64) == 0);
    }
}

TEST("a digest made in steps is the same, wherever the end lies in a block")
{
    uint8_t bytes[400], whole[64], digest[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 11);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct sha512 hash;
        sha512_init(&hash);
        sha512_update(&hash, bytes, size);
        sha512_final(&hash, whole);
        crypto_hash_sha512(digest, bytes, size); // by libsodium itself
        EXPECT(memcmp(digest, whole, 64) == 0);
        sha512_init(&hash);
        size_t steps = 0, blocks = (size + 16) / 128 + 1;
        for (size_t at = 0; at < size; steps++)
            at += sha512_update_step(&hash, bytes + at, size - at);
        while (!sha512_final_step(&hash, digest)) steps++;
        EXPECT(memcmp(digest, whole, 64) == 0);
        EXPECT(steps + 1 >= 3 * blocks && steps + 1 <= 3 * blocks + 1);
    }
}

// --- The check in steps ---

static enum ed25519_verdict check(const uint8_t signature[64], const uint8_t *message, size_t size,
                                  const uint8_t key[32])
{
    static struct ed25519_check state;
    enum ed25519_verdict verdict;
    memset(&state, 0xa5, sizeof state); // whose memory was somebody else's
    ed25519_check_begin(&state, signature, key);
    ed25519_check_update(&state, message, size / 3);
    ed25519_check_update(&state, message + size / 3, size - size / 3);
    while ((verdict = ed25519_check_step(&state)) == ED25519_UNDECIDED) {
    }
    return ed25519_check_step(&state) == verdict ? verdict : ED25519_UNDECIDED;
}

// Whether steps and the whole agree; *good is what they say.
static bool agree(const uint8_t signature[64], const uint8_t *message, size_t size,
                  const uint8_t key[32], bool *good)
{
    *good = ed25519_verify(signature, message, size, key);
    return check(signature, message, size, key) == (*good ? ED25519_GOOD : ED25519_BAD);
}

// xorshift64, by Marsaglia.
static void fill(uint8_t *bytes, size_t size)
{
    static uint64_t state = 0x2545'f491'4f6c'dd1d;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (uint8_t)(state >> 32);
    }
}

TEST("in steps, the published vectors are accepted")
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t key[32], message[64], signature[64];
        unhex(key, vectors[i].key);
        unhex(signature, vectors[i].signature);
        EXPECT(check(signature, message, unhex(message, vectors[i].message), key) == ED25519_GOOD);
    }
}

TEST("in steps, random signatures are good, and with any byte changed what the whole check says")
{
    for (size_t i = 0; i < 60; i++) {
        uint8_t seed[32], key[32], message[200], signature[64];
        bool good;
        fill(seed, sizeof seed);
        fill(message, sizeof message);
        ed25519_key(key, seed);
        ed25519_sign(signature, message, i * 3, seed);
        EXPECT(agree(signature, message, i * 3, key, &good) && good);
        uint8_t *parts[] = {signature, signature + 32, key};
        uint8_t *part = parts[i % 3];
        part[i / 3] ^= (uint8_t)(1 + i * 4);
        EXPECT(agree(signature, message, i * 3, key, &good) && !good);
    }
}

TEST("in steps, random bytes are refused, whether or not they are points")
{
    for (size_t i = 0; i < 60; i++) {
        uint8_t key[32], message[8], signature[64];
        bool good;
        fill(key, sizeof key);
        fill(message, sizeof message);
        fill(signature, sizeof signature);
        signature[63] &= i % 2 ? 0x0f : 0xff;
        EXPECT(agree(signature, message, sizeof message, key, &good) && !good);
    }
}

// Points of small order, and encodings that are not canonical: little-endian, section 5.1.2.
static const char *const odd_points[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000",
};

TEST("in steps, odd points are treated as the whole check treats them, as key and as R")
{
    for (size_t i = 0; i < sizeof odd_points / sizeof *odd_points; i++) {
        uint8_t seed[32] = {5}, own[32], odd[32], signature[64];
        bool good;
        unhex(odd, odd_points[i]);
        ed25519_key(own, seed);
        ed25519_sign(signature, (const uint8_t *)"m", 1, seed);
        EXPECT(agree(signature, (const uint8_t *)"m", 1, odd, &good) && !good);
        memcpy(signature, odd, 32);
        EXPECT(agree(signature, (const uint8_t *)"m", 1, own, &good) && !good);
        memset(signature + 32, 0, 32); // [0]B - [h]A = R for a key that is the neutral element
        EXPECT(agree(signature, (const uint8_t *)"m", 1, odd, &good) && !good);
    }
}

TEST("in steps, a scalar of the group's order or above is refused")
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    uint8_t seed[32] = {11}, key[32], signature[64];
    bool good;
    ed25519_key(key, seed);
    ed25519_sign(signature, (const uint8_t *)"m", 1, seed);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    EXPECT(agree(signature, (const uint8_t *)"m", 1, key, &good) && !good);
    memcpy(signature + 32, order, sizeof order);
    EXPECT(agree(signature, (const uint8_t *)"m", 1, key, &good) && !good);
}

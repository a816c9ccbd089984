// SPDX-License-Identifier: MIT
// SHA-512 (FIPS 180-4, sections 5.1.2, 5.3.5 and 6.4) in steps that may be interrupted: a block is
// compressed GROUP rounds when it is full, then ROUNDS_A_STEP at a time, with the state of the
// compression beside the digest's. The schedule is made on the way in the sixteen words of the
// block itself.

#include <crypto/ed25519.h>
#include <string.h>
#include <utils.h>

enum : uint32_t { ROUNDS = 80, ROUNDS_A_STEP = sizeof(size_t) == 8 ? 32 : 16, GROUP = 16 };
enum : size_t { LENGTH = 16 }; // bytes at the end of the last block

enum stage : uint32_t { OPEN, PADDED, LAST };

struct state {
    uint64_t value[8], work[8];
    union {
        uint8_t bytes[SHA512_BLOCK];
        uint64_t words[GROUP];
    };
    uint64_t size;  // of what was hashed, bytes
    uint32_t round; // of the block that is being compressed; 0: it is being filled
    enum stage stage;
};
static_assert(sizeof(struct state) == sizeof(struct sha512));
static_assert(alignof(struct state) == alignof(struct sha512));

static const uint64_t beginning[8] = {
    0x6a09'e667'f3bc'c908, 0xbb67'ae85'84ca'a73b, 0x3c6e'f372'fe94'f82b, 0xa54f'f53a'5f1d'36f1,
    0x510e'527f'ade6'82d1, 0x9b05'688c'2b3e'6c1f, 0x1f83'd9ab'fb41'bd6b, 0x5be0'cd19'137e'2179};

static const uint64_t constants[ROUNDS] = {
    0x428a'2f98'd728'ae22, 0x7137'4491'23ef'65cd, 0xb5c0'fbcf'ec4d'3b2f, 0xe9b5'dba5'8189'dbbc,
    0x3956'c25b'f348'b538, 0x59f1'11f1'b605'd019, 0x923f'82a4'af19'4f9b, 0xab1c'5ed5'da6d'8118,
    0xd807'aa98'a303'0242, 0x1283'5b01'4570'6fbe, 0x2431'85be'4ee4'b28c, 0x550c'7dc3'd5ff'b4e2,
    0x72be'5d74'f27b'896f, 0x80de'b1fe'3b16'96b1, 0x9bdc'06a7'25c7'1235, 0xc19b'f174'cf69'2694,
    0xe49b'69c1'9ef1'4ad2, 0xefbe'4786'384f'25e3, 0x0fc1'9dc6'8b8c'd5b5, 0x240c'a1cc'77ac'9c65,
    0x2de9'2c6f'592b'0275, 0x4a74'84aa'6ea6'e483, 0x5cb0'a9dc'bd41'fbd4, 0x76f9'88da'8311'53b5,
    0x983e'5152'ee66'dfab, 0xa831'c66d'2db4'3210, 0xb003'27c8'98fb'213f, 0xbf59'7fc7'beef'0ee4,
    0xc6e0'0bf3'3da8'8fc2, 0xd5a7'9147'930a'a725, 0x06ca'6351'e003'826f, 0x1429'2967'0a0e'6e70,
    0x27b7'0a85'46d2'2ffc, 0x2e1b'2138'5c26'c926, 0x4d2c'6dfc'5ac4'2aed, 0x5338'0d13'9d95'b3df,
    0x650a'7354'8baf'63de, 0x766a'0abb'3c77'b2a8, 0x81c2'c92e'47ed'aee6, 0x9272'2c85'1482'353b,
    0xa2bf'e8a1'4cf1'0364, 0xa81a'664b'bc42'3001, 0xc24b'8b70'd0f8'9791, 0xc76c'51a3'0654'be30,
    0xd192'e819'd6ef'5218, 0xd699'0624'5565'a910, 0xf40e'3585'5771'202a, 0x106a'a070'32bb'd1b8,
    0x19a4'c116'b8d2'd0c8, 0x1e37'6c08'5141'ab53, 0x2748'774c'df8e'eb99, 0x34b0'bcb5'e19b'48a8,
    0x391c'0cb3'c5c9'5a63, 0x4ed8'aa4a'e341'8acb, 0x5b9c'ca4f'7763'e373, 0x682e'6ff3'd6b2'b8a3,
    0x748f'82ee'5def'b2fc, 0x78a5'636f'4317'2f60, 0x84c8'7814'a1f0'ab72, 0x8cc7'0208'1a64'39ec,
    0x90be'fffa'2363'1e28, 0xa450'6ceb'de82'bde9, 0xbef9'a3f7'b2c6'7915, 0xc671'78f2'e372'532b,
    0xca27'3ece'ea26'619c, 0xd186'b8c7'21c0'c207, 0xeada'7dd6'cde0'eb1e, 0xf57d'4f7f'ee6e'd178,
    0x06f0'67aa'7217'6fba, 0x0a63'7dc5'a2c8'98a6, 0x113f'9804'bef9'0dae, 0x1b71'0b35'131c'471b,
    0x28db'77f5'2304'7d84, 0x32ca'ab7b'40c7'2493, 0x3c9e'be0a'15c9'bebc, 0x431d'67c4'9c10'0d4c,
    0x4cc5'd4be'cb3e'42b6, 0x597f'299c'fc65'7e2a, 0x5fcb'6fab'3ad6'faec, 0x6c44'198c'4a47'5817};

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
    return value >> bits | value << (64 - bits);
}

// What section 4.1.3 has as sums of rotations are nested here, so that most of them need no copy.
static inline uint64_t turned(uint64_t x, unsigned first, unsigned second, unsigned third)
{
    return rotate(x ^ rotate(x ^ rotate(x, third - second), second - first), first);
}

// Section 6.4.2, step 3, with the letters turning by one from round to round: `at` is a constant
// wherever this is used, so each letter stays where it is. The majority of a, b and c is b, but
// where a differs from b and b from c; *differ is where a differs from b, which the next round has
// as b and c.
static inline void round_do(uint64_t s[8], uint64_t *differ, uint32_t at, uint64_t word)
{
    uint64_t a = s[(0 - at) % 8], b = s[(1 - at) % 8];
    uint64_t e = s[(4 - at) % 8], f = s[(5 - at) % 8], g = s[(6 - at) % 8];
    uint64_t first = s[(7 - at) % 8] + word + (g ^ (e & (f ^ g))) + turned(e, 14, 18, 41);
    uint64_t before = *differ;
    *differ = a ^ b;
    s[(3 - at) % 8] += first;
    s[(7 - at) % 8] = first + (b ^ (*differ & before)) + turned(a, 28, 34, 39);
}

// Step 1: the word that replaces word `at` for the round sixteen rounds later.
static inline uint64_t schedule(uint64_t words[GROUP], uint32_t at)
{
    uint64_t early = words[(at + 1) % GROUP], late = words[(at + 14) % GROUP];
    return words[at] += words[(at + 9) % GROUP] +
                        (rotate(early ^ rotate(early, 7), 1) ^ early >> 7) +
                        (rotate(late ^ rotate(late, 42), 19) ^ late >> 6);
}

static void group_do(struct state *state)
{
    uint64_t s[8];
    const uint64_t *constant = constants + state->round;
    bool is_first = state->round == 0;
    memcpy(s, state->work, sizeof s);
    uint64_t differ = s[1] ^ s[2];
    if (is_first) {
#pragma clang loop unroll(full)
        for (uint32_t i = 0; i < GROUP; i++) round_do(s, &differ, i, state->words[i] + constant[i]);
    } else {
#pragma clang loop unroll(full)
        for (uint32_t i = 0; i < GROUP; i++)
            round_do(s, &differ, i, schedule(state->words, i) + constant[i]);
    }
    memcpy(state->work, s, sizeof s);
    state->round += GROUP;
}

// A part of the block that is full, up to its end.
static void block_step(struct state *state)
{
    for (uint32_t i = 0; i < ROUNDS_A_STEP && state->round < ROUNDS; i += GROUP) group_do(state);
    if (state->round < ROUNDS) return;
    for (uint32_t i = 0; i < 8; i++) state->value[i] += state->work[i];
    state->round = 0;
}

static void block_begin(struct state *state)
{
    for (uint32_t i = 0; i < GROUP; i++) state->words[i] = __builtin_bswap64(state->words[i]);
    memcpy(state->work, state->value, sizeof state->work);
    group_do(state);
}

void sha512_init(struct sha512 *hash)
{
    struct state *state = (struct state *)hash;
    memcpy(state->value, beginning, sizeof state->value);
    state->size = 0;
    state->round = 0;
    state->stage = OPEN;
}

size_t sha512_update_step(struct sha512 *hash, const void *bytes, size_t size)
{
    struct state *state = (struct state *)hash;
    if (state->round != 0) {
        block_step(state);
        return 0;
    }
    size_t at = state->size % SHA512_BLOCK, room = SHA512_BLOCK - at;
    size_t part = size < room ? size : room;
    memcpy(state->bytes + at, bytes, part);
    state->size += part;
    if (part == room) block_begin(state);
    return part;
}

void sha512_update(struct sha512 *hash, const void *bytes, size_t size)
{
    for (const uint8_t *at = bytes; size > 0;) {
        size_t part = sha512_update_step(hash, at, size);
        at += part;
        size -= part;
    }
}

// A one bit, zeros up to the length at the end of a block.
static void pad(struct state *state)
{
    size_t at = state->stage == OPEN ? state->size % SHA512_BLOCK : 0;
    if (state->stage == OPEN) state->bytes[at++] = 0x80;
    memset(state->bytes + at, 0, SHA512_BLOCK - at);
    if (at > SHA512_BLOCK - LENGTH) {
        state->stage = PADDED;
    } else {
        state->words[GROUP - 1] = __builtin_bswap64(state->size * 8);
        state->stage = LAST;
    }
    block_begin(state);
}

bool sha512_final_step(struct sha512 *hash, uint8_t digest[64])
{
    struct state *state = (struct state *)hash;
    if (state->round != 0)
        block_step(state);
    else
        pad(state);
    if (state->round != 0 || state->stage != LAST) return false;
    for (uint32_t i = 0; i < 8; i++) state->value[i] = __builtin_bswap64(state->value[i]);
    memcpy(digest, state->value, sizeof state->value);
    sodium_memzero(state, sizeof *state);
    return true;
}

void sha512_final(struct sha512 *hash, uint8_t digest[64])
{
    while (!sha512_final_step(hash, digest)) {
    }
}

// SPDX-License-Identifier: MIT
// The check of a signature in short steps, for the kernel: libsodium's own function is one piece of
// some 700,000 instructions. What is computed and refused is the same (RFC 8032, section 5.1.7,
// without the cofactor): the key is decompressed, [s]B - [h]A is formed, and its encoding is
// compared with R. The longest step is about as long as the addition of two points.
//
// The two scalars are taken together, two bits of each at a time, from the top: two doublings, then
// the addition of one of fifteen sums of multiples of -A and B. Powers come by one chain of
// squarings, up to 2^250 - 1, from which both the square root and the inverse are near.

#include <crypto/ed25519.h>
#include <crypto_sign_ed25519.h>
#include <private/ed25519_ref10.h>
#include <string.h>
#include <utils.h>
#include <fe_51/constants.h>

enum stage : uint32_t {
    CHECK_SIGNATURE,
    CHECK_KEY,
    HASH,
    SCALAR,
    ROOT_BEGIN,
    ROOT_POWER,
    ROOT_END,
    ROOT_CHECK,
    TABLE,
    DOUBLE_FIRST,
    DOUBLE_SECOND,
    ADD,
    INVERT_BEGIN,
    INVERT_POWER,
    INVERT_END,
    COMPARE,
    DONE_GOOD,
    DONE_BAD,
};

enum : uint32_t { DIGITS = 127, TABLE_SIZE = 16, SQUARINGS = 8 };

// Power i of the chain is the one before, squared so many times, times an earlier one: the
// exponents are 2^n - 1 for n = 1, 2, 4, 5, 10, 20, 25, 50, 75, 125, 250.
static const struct {
    uint8_t squarings, factor;
} chain[] = {{0, 0}, {1, 0},  {2, 1},  {1, 0},  {5, 3},  {10, 4},
             {5, 3}, {25, 6}, {25, 6}, {50, 7}, {125, 9}};
enum : uint32_t { CHAIN = sizeof chain / sizeof *chain };

struct check {
    enum stage stage;
    uint32_t at, done; // which entry, digit or power; squarings done for it
    uint8_t signature[64], key[32], scalar[64];
    struct sha512 hash;
    fe25519 power[CHAIN];
    fe25519 u, v, v3; // of the key's decompression
    ge25519_p3 key_point, base, sum;
    ge25519_cached table[TABLE_SIZE]; // [i + 4j]: iB - jA
};
static_assert(sizeof(struct check) <= sizeof(struct ed25519_check));
static_assert(alignof(struct check) <= alignof(struct ed25519_check));

// RFC 8032, section 5.1: the base point.
static const uint8_t base_x[32] = {0x1a, 0xd5, 0x25, 0x8f, 0x60, 0x2d, 0x56, 0xc9, 0xb2, 0xa7, 0x25,
                                   0x95, 0x60, 0xc7, 0x2c, 0x69, 0x5c, 0xdc, 0xd6, 0xfd, 0x31, 0xe2,
                                   0xa4, 0xc0, 0xfe, 0x53, 0x6e, 0xcd, 0xd3, 0x36, 0x69, 0x21};
static const uint8_t base_y[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                   0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                   0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};

static void go(struct check *check, enum stage stage)
{
    check->stage = stage;
    check->at = check->done = 0;
}

// --- Powers ---

// A few squarings of the chain that begins with power[0]; true when its last power is there.
static bool power_step(struct check *check)
{
    uint32_t at = check->at == 0 ? 1 : check->at;
    fe25519 *power = &check->power[at];
    for (uint32_t i = 0; i < SQUARINGS && check->done < chain[at].squarings; i++, check->done++)
        fe25519_sq(*power, check->done == 0 ? check->power[at - 1] : *power);
    check->at = at;
    if (check->done < chain[at].squarings) return false;
    fe25519_mul(*power, *power, check->power[chain[at].factor]);
    check->done = 0;
    return ++check->at == CHAIN;
}

// From z^(2^250 - 1): squared `squarings` times more, times `factor`.
static void power_end(struct check *check, fe25519 result, uint32_t squarings, const fe25519 factor)
{
    fe25519_copy(result, check->power[CHAIN - 1]);
    for (uint32_t i = 0; i < squarings; i++) fe25519_sq(result, result);
    fe25519_mul(result, result, factor);
}

// --- The key's point, negated: section 5.1.3 ---

static void root_begin(struct check *check)
{
    ge25519_p3 *point = &check->key_point;
    fe25519_frombytes(point->Y, check->key);
    fe25519_1(point->Z);
    fe25519_sq(check->u, point->Y);
    fe25519_mul(check->v, check->u, d);
    fe25519_sub(check->u, check->u, point->Z);
    fe25519_add(check->v, check->v, point->Z);
    fe25519_sq(check->v3, check->v);
    fe25519_mul(check->v3, check->v3, check->v);
    fe25519_sq(check->power[0], check->v3);
    fe25519_mul(check->power[0], check->power[0], check->v);
    fe25519_mul(check->power[0], check->power[0], check->u); // u v^7
}

static void root_end(struct check *check)
{
    ge25519_p3 *point = &check->key_point;
    power_end(check, point->X, 2, check->power[0]); // (u v^7)^(2^252 - 3)
    fe25519_mul(point->X, point->X, check->v3);
    fe25519_mul(point->X, point->X, check->u);
}

// False: the key is no point.
static bool root_check(struct check *check)
{
    ge25519_p3 *point = &check->key_point;
    fe25519 square, difference;
    fe25519_sq(square, point->X);
    fe25519_mul(square, square, check->v);
    fe25519_sub(difference, square, check->u);
    if (!fe25519_iszero(difference)) {
        fe25519_add(difference, square, check->u);
        if (!fe25519_iszero(difference)) return false;
        fe25519_mul(point->X, point->X, sqrtm1);
    }
    if (fe25519_isnegative(point->X) == check->key[31] >> 7) fe25519_neg(point->X, point->X);
    fe25519_mul(point->T, point->X, point->Y);
    return true;
}

// --- The sum ---

static void sum_begin(struct check *check)
{
    fe25519_0(check->sum.X);
    fe25519_1(check->sum.Y);
    fe25519_1(check->sum.Z);
    fe25519_0(check->sum.T);
}

static void base_begin(struct check *check)
{
    fe25519_frombytes(check->base.X, base_x);
    fe25519_frombytes(check->base.Y, base_y);
    fe25519_1(check->base.Z);
    fe25519_mul(check->base.T, check->base.X, check->base.Y);
}

// Entry i of the table from one before it: first the sum, then what is kept of it. True when that
// was the last.
static bool table_step(struct check *check)
{
    uint32_t i = check->at == 0 ? 1 : check->at;
    const ge25519_p3 *point = i < 4 ? &check->base : &check->key_point;
    check->at = i;
    if (i == 1 || i == 4) {
        check->sum = *point;
    } else if (check->done == 0) {
        ge25519_p1p1 sum;
        ge25519_add(&sum, point, &check->table[i < 4 ? i - 1 : i - 4]);
        ge25519_p1p1_to_p3(&check->sum, &sum);
        check->done = 1;
        return false;
    }
    ge25519_p3_to_cached(&check->table[i], &check->sum);
    check->at = i + 1;
    check->done = 0;
    return check->at == TABLE_SIZE;
}

// Section 5.1.4's doubling.
static void sum_double(ge25519_p3 *sum, bool is_whole)
{
    ge25519_p1p1 twice;
    fe25519 a, b, c, both;
    fe25519_sq(a, sum->X);
    fe25519_sq(b, sum->Y);
    fe25519_sq(c, sum->Z);
    fe25519_add(c, c, c);
    fe25519_add(both, sum->X, sum->Y);
    fe25519_sq(both, both);
    fe25519_add(twice.Y, a, b);
    fe25519_sub(twice.X, twice.Y, both);
    fe25519_sub(twice.Z, a, b);
    fe25519_add(twice.T, c, twice.Z);
    if (is_whole) {
        ge25519_p1p1_to_p3(sum, &twice);
        return;
    }
    ge25519_p2 part; // nobody needs T before the next addition
    ge25519_p1p1_to_p2(&part, &twice);
    fe25519_copy(sum->X, part.X);
    fe25519_copy(sum->Y, part.Y);
    fe25519_copy(sum->Z, part.Z);
}

static uint32_t two_bits(const uint8_t scalar[32], uint32_t digit)
{
    return scalar[digit / 4] >> digit % 4 * 2 & 3;
}

// True when all digits are done.
static bool sum_add(struct check *check)
{
    uint32_t digit = DIGITS - 1 - check->at;
    uint32_t entry = two_bits(check->signature + 32, digit) + 4 * two_bits(check->scalar, digit);
    if (entry != 0) {
        ge25519_p1p1 sum;
        ge25519_add(&sum, &check->sum, &check->table[entry]);
        ge25519_p1p1_to_p3(&check->sum, &sum);
    }
    return ++check->at == DIGITS;
}

// --- The encoding of the sum ---

static void invert_begin(struct check *check)
{
    fe25519_copy(check->power[0], check->sum.Z);
    fe25519 *eleven = &check->u, *two = &check->v;
    fe25519_sq(*two, check->sum.Z);
    fe25519_sq(*eleven, *two);
    fe25519_sq(*eleven, *eleven);
    fe25519_mul(*eleven, *eleven, check->sum.Z);
    fe25519_mul(*eleven, *eleven, *two); // z^(8 + 1 + 2)
}

static void invert_end(struct check *check)
{
    power_end(check, check->v, 5, check->u); // z^(2^255 - 32 + 11)
}

static bool is_equal(struct check *check)
{
    uint8_t encoded[32];
    fe25519 x, y;
    fe25519_mul(x, check->sum.X, check->v);
    fe25519_mul(y, check->sum.Y, check->v);
    fe25519_tobytes(encoded, y);
    encoded[31] ^= (uint8_t)(fe25519_isnegative(x) << 7);
    return sodium_memcmp(encoded, check->signature, sizeof encoded) == 0;
}

// --- Steps ---

void ed25519_check_begin(struct ed25519_check *state, const uint8_t signature[64],
                         const uint8_t key[32])
{
    struct check *check = (struct check *)state;
    memcpy(check->signature, signature, sizeof check->signature);
    memcpy(check->key, key, sizeof check->key);
    sha512_init(&check->hash);
    sha512_update(&check->hash, signature, 32);
    sha512_update(&check->hash, key, 32);
    go(check, CHECK_SIGNATURE);
}

void ed25519_check_update(struct ed25519_check *state, const void *bytes, size_t size)
{
    sha512_update(&((struct check *)state)->hash, bytes, size);
}

static bool signature_is_bad(const struct check *check)
{
    return !sc25519_is_canonical(check->signature + 32) ||
           ge25519_has_small_order(check->signature) != 0;
}

static bool key_is_bad(const struct check *check)
{
    return !ge25519_is_canonical(check->key) || ge25519_has_small_order(check->key) != 0;
}

static void step(struct check *check)
{
    switch (check->stage) {
    case CHECK_SIGNATURE: go(check, signature_is_bad(check) ? DONE_BAD : CHECK_KEY); break;
    case CHECK_KEY: go(check, key_is_bad(check) ? DONE_BAD : HASH); break;
    case HASH:
        if (sha512_final_step(&check->hash, check->scalar)) go(check, SCALAR);
        break;
    case SCALAR:
        sc25519_reduce(check->scalar);
        go(check, ROOT_BEGIN);
        break;
    case ROOT_BEGIN:
        root_begin(check);
        go(check, ROOT_POWER);
        break;
    case ROOT_POWER:
        if (power_step(check)) go(check, ROOT_END);
        break;
    case ROOT_END:
        root_end(check);
        go(check, ROOT_CHECK);
        break;
    case ROOT_CHECK: go(check, root_check(check) ? TABLE : DONE_BAD); break;
    case TABLE:
        if (check->at == 0) base_begin(check);
        if (!table_step(check)) break;
        sum_begin(check);
        go(check, DOUBLE_FIRST);
        break;
    case DOUBLE_FIRST:
        sum_double(&check->sum, false);
        check->stage = DOUBLE_SECOND;
        break;
    case DOUBLE_SECOND:
        sum_double(&check->sum, true);
        check->stage = ADD;
        break;
    case ADD:
        if (sum_add(check))
            go(check, INVERT_BEGIN);
        else
            check->stage = DOUBLE_FIRST;
        break;
    case INVERT_BEGIN:
        invert_begin(check);
        go(check, INVERT_POWER);
        break;
    case INVERT_POWER:
        if (power_step(check)) go(check, INVERT_END);
        break;
    case INVERT_END:
        invert_end(check);
        go(check, COMPARE);
        break;
    case COMPARE: go(check, is_equal(check) ? DONE_GOOD : DONE_BAD); break;
    case DONE_GOOD:
    case DONE_BAD: break;
    }
}

enum ed25519_verdict ed25519_check_step(struct ed25519_check *state)
{
    struct check *check = (struct check *)state;
    step(check);
    if (check->stage == DONE_GOOD) return ED25519_GOOD;
    return check->stage == DONE_BAD ? ED25519_BAD : ED25519_UNDECIDED;
}

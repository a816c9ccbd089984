// SPDX-License-Identifier: MIT
// The check of a signature in short steps, for the kernel: libsodium's own function is one piece of
// some 700,000 instructions. What is computed and refused is the same (RFC 8032, section 5.1.7,
// without the cofactor): the key is decompressed, [s]B - [h]A is formed, and its encoding is
// compared with R. The longest step is the addition of two points, or where words have 32 bits one
// of its four parts: two multiplications in the field.
//
// The two scalars are taken together, two bits of each at a time, from the top: two doublings, then
// the addition of one of fifteen sums of multiples of -A and B. Powers come by one chain of
// squarings, up to 2^250 - 1, from which both the square root and the inverse are near.

#include <crypto/ed25519.h>
#include <crypto_sign_ed25519.h>
#include <private/ed25519_ref10.h>
#include <string.h>
#include <utils.h>
#ifdef HAVE_TI_MODE
#    include <fe_51/constants.h>
#else
#    include <fe_25_5/constants.h>
#endif

enum stage : uint32_t {
    CHECK_SIGNATURE,
    CHECK_KEY,
    HASH,
    SCALAR,
    ROOT_BEGIN,
    ROOT_CUBE,
    ROOT_SEVENTH,
    ROOT_BASE,
    ROOT_POWER,
    ROOT_END,
    ROOT_SQUARE,
    ROOT_CHECK,
    ROOT_SIGN,
    TABLE_BEGIN,
    TABLE,
    DOUBLE_FIRST,
    DOUBLE_SECOND,
    ADD,
    INVERT_BEGIN,
    INVERT_NINTH,
    INVERT_ELEVENTH,
    INVERT_POWER,
    ENCODE,
    COMPARE,
    DONE_GOOD,
    DONE_BAD,
};

constexpr bool AT_ONCE = sizeof(size_t) == 8; // all parts
enum : uint32_t { DIGITS = 127, TABLE_SIZE = 16, SQUARINGS = AT_ONCE ? 8 : 2 };

// Power i of the chain is the one before, squared so many times, times an earlier one: the
// exponents are 2^n - 1 for n = 1, 2, 4, 5, 10, 20, 25, 50, 75, 125, 250. Behind these comes one
// for whoever asks.
static const struct {
    uint8_t squarings, factor;
} chain[] = {{0, 0}, {1, 0},  {2, 1},  {1, 0},  {5, 3},  {10, 4},
             {5, 3}, {25, 6}, {25, 6}, {50, 7}, {125, 9}};
enum : uint32_t { CHAIN = sizeof chain / sizeof *chain };

struct check {
    enum stage stage;
    uint32_t at, done; // which entry, digit or power; squarings done for it
    uint32_t part;     // of an addition or doubling
    uint8_t signature[64], key[32], scalar[64];
    struct sha512 hash;
    union {
        fe25519 power[CHAIN + 1];
        ge25519_p1p1 half; // of an addition or doubling, before its last multiplications
    };
    fe25519 u, v, v3; // of the key's decompression
    ge25519_p3 key_point, base, sum;
    ge25519_cached table[TABLE_SIZE - 1]; // [i + 4j - 1]: iB - jA
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
    check->at = check->done = check->part = 0;
}

// --- Powers ---

// A few squarings of the chain that begins with power[0]; true when the last power is there, which
// is 2^250 - 1's squared `squarings` times, times `factor`.
static bool power_step(struct check *check, uint32_t squarings, const fe25519 factor)
{
    uint32_t at = check->at == 0 ? 1 : check->at;
    bool is_last = at == CHAIN;
    uint32_t wanted = is_last ? squarings : chain[at].squarings;
    fe25519 *power = &check->power[at];
    for (uint32_t i = 0; i < SQUARINGS && check->done < wanted; i++, check->done++)
        fe25519_sq(*power, check->done == 0 ? check->power[at - 1] : *power);
    check->at = at;
    if (check->done < wanted) return false;
    fe25519_mul(*power, *power, is_last ? factor : check->power[chain[at].factor]);
    check->done = 0;
    check->at++;
    return is_last;
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
}

static void root_cube(struct check *check)
{
    fe25519_sq(check->v3, check->v);
    fe25519_mul(check->v3, check->v3, check->v);
}

static void root_seventh(struct check *check)
{
    fe25519_sq(check->power[0], check->v3);
    fe25519_mul(check->power[0], check->power[0], check->v);
}

static void root_end(struct check *check)
{
    ge25519_p3 *point = &check->key_point; // (u v^7)^(2^252 - 3) times v^3 u
    fe25519_mul(point->X, check->power[CHAIN], check->v3);
    fe25519_mul(point->X, point->X, check->u);
}

static void root_square(struct check *check)
{
    fe25519_sq(check->v3, check->key_point.X);
    fe25519_mul(check->v3, check->v3, check->v);
}

// False: the key is no point.
static bool root_check(struct check *check)
{
    fe25519 difference;
    fe25519_sub(difference, check->v3, check->u);
    if (fe25519_iszero(difference)) return true;
    fe25519_add(difference, check->v3, check->u);
    if (!fe25519_iszero(difference)) return false;
    fe25519_mul(check->key_point.X, check->key_point.X, sqrtm1);
    return true;
}

static void root_sign(struct check *check)
{
    ge25519_p3 *point = &check->key_point;
    if (fe25519_isnegative(point->X) == check->key[31] >> 7) fe25519_neg(point->X, point->X);
    fe25519_mul(point->T, point->X, point->Y);
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

// The last parts of an addition or a doubling; true after the very last. Nobody needs T before an
// addition.
static bool half_part(struct check *check, bool is_whole)
{
    const ge25519_p1p1 *half = &check->half;
    if (check->part == 2) {
        fe25519_mul(check->sum.X, half->X, half->T);
        fe25519_mul(check->sum.Y, half->Y, half->Z);
        check->part = 3;
        if (!AT_ONCE) return false;
    }
    fe25519_mul(check->sum.Z, half->Z, half->T);
    if (is_whole) fe25519_mul(check->sum.T, half->X, half->Y);
    check->part = 0;
    return true;
}

// Section 5.1.4's addition, of `point` and an entry of the table, into the sum.
static bool add_part(struct check *check, const ge25519_p3 *point, uint32_t entry)
{
    const ge25519_cached *other = &check->table[entry - 1];
    ge25519_p1p1 *half = &check->half;
    if (check->part == 0) {
        fe25519_add(half->X, point->Y, point->X);
        fe25519_sub(half->Y, point->Y, point->X);
        fe25519_mul(half->Z, half->X, other->YplusX);
        fe25519_mul(half->Y, half->Y, other->YminusX);
        check->part = 1;
        if (!AT_ONCE) return false;
    }
    if (check->part == 1) {
        fe25519 twice;
        fe25519_mul(half->T, other->T2d, point->T);
        fe25519_mul(twice, point->Z, other->Z);
        fe25519_add(twice, twice, twice);
        fe25519_sub(half->X, half->Z, half->Y);
        fe25519_add(half->Y, half->Z, half->Y);
        fe25519_add(half->Z, twice, half->T);
        fe25519_sub(half->T, twice, half->T);
        check->part = 2;
        if (!AT_ONCE) return false;
    }
    return half_part(check, true);
}

// Its doubling, of the sum.
static bool double_part(struct check *check, bool is_whole)
{
    const ge25519_p3 *sum = &check->sum;
    ge25519_p1p1 *half = &check->half;
    if (check->part == 0) {
        fe25519_sq(half->Z, sum->X);
        fe25519_sq(half->X, sum->Y);
        fe25519_add(half->T, sum->X, sum->Y);
        check->part = 1;
        if (!AT_ONCE) return false;
    }
    if (check->part == 1) {
        fe25519_add(half->Y, half->X, half->Z);
        fe25519_sub(half->Z, half->Z, half->X);
        fe25519_sq(half->T, half->T);
        fe25519_sub(half->X, half->Y, half->T);
        fe25519_sq2(half->T, sum->Z);
        fe25519_add(half->T, half->T, half->Z);
        check->part = 2;
        if (!AT_ONCE) return false;
    }
    return half_part(check, is_whole);
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
        if (add_part(check, point, i < 4 ? i - 1 : i - 4)) check->done = 1;
        return false;
    }
    ge25519_p3_to_cached(&check->table[i - 1], &check->sum);
    check->at = i + 1;
    check->done = 0;
    return check->at == TABLE_SIZE;
}

static uint32_t two_bits(const uint8_t scalar[32], uint32_t digit)
{
    return scalar[digit / 4] >> digit % 4 * 2 & 3;
}

// True when the digit is added.
static bool digit_step(struct check *check)
{
    uint32_t digit = DIGITS - 1 - check->at;
    uint32_t entry = two_bits(check->signature + 32, digit) + 4 * two_bits(check->scalar, digit);
    return entry == 0 || add_part(check, &check->sum, entry);
}

// --- The encoding of the sum: its Z is inverted by z^(2^255 - 32 + 11) ---

static void invert_begin(struct check *check)
{
    fe25519_sq(check->v, check->sum.Z);
    fe25519_sq(check->u, check->v);
}

static void invert_ninth(struct check *check)
{
    fe25519_sq(check->u, check->u);
    fe25519_mul(check->u, check->u, check->sum.Z);
}

static void invert_eleventh(struct check *check)
{
    fe25519_mul(check->u, check->u, check->v);
    fe25519_copy(check->power[0], check->sum.Z);
}

static void encode(struct check *check)
{
    fe25519_mul(check->sum.X, check->sum.X, check->power[CHAIN]);
    fe25519_mul(check->sum.Y, check->sum.Y, check->power[CHAIN]);
}

static bool is_equal(const struct check *check)
{
    uint8_t encoded[32];
    fe25519_tobytes(encoded, check->sum.Y);
    encoded[31] ^= (uint8_t)(fe25519_isnegative(check->sum.X) << 7);
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

// What takes one step, and what follows it.
static void single_step(struct check *check)
{
    switch (check->stage) {
    case CHECK_SIGNATURE: go(check, signature_is_bad(check) ? DONE_BAD : CHECK_KEY); return;
    case CHECK_KEY: go(check, key_is_bad(check) ? DONE_BAD : HASH); return;
    case SCALAR: sc25519_reduce(check->scalar); break;
    case ROOT_BEGIN: root_begin(check); break;
    case ROOT_CUBE: root_cube(check); break;
    case ROOT_SEVENTH: root_seventh(check); break;
    case ROOT_BASE: fe25519_mul(check->power[0], check->power[0], check->u); break; // u v^7
    case ROOT_END: root_end(check); break;
    case ROOT_SQUARE: root_square(check); break;
    case ROOT_CHECK: go(check, root_check(check) ? ROOT_SIGN : DONE_BAD); return;
    case ROOT_SIGN: root_sign(check); break;
    case TABLE_BEGIN: base_begin(check); break;
    case INVERT_BEGIN: invert_begin(check); break;
    case INVERT_NINTH: invert_ninth(check); break;
    case INVERT_ELEVENTH: invert_eleventh(check); break;
    case ENCODE: encode(check); break;
    case COMPARE: go(check, is_equal(check) ? DONE_GOOD : DONE_BAD); return;
    default: return;
    }
    go(check, check->stage + 1);
}

// What takes several.
static void step(struct check *check)
{
    switch (check->stage) {
    case HASH:
        if (sha512_final_step(&check->hash, check->scalar)) go(check, SCALAR);
        break;
    case ROOT_POWER:
        if (power_step(check, 2, check->power[0])) go(check, ROOT_END);
        break;
    case TABLE:
        if (!table_step(check)) break;
        sum_begin(check);
        go(check, DOUBLE_FIRST);
        break;
    case DOUBLE_FIRST:
        if (double_part(check, false)) check->stage = DOUBLE_SECOND;
        break;
    case DOUBLE_SECOND:
        if (double_part(check, true)) check->stage = ADD;
        break;
    case ADD:
        if (!digit_step(check)) break;
        check->stage = ++check->at == DIGITS ? INVERT_BEGIN : DOUBLE_FIRST;
        break;
    case INVERT_POWER:
        if (power_step(check, 5, check->u)) go(check, ENCODE);
        break;
    default: single_step(check);
    }
}

enum ed25519_verdict ed25519_check_step(struct ed25519_check *state)
{
    struct check *check = (struct check *)state;
    step(check);
    if (check->stage == DONE_GOOD) return ED25519_GOOD;
    return check->stage == DONE_BAD ? ED25519_BAD : ED25519_UNDECIDED;
}

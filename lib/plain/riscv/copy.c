// SPDX-License-Identifier: MIT
// memcpy where loads that are not aligned may trap: by aligned words on both sides, put together of
// two where the sides are not aligned alike.
#include <ferrite/libc.h>
#include <stdint.h>

typedef uintptr_t word __attribute__((may_alias));
enum : size_t { WORD = sizeof(word), BLOCK = 4 * WORD };

// Words of `to` from `from`, which is `shift` bits behind a boundary; no word is read of which
// nothing is wanted. Tells how many bytes.
static size_t copy_apart(word *to, const uint8_t *from, size_t size, uint32_t shift)
{
    const word *next = (const word *)((uintptr_t)from & ~(uintptr_t)(WORD - 1));
    word low = *next++;
    size_t done = 0;
    for (; size - done >= 2 * WORD; done += WORD) {
        word high = *next++;
        *to++ = low >> shift | high << (8 * WORD - shift);
        low = high;
    }
    return done;
}

static size_t copy_words(word *to, const word *from, size_t size)
{
    size_t done = 0;
    for (; size - done >= BLOCK; done += BLOCK, to += 4, from += 4) {
        word a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    for (; size - done >= WORD; done += WORD) *to++ = *from++;
    return done;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (size >= 2 * WORD) {
        for (; (uintptr_t)t % WORD != 0; size--) *t++ = *f++;
        uint32_t shift = (uint32_t)((uintptr_t)f % WORD * 8);
        size_t done = shift == 0 ? copy_words((word *)t, (const word *)f, size)
                                 : copy_apart((word *)t, f, size, shift);
        t += done;
        f += done;
        size -= done;
    }
    for (; size > 0; size--) *t++ = *f++;
    return to;
}

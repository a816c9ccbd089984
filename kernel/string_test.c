// SPDX-License-Identifier: MIT
// Under names of its own, since the host's compiler has its own of theirs.
#include <string.h>

#define memcpy string_copy
#define memmove string_move
#define memset string_set
#define memcmp string_compare
#define strlen string_length
#define strcmp string_compare_text
#define strncmp string_compare_start
#include "kernel/string.c"
#undef memcmp
#undef memset
#include "test/unit.h"

enum : size_t { MOST = 400, SHIFTS = 2 * sizeof(uintptr_t) };
static uint8_t from[MOST + SHIFTS], to[MOST + SHIFTS];

// Whether `to` is 0xaa but for `size` bytes of `from` in it.
static bool is_copied(size_t at, size_t in, size_t size)
{
    for (size_t i = 0; i < sizeof to; i++) {
        uint8_t wanted = i < at || i - at >= size ? 0xaa : from[in + i - at];
        if (to[i] != wanted) return false;
    }
    return true;
}

TEST("a copy is exact whatever its size is and however both sides are aligned")
{
    for (size_t i = 0; i < sizeof from; i++) from[i] = (uint8_t)(i * 7 + 1);
    for (size_t shifts = 0; shifts < SHIFTS * SHIFTS; shifts++) {
        size_t at = shifts / SHIFTS, in = shifts % SHIFTS;
        for (size_t size = 0; size <= MOST; size = size < 70 ? size + 1 : size + 47) {
            memset(to, 0xaa, sizeof to);
            EXPECT(string_copy(to + at, from + in, size) == to + at && is_copied(at, in, size));
        }
    }
}

TEST("a move within itself and a filling are exact")
{
    for (size_t size = 0; size <= MOST; size += 33) {
        memset(to, 0xaa, sizeof to);
        EXPECT(string_set(to + 3, 0x1'55, size) == to + 3);
        for (size_t i = 0; i < sizeof to; i++)
            EXPECT(to[i] == (i < 3 || i - 3 >= size ? 0xaa : 0x55));
        for (size_t i = 0; i < MOST; i++) to[i] = (uint8_t)i;
        (void)string_move(to + 5, to, size);
        for (size_t i = 0; i < size; i++) EXPECT(to[5 + i] == (uint8_t)i);
        (void)string_move(to, to + 5, size);
        for (size_t i = 0; i < size; i++) EXPECT(to[i] == (uint8_t)i);
    }
}

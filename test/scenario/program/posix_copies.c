// SPDX-License-Identifier: MIT
// Memory that the C library copies: every alignment, and sizes on both sides of those where it goes
// over to another way.
#include "test/unit.h"
#include <string.h>

enum : size_t {
    ALIGNMENTS = 16,
    GUARD = 32,
    MOST = 1100,
    ROOM = GUARD + ALIGNMENTS + MOST + GUARD
};

static unsigned char from[ROOM], to[ROOM], wanted[ROOM];

static void fill(void)
{
    for (size_t i = 0; i < ROOM; i++) {
        from[i] = (unsigned char)(i * 7 + i / 256);
        to[i] = wanted[i] = 0xa5;
    }
}

// memcpy of so many bytes writes them, and nothing beside them.
static bool is_copied(size_t source, size_t target, size_t size)
{
    fill();
    for (size_t i = 0; i < size; i++) wanted[target + i] = from[source + i];
    bool is_target = memcpy(to + target, from + source, size) == to + target;
    return is_target && memcmp(to, wanted, ROOM) == 0;
}

// The same within one memory, where what is written may still have to be read.
static bool is_moved(size_t source, size_t target, size_t size)
{
    fill();
    memcpy(wanted, from, ROOM);
    for (size_t i = 0; i < size; i++) wanted[target + i] = from[source + i];
    memmove(from + target, from + source, size);
    return memcmp(from, wanted, ROOM) == 0;
}

TEST("memory is copied whole, whatever its alignment and size")
{
    static const size_t sizes[] = {0,   1,   15,  16,  17,  33,  64,  127, 128,  129,  255,
                                   511, 512, 513, 527, 639, 640, 641, 767, 1023, 1024, MOST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t source = 0; source < ALIGNMENTS; source++)
            for (size_t target = 0; target < ALIGNMENTS; target += 3)
                EXPECT(is_copied(GUARD + source, GUARD + target, sizes[i]));
}

TEST("memory is moved within itself, forwards and back")
{
    for (size_t size = 500; size < MOST; size += 53)
        for (size_t distance = 1; distance < GUARD; distance += 5) {
            EXPECT(is_moved(GUARD, GUARD + distance, size));
            EXPECT(is_moved(GUARD + distance, GUARD, size));
        }
}

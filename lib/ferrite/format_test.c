// SPDX-License-Identifier: MIT
// Tests of the small printf.
#include <ferrite/log.h>
#include <stdint.h>
#include <string.h>
#include "test/unit.h"

TEST("numbers, texts and widths come out as printf's")
{
    char text[64];
    EXPECT(fe_format(text, sizeof text, "%d %u %x", -5, 7u, 0xbeefu) == 9);
    EXPECT(strcmp(text, "-5 7 beef") == 0);
    fe_format(text, sizeof text, "[%5s|%.*s|%c|%08lx]", "ab", 2, "xyz", '!', 0x1234ul);
    EXPECT(strcmp(text, "[   ab|xy|!|00001234]") == 0);
    fe_format(text, sizeof text, "%llx %u %lld", ~0ull, 3u, -1ll);
    EXPECT(strcmp(text, "ffffffffffffffff 3 -1") == 0);
    fe_format(text, sizeof text, "%ld 100%%", (long)INT64_MIN);
    EXPECT(strcmp(text, "-9223372036854775808 100%") == 0);
}

TEST("a text that does not fit is cut and ended")
{
    char text[5];
    EXPECT(fe_format(text, sizeof text, "%s", "abcdefgh") == 4);
    EXPECT(strcmp(text, "abcd") == 0);
}

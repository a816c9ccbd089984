// SPDX-License-Identifier: MIT
#include "kernel/log.h"
#include "test/unit.h"
#include <string.h>

[[gnu::format(printf, 2, 3)]] static bool gives(const char *wanted, const char *format, ...)
{
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    size_t length = log_format(text, sizeof text, format, arguments);
    va_end(arguments);
    return length == strlen(wanted) && strcmp(text, wanted) == 0;
}

TEST("numbers and text come out as printf writes them")
{
    EXPECT(gives("-5 5 ff 0x00ff", "%d %u %x 0x%04x", -5, 5u, 255u, 255u));
    EXPECT(gives("[  ab][ab  ][a]", "[%4s][%-4s][%.1s]", "ab", "ab", "ab"));
    EXPECT(gives("18446744073709551615 %", "%lu %%", ~0ul));
    EXPECT(gives("-9223372036854775808", "%ld", (long)(1ull << 63)));
}

TEST("what does not fit is cut and counted")
{
    char text[4];
    va_list none = {};
    EXPECT(log_format(text, sizeof text, "abcdef", none) == 6 && strcmp(text, "abc") == 0);
}

TEST("a reader of the log gets what is still there, from where he was")
{
    char text[32];
    uint64_t position = log_end();
    log_print("one %d\n", 1);
    EXPECT(log_copy(&position, text, sizeof text) == 6 && memcmp(text, "one 1\n", 6) == 0);
    EXPECT(log_copy(&position, text, sizeof text) == 0);
    for (uint32_t i = 0; i < 5000; i++) log_print("0123456789012345678\n");
    position = 0;
    EXPECT(log_copy(&position, text, 20) == 20 && position > 20);
}

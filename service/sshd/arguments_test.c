// SPDX-License-Identifier: MIT
// The words that sshd is started with: what is understood, and what is refused by its name.
#include "test/unit.h"

#include "arguments.h"

#include <string.h>

static struct arguments got;

static const char *read_words(char *port, char *seconds)
{
    char *words[] = {"sshd", port, seconds};
    return arguments_read(3, words, &got);
}

TEST("a port and seconds are understood, to their limits")
{
    EXPECT(read_words("22", "60") == nullptr);
    EXPECT(got.port == 22 && got.silence == 60);
    EXPECT(read_words("65535", "65535") == nullptr && got.silence == 65535);
    EXPECT(read_words("1", "1") == nullptr && got.silence == 1);
}

static char *const bad[] = {"",   "0",  "-1",  "+1",   "65536", "18446744073709551617",
                            "1s", " 1", "1 2", "0x10", "1.5",   "never"};

TEST("seconds that are no number, none, or too many are refused, and told from the port")
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *seconds = read_words("22", bad[i]), *port = read_words(bad[i], "60");
        EXPECT(seconds != nullptr && strstr(seconds, "seconds") != nullptr);
        EXPECT(port != nullptr && strstr(port, "port is") != nullptr);
    }
}

TEST("a word too few or too many is told how it should be")
{
    char *words[] = {"sshd", "22", "60", "more"};
    EXPECT(strstr(arguments_read(2, words, &got), "usage") != nullptr);
    EXPECT(strstr(arguments_read(4, words, &got), "usage") != nullptr);
    EXPECT(strstr(arguments_read(1, words, &got), "usage") != nullptr);
}

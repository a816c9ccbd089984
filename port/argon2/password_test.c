// SPDX-License-Identifier: MIT
// Published Argon2id hashes, and that what is made is accepted and nothing else is.

#include "test/unit.h"

#include <crypto/argon2.h>
#include <string.h>

static const char known[] =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
static const char two_lanes[] =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";

TEST("published hashes accept their password")
{
    EXPECT(password_verify(known, "password") == PASSWORD_RIGHT);
    EXPECT(password_verify(two_lanes, "password") == PASSWORD_RIGHT);
    EXPECT(password_verify(known, "passwore") == PASSWORD_WRONG);
    EXPECT(password_verify(known, "") == PASSWORD_WRONG);
}

TEST("a hash that was made accepts its password and no other")
{
    const uint8_t salt[PASSWORD_SALT_SIZE] = "sixteen bytes...";
    struct password_cost cost = {.memory = 64, .passes = 1};
    char text[PASSWORD_HASH_SIZE], other[PASSWORD_HASH_SIZE];
    EXPECT(password_hash(text, "ferrite", salt, cost));
    EXPECT(!strncmp(text, "$argon2id$v=19$m=64,t=1,p=1$", 28));
    EXPECT(password_verify(text, "ferrite") == PASSWORD_RIGHT);
    EXPECT(password_verify(text, "Ferrite") == PASSWORD_WRONG);
    EXPECT(password_hash(other, "ferrite", (const uint8_t *)"another salt....", cost));
    EXPECT(strcmp(text, other) != 0);
}

TEST("a malformed hash accepts nothing")
{
    EXPECT(password_verify("", "") == PASSWORD_WRONG);
    EXPECT(password_verify("x", "x") == PASSWORD_WRONG);
    EXPECT(password_verify("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", "password") ==
           PASSWORD_WRONG);
    EXPECT(password_verify("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgL", "a") ==
           PASSWORD_WRONG);
    char text[sizeof known];
    for (size_t i = 1; i < sizeof known - 1; i++) {
        memcpy(text, known, sizeof known);
        text[i] = '!';
        EXPECT(password_verify(text, "password") == PASSWORD_WRONG);
    }
}

TEST("a hash is told from what only looks like one")
{
    EXPECT(password_is_hash(known));
    EXPECT(!password_is_hash("ferrite"));
    EXPECT(!password_is_hash("$6$salt$hash"));
    EXPECT(!password_is_hash("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"));
    EXPECT(!password_is_hash("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgL"));
}

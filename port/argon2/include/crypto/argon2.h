// SPDX-License-Identifier: MIT
// Password hashes by Argon2id (RFC 9106), written as $argon2id$v=19$m=...,t=...,p=...$salt$hash, so
// that each hash says itself what it costs and old ones stay good when the costs are raised. Both
// functions take the memory that the cost names from malloc and give it back wiped.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t {
    PASSWORD_SALT_SIZE = 16, // random bytes, new ones for each hash
    PASSWORD_HASH_SIZE = 128 // enough for every text that password_hash writes
};

// What one hash costs whoever tries passwords.
struct password_cost {
    uint32_t memory; // KiB
    uint32_t passes;
};

// One of those that are advised for log-ins as equal: 7 MiB and five passes. It is that with the least
// memory, which is in one piece and may be scarce.
constexpr struct password_cost password_cost_usual = {.memory = 7 << 10, .passes = 5};

// Writes the NUL-terminated hash. False when memory does not suffice or the cost is out of range.
[[nodiscard]] bool password_hash(char text[PASSWORD_HASH_SIZE], const char *password,
                                 const uint8_t salt[PASSWORD_SALT_SIZE], struct password_cost cost);

// Whether password_verify could match anything with the text; takes as long as that.
[[nodiscard]] bool password_is_hash(const char *text);

enum password_match {
    PASSWORD_WRONG, // also for a malformed hash, and one that would cost more than 1 GiB
    PASSWORD_RIGHT,
    PASSWORD_UNTRIED // memory does not suffice
};

// Whether the password is the one that the hash was made of.
[[nodiscard]] enum password_match password_verify(const char *text, const char *password);

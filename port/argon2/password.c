// SPDX-License-Identifier: MIT
// Password hashes under Ferrite's names. One lane: a log-in is not worth more than one processor.

#include <argon2.h>
#include <crypto/argon2.h>
#include <stdlib.h>
#include <string.h>

bool password_hash(char text[PASSWORD_HASH_SIZE], const char *password,
                   const uint8_t salt[PASSWORD_SALT_SIZE], struct password_cost cost)
{
    return argon2id_hash_encoded(cost.passes, cost.memory, 1, password, strlen(password), salt,
                                 PASSWORD_SALT_SIZE, 32, text, PASSWORD_HASH_SIZE) == ARGON2_OK;
}

// A hash is data, and data must not make a log-in service ask for all memory: at most 1 GiB.
static bool is_affordable(const char *text)
{
    const char *memory = strstr(text, "$m=");
    return memory && strtoull(memory + 3, nullptr, 10) <= 1 << 20;
}

enum password_match password_verify(const char *text, const char *password)
{
    if (!is_affordable(text)) return PASSWORD_WRONG;
    int result = argon2id_verify(text, password, strlen(password));
    if (result == ARGON2_MEMORY_ALLOCATION_ERROR) return PASSWORD_UNTRIED;
    return result == ARGON2_OK ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

bool password_is_hash(const char *text)
{
    if (!is_affordable(text)) return false;
    int result = argon2id_verify(text, "", 0);
    return result == ARGON2_OK || result == ARGON2_VERIFY_MISMATCH;
}

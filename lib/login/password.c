// SPDX-License-Identifier: MIT
// Passwords' hashes: /etc/secret/shadow, lines of name:hash, which only uid 0 can read.
#include <login/user.h>

#include <abi/syscalls.h>
#include <crypto/argon2.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

// The hash of `name`, without the line's end; false: none.
static bool hash_find(const char *name, char *hash, size_t size)
{
    char line[512];
    bool is_found = false;
    size_t length = strlen(name);
    FILE *file = fopen("/etc/secret/shadow", "re");
    if (file == nullptr) return false;
    while (!is_found && fgets(line, sizeof line, file) != nullptr) {
        if (strncmp(line, name, length) != 0 || line[length] != ':') continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(hash, size, "%s", line + length + 1);
        is_found = true;
    }
    fclose(file);
    explicit_bzero(line, sizeof line);
    return is_found;
}

// For names without a hash, so that they cannot be told by the time or the memory it takes.
static enum answer check_nobody(const char *name, const char *password)
{
    static const uint8_t salt[PASSWORD_SALT_SIZE];
    char wasted[PASSWORD_HASH_SIZE];
    if (!password_hash(wasted, password, salt, password_cost_usual)) return ANSWER_NO_MEMORY;
    return getpwnam(name) == nullptr ? ANSWER_WRONG : ANSWER_LOCKED;
}

// A hash takes much memory: what ended sessions had is given back first.
enum answer user_check(const char *name, const char *password)
{
    char hash[256];
    (void)!fe_memory_reclaim();
    if (!hash_find(name, hash, sizeof hash) || hash[0] != '$') return check_nobody(name, password);
    enum password_match match = password_verify(hash, password);
    explicit_bzero(hash, sizeof hash);
    if (match == PASSWORD_UNTRIED) return ANSWER_NO_MEMORY;
    return match == PASSWORD_RIGHT ? ANSWER_RIGHT : ANSWER_WRONG;
}

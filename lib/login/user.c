// SPDX-License-Identifier: MIT
// Users: /etc/passwd and /etc/group as every Unix has them; passwords' hashes in
// /etc/secret/shadow, lines of name:hash, which only uid 0 can read.
#include <login/user.h>

#include <abi/syscalls.h>
#include <crypto/argon2.h>
#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool user_is_name(const char *text)
{
    if (*text == '\0' || *text == '-') return false;
    for (; *text; text++) {
        if (!isalnum((unsigned char)*text) && strchr("._-", *text) == nullptr) return false;
    }
    return true;
}

bool user_find(const char *name, struct user *user)
{
    const struct passwd *entry = getpwnam(name);
    if (entry == nullptr) return false;
    *user = (struct user){.uid = entry->pw_uid, .gid = entry->pw_gid};
    snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
    snprintf(user->home, sizeof user->home, "%s", entry->pw_dir);
    snprintf(user->shell, sizeof user->shell, "%s", entry->pw_shell);
    gid_t groups[USER_GROUPS_MOST] = {entry->pw_gid};
    int count = USER_GROUPS_MOST;
    if (getgrouplist(name, entry->pw_gid, groups, &count) < 0) // too many, or they cannot be read
        count = count > (int)USER_GROUPS_MOST ? (int)USER_GROUPS_MOST : 1;
    for (int i = 0; i < count; i++) user->groups[i] = groups[i];
    user->group_count = (uint32_t)count;
    return true;
}

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

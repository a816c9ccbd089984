// SPDX-License-Identifier: MIT
// Users: /etc/passwd, /etc/group and the hashes of their passwords.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { USER_NAME_SIZE = 64, USER_GROUPS_MOST = 32 };

struct user {
    char name[USER_NAME_SIZE];
    char home[256], shell[256];
    uint32_t uid, gid;
    uint32_t groups[USER_GROUPS_MOST];
    uint32_t group_count;
};

// Whether it is a name that a user could have: letters, digits, and . _ - which is not the first.
bool user_is_name(const char *text);

// The user's entry of /etc/passwd and /etc/group; false: there is none. One thread at a time.
bool user_find(const char *name, struct user *user);

enum answer { ANSWER_RIGHT, ANSWER_WRONG, ANSWER_LOCKED, ANSWER_NO_MEMORY };

// Whether the password is the user's (/etc/secret/shadow). An account without a hash is locked:
// no password is its. Takes as long for those, and for names that do not exist, which are WRONG.
// NO_MEMORY: it could not be tried.
enum answer user_check(const char *name, const char *password);

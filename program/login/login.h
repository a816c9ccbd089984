// SPDX-License-Identifier: MIT
// What login's files share: asking (login.c), the tables of users (user.c), running the shell
// (session.c).
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { NAME_MAX_SIZE = 64, GROUPS_MOST = 32 };

struct user {
    char name[NAME_MAX_SIZE];
    char home[256], shell[256];
    uint32_t uid, gid;
    uint32_t groups[GROUPS_MOST];
    uint32_t group_count;
};

// The user's entry of /etc/passwd and /etc/group; false: there is none.
bool user_find(const char *name, struct user *user);

enum answer { ANSWER_RIGHT, ANSWER_WRONG, ANSWER_LOCKED };

// Whether the password is the user's (/etc/secret/shadow). An account without a hash is locked:
// no password is its. Takes as long for those, and for names that do not exist, which are WRONG.
enum answer user_check(const char *name, const char *password);

// Runs the shell on the terminal until it ends. Its exit code, or a negative errno when it could
// not be started.
int session_run(const struct user *user);

// Tells init that the prompt is shown.
void session_ready(void);

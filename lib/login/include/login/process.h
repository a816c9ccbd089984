// SPDX-License-Identifier: MIT
// Processes of users: what somebody who logged in runs. They are made with the kernel's calls,
// because what they get is not what their maker has. Only who may ask init for namespaces can.
#pragma once

#include <9p/client.h>
#include <login/user.h>

enum : uint32_t { LOGIN_FILES = 3 };

// HOME, USER, LOGNAME, SHELL, PATH and TERM.
struct login_environment {
    char home[300], name[100], log_name[100], shell[300], terminal[80];
    const char *list[7];
};
void login_environment_init(struct login_environment *environment, const struct user *user,
                            const char *terminal);

struct login_process {
    const struct user *user;
    const char *program;
    const char *const *arguments, *const *environment; // ended by nullptr
    fe_handle name_space;                              // the user's
    uint64_t memory; // bytes that it and what it starts may take; 0: as its maker
    // Descriptors 0 to 2. With `terminal` they are one file, of that path, which becomes the user's
    // and controls the process's session.
    struct p9_file *files[LOGIN_FILES];
    const char *terminal;
};

// A namespace whose connectors are bound to the user. 0 or a negative errno.
int login_namespace(const struct user *user, fe_handle *name_space);

// One part of `parts` of the memory that is left for sessions, in bytes, at least 1 MiB or a 32nd
// of all, which is less; 0: it is not known. One part of `kept` of all memory is not for sessions
// (0: all is), however many there are: what others need to go on. What goes on when the user leaves
// keeps its share.
uint64_t login_memory(uint32_t parts, uint32_t kept);

// Starts it in a session of its own; *process is the caller's. 0 or a negative errno.
int login_start(const struct login_process *what, fe_handle *process);

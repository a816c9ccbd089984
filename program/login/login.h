// SPDX-License-Identifier: MIT
// What login's files share: asking (login.c), running the shell (session.c).
#pragma once

#include <login/user.h>

// Runs the shell on the terminal until it ends. Its exit code, or a negative errno when it could
// not be started.
int session_run(const struct user *user);

// Tells init that the prompt is shown.
void session_ready(void);

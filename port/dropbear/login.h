// SPDX-License-Identifier: MIT
// The client's end of the service of logins, as the server's own code uses it.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Its descriptor, which is readable when a program has ended.
int login_descriptor(void);

// One request with its data in two parts; 0 or a negative errno.
int login_ask(uint32_t request, const void *first, size_t first_size, const void *second,
              size_t second_size);

// One request whose answer is bytes: up to *reply_size of them, which tells then how many came.
int login_tell(uint32_t request, const void *data, size_t size, void *reply, size_t *reply_size);

// A new terminal: its number, or a negative errno, and the descriptor of its master.
long login_terminal(int *master);

// Starts `command` (nullptr: a shell) on a terminal, or between pipes whose other ends are put to
// `pipes`: input, output, errors. Its number, or a negative errno.
enum : uint32_t { LOGIN_PIPES = UINT32_MAX };
long login_start(uint32_t terminal, const char *kind, const char *command, int pipes[3]);

// From the first call on, what the user has at /net can be named here; 0 or a negative errno.
int login_network(void);

// The number of one that has ended, and how; 0: none, now.
long login_ended(int *status);

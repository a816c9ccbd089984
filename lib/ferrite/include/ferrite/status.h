// SPDX-License-Identifier: MIT
// What a status is called, and which errno of the C library comes nearest; what the end of a
// process means.
#pragma once

#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

const char *fe_status_text(enum status status);
int fe_status_errno(enum status status); // 0 for OK, else positive

// Of a process that ended with this exit code, in words. Always ends `text` with NUL (size > 0).
void fe_exit_text(int32_t code, char *text, size_t size);

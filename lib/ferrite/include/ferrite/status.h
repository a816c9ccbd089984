// SPDX-License-Identifier: MIT
// What a status is called, and which errno of the C library comes nearest.
#pragma once

#include <abi/status.h>

const char *fe_status_text(enum status status);
int fe_status_errno(enum status status); // 0 for OK, else positive

// SPDX-License-Identifier: MIT
// Exit codes of the kernel's processes.
#pragma once

#include <stdint.h>

// As wait() gives it.
int32_t status_of_code(int32_t code);

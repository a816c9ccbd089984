// SPDX-License-Identifier: MIT
// On the empty port the host's C library has all of kernel/string.h.
#include "kernel/string.h"

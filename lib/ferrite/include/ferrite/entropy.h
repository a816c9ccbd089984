// SPDX-License-Identifier: MIT
// Random bytes, from the kernel's generator.
#pragma once

#include <stddef.h>

// Fills `data`; never fails (the kernel's generator is seeded before user space runs).
void fe_entropy(void *data, size_t size);

// SPDX-License-Identifier: MIT
// Random bytes, from the kernel's generator.
#pragma once

#include <stddef.h>

// Fills `data`. False: the machine has had no source of random numbers yet, and what was filled in
// can be guessed. It will do where things only have to differ, never for a key.
[[nodiscard]] bool fe_entropy(void *data, size_t size);

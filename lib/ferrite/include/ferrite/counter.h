// SPDX-License-Identifier: MIT
// The free-running counter that the clock page counts from. Replaced per instruction set
// (<isa>/counter.c).
#pragma once

#include <stdint.h>

extern const bool fe_has_counter; // false: time comes by a call
uint64_t fe_counter(void);

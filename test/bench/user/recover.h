// SPDX-License-Identifier: MIT
// Times of recovery: recover.c.
#pragma once

#include <stdint.h>

// Prints them. `next_tick` gives the time in ns. False: errno says why.
bool recover_measure(uint64_t (*next_tick)(void));

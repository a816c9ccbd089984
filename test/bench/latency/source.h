// SPDX-License-Identifier: MIT
// A device whose interrupt comes at an instant that was chosen before, whatever the processor is
// doing then.
#pragma once

#include <guest/guest.h>

enum : uint64_t { SOURCE_STEP = 256, SOURCE_LEAST = 500 }; // ns; steps

// Finds the device and opens its interrupt.
bool source_open(fe_handle *interrupt);

// Raises the interrupt now, and lets no other come within so many steps.
void source_raise(uint32_t steps);

// Raises it as soon as it may come.
void source_raise_later(void);

// Takes the cause away; to be called before the interrupt is acknowledged.
void source_lower(void);

// SPDX-License-Identifier: MIT
// What the clock has beyond the contract.
#pragma once

#include "kernel/device/x86/reference.h"

// Measures the counter's and the timer's frequencies; takes a few milliseconds. After lapic_init.
void clock_calibrate(const struct reference *reference);

// The timer interrupted: false when it was set for a moment still to come, farther than it reaches;
// it is set anew then.
bool clock_timer_is_due(void);

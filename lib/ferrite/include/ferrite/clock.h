// SPDX-License-Identifier: MIT
// Time without a system call, by the clock page (abi/clock.h). Nanoseconds.
#pragma once

#include <stdint.h>

// Since boot; never goes back. Deadlines of calls are on this clock.
uint64_t fe_clock_monotonic(void);

// Since 1970 (UTC); counts from 0 at boot as long as nobody has set the time.
uint64_t fe_clock_realtime(void);

// The deadline `ns` from now; FE_FOREVER when that is past the end of time.
uint64_t fe_clock_after(uint64_t ns);

// When the counter of abi/clock.h had this value.
uint64_t fe_clock_from_counter(uint64_t counter);

// Sleeps; returns at once when `deadline` is past.
void fe_clock_sleep_until(uint64_t deadline);

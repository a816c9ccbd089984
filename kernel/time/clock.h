// SPDX-License-Identifier: MIT
// The clock page that every process sees (abi/clock.h), and its realtime part. Guarded by the
// kernel lock.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct memory;

// Makes the page; clock_start has run.
void clock_page_init(void);
struct memory *clock_page_memory(void);

// `realtime`: ns to add to the monotonic clock for UTC since 1970.
void clock_set_realtime(uint64_t realtime);

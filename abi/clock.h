// SPDX-License-Identifier: MIT
// The clock page: one read-only page that the kernel maps into every process at process_create,
// whose address process_create stores in the block of calls' results (clock_page call). User space
// reads time as
//     ns = base + ((counter() * multiplier) >> shift)      (128-bit product)
// with counter() = CNTVCT_EL0, rdtsc, rdtime. `sequence` is odd while the kernel changes the page.
#pragma once

#include <stdint.h>

struct fe_clock_page {
    uint32_t sequence;
    uint32_t shift;
    uint64_t multiplier;
    uint64_t base;      // ns added
    uint64_t frequency; // counter's, Hz
    int64_t realtime;   // ns to add to the monotonic clock for UTC since 1970; 0: not known yet
};
static_assert(sizeof(struct fe_clock_page) == 40);

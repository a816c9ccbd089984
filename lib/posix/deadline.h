// SPDX-License-Identifier: MIT
// From the C library's times to deadlines of calls.
#pragma once

#include <stdint.h>
#include <time.h>

// `after` from now; nullptr: never. False when it is not a valid time.
bool time_deadline(const struct timespec *after, uint64_t *deadline);
// At a time of the realtime or the monotonic clock; nullptr: never.
bool time_deadline_at(const struct timespec *at, bool realtime, uint64_t *deadline);

// SPDX-License-Identifier: MIT
// Between the C library's times, nanoseconds, and deadlines of calls.
#pragma once

#include <stdint.h>
#include <time.h>

// `after` from now; nullptr: never. False when it is not a valid time.
bool time_deadline(const struct timespec *after, uint64_t *deadline);
// At a time of the realtime or the monotonic clock; nullptr: never.
bool time_deadline_at(const struct timespec *at, bool realtime, uint64_t *deadline);

// False when it is not a valid time; what is too long is cut.
bool time_length(const struct timespec *time, uint64_t *ns);
struct timespec time_of(uint64_t ns);

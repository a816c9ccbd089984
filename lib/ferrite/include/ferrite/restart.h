// SPDX-License-Identifier: MIT
// When a supervisor starts again what has ended: the same for init's services and the device
// manager's drivers. What somebody killed is started again at once; what failed by itself after a
// pause that grows, and no more after too many failures in a row. What ran for FE_RESTART_STABLE
// has a clean record.
#pragma once

#include <stdint.h>

enum : uint64_t {                     // ns
    FE_RESTART_INTERVAL = 20'000'000, // two starts of one that is killed are not closer
    FE_RESTART_STABLE = 10'000'000'000,
};

// ns before one that has failed so often in a row is started again; FE_FOREVER: given up.
uint64_t fe_restart_pause(uint32_t failures);

// Whether the exit code says that somebody ended it with a signal that is for that: not its own
// failure.
bool fe_was_killed(int32_t code);

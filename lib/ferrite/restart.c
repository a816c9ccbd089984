// SPDX-License-Identifier: MIT
// Pauses before another start.
#include <abi/object.h>
#include <ferrite/restart.h>

uint64_t fe_restart_pause(uint32_t failures)
{
    enum : uint64_t { PAUSE_FIRST = 20'000'000, PAUSE_MAX = 5'000'000'000 };
    enum : uint32_t { TRIES_MOST = 10 };
    if (failures >= TRIES_MOST) return FE_FOREVER;
    uint64_t pause = PAUSE_FIRST << (failures - 1);
    return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

enum : int32_t { SIGNAL_HANGUP = 1, SIGNAL_INTERRUPT = 2, SIGNAL_KILL = 9, SIGNAL_TERMINATE = 15 };

bool fe_was_killed(int32_t code)
{
    return code == -SIGNAL_HANGUP || code == -SIGNAL_INTERRUPT || code == -SIGNAL_KILL ||
           code == -SIGNAL_TERMINATE;
}

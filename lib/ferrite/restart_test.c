// SPDX-License-Identifier: MIT
// Tests of when what has ended is started again.
#include <abi/object.h>
#include <ferrite/restart.h>
#include "test/unit.h"

TEST("the pauses before another try grow, and end")
{
    EXPECT(fe_restart_pause(1) == 20'000'000 && fe_restart_pause(2) == 40'000'000);
    EXPECT(fe_restart_pause(9) == 5'000'000'000 && fe_restart_pause(10) == FE_FOREVER);
    EXPECT(fe_restart_pause(UINT32_MAX) == FE_FOREVER);
}

TEST("who was killed has not failed")
{
    EXPECT(fe_was_killed(-9) && fe_was_killed(-15) && !fe_was_killed(-11));
    EXPECT(!fe_was_killed(0) && !fe_was_killed(9) && !fe_was_killed(FE_EXIT_KILLED));
}

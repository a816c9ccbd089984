// SPDX-License-Identifier: MIT
// Arming a timer when it is the only one, and among ten thousand others, at a random place. Both
// are an event_arm of a timer that is armed already, so it leaves its place first.
#include "measure.h"

enum : uint32_t { TIMERS = 10'000 };
static fe_handle event[TIMERS];

// Some time within an hour, an hour from now.
static uint64_t some_time(void)
{
    static uint64_t random = 1;
    random = random * 6364136223846793005u + 1442695040888963407u;
    return 3600 * SECOND + (random >> 20) % (3600 * SECOND);
}

TEST("arming one timer, alone and among ten thousand")
{
    EXPECT(fe_event_create(&event[0]) == OK);
    MEASURE("timers_1_arm", EXPECT(fe_event_arm(event[0], 1, some_time(), 0) == OK));
    for (uint32_t i = 1; i < TIMERS; i++) {
        EXPECT(fe_event_create(&event[i]) == OK);
        EXPECT(fe_event_arm(event[i], 1, some_time(), 0) == OK);
    }
    MEASURE("timers_10k_arm", EXPECT(fe_event_arm(event[i * 8], 1, some_time(), 0) == OK));
    for (uint32_t i = 0; i < TIMERS; i++) EXPECT(fe_handle_close(event[i]) == OK);
}

// SPDX-License-Identifier: MIT
// Dates against known seconds, and there and back over centuries.
#include "test/unit.h"

#include <rtc/rtc.h>
#include <stddef.h>

TEST("known dates are the seconds that they are")
{
    static const struct {
        struct rtc_date date;
        uint64_t seconds;
    } known[] = {
        {{1970, 1, 1, 0, 0, 0}, 0},          {{2000, 2, 29, 23, 59, 59}, 951868799},
        {{2026, 1, 1, 0, 0, 0}, 1767225600}, {{2038, 1, 19, 3, 14, 8}, 2147483648},
        {{2100, 3, 1, 0, 0, 0}, 4107542400},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint64_t seconds;
        EXPECT(rtc_seconds(&known[i].date, &seconds));
        EXPECT(seconds == known[i].seconds);
    }
}

TEST("every date comes back from its seconds")
{
    for (uint64_t seconds = 0; seconds < 20'000'000'000; seconds += 86400 * 3 + 4321) {
        struct rtc_date date = rtc_date(seconds);
        uint64_t again;
        EXPECT(rtc_seconds(&date, &again));
        EXPECT(again == seconds);
    }
}

TEST("what is no date is refused")
{
    static const struct rtc_date none[] = {
        {1969, 12, 31, 0, 0, 0}, {2026, 0, 1, 0, 0, 0},  {2026, 13, 1, 0, 0, 0},
        {2026, 2, 29, 0, 0, 0},  {2100, 2, 29, 0, 0, 0}, {2026, 4, 31, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0},   {2026, 1, 1, 24, 0, 0}, {2026, 1, 1, 0, 60, 0},
        {2026, 1, 1, 0, 0, 60},
    };
    uint64_t seconds;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        EXPECT(!rtc_seconds(&none[i], &seconds));
}

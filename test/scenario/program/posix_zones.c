// SPDX-License-Identifier: MIT
// Time zones: by the name of a place, and by a rule.
#include "test/unit.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

// What a clock shows there.
static bool shows(const char *zone, time_t time, const char *text)
{
    char shown[64];
    struct tm parts;
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&time, &parts);
    strftime(shown, sizeof shown, "%Y-%m-%d %H:%M %Z %z", &parts);
    return strcmp(shown, text) == 0;
}

TEST("places have their own time, in winter and in summer, once and in years to come")
{
    EXPECT(shows("Europe/Berlin", 1'768'478'400, "2026-01-15 13:00 CET +0100"));
    EXPECT(shows("Europe/Berlin", 1'784'116'800, "2026-07-15 14:00 CEST +0200"));
    EXPECT(shows("Europe/Berlin", 1'774'745'999, "2026-03-29 01:59 CET +0100"));
    EXPECT(shows("Europe/Berlin", 1'774'746'000, "2026-03-29 03:00 CEST +0200"));
    EXPECT(shows("Europe/Berlin", 2'446'805'600, "2047-07-15 14:13 CEST +0200"));
    EXPECT(shows("Europe/Berlin", -725'000'000, "1947-01-10 20:06 CET +0100"));
    EXPECT(shows("America/New_York", 1'784'116'800, "2026-07-15 08:00 EDT -0400"));
    EXPECT(shows("Asia/Kolkata", 1'784'116'800, "2026-07-15 17:30 IST +0530"));
    EXPECT(shows(":Pacific/Auckland", 1'768'478'400, "2026-01-16 01:00 NZDT +1300"));
    EXPECT(shows("America/Argentina/Ushuaia", 0, "1969-12-31 21:00 -03 -0300"));
}

// Around a change at `first`: a second before, then, and that the same local times lead back.
static bool changes(const char *zone, time_t first, const char *before, const char *after)
{
    struct tm parts;
    if (!shows(zone, first - 1, before) || !shows(zone, first, after)) return false;
    for (time_t time = first - 3 * 3600; time <= first + 3 * 3600; time += 600) {
        localtime_r(&time, &parts);
        if (mktime(&parts) != time) return false;
    }
    return true;
}

// In the north the year's first change goes forward, in the south back.
TEST("clocks are set forward and back at the right second, in the north and in the south")
{
    static const char *const berlin[] = {"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"};
    static const char *const sydney[] = {"Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3"};
    for (size_t i = 0; i < 2; i++) {
        EXPECT(changes(berlin[i], 1'774'746'000, "2026-03-29 01:59 CET +0100",
                       "2026-03-29 03:00 CEST +0200"));
        EXPECT(changes(berlin[i], 1'792'890'000, "2026-10-25 02:59 CEST +0200",
                       "2026-10-25 02:00 CET +0100"));
        EXPECT(changes(sydney[i], 1'775'318'400, "2026-04-05 02:59 AEDT +1100",
                       "2026-04-05 02:00 AEST +1000"));
        EXPECT(changes(sydney[i], 1'791'043'200, "2026-10-04 01:59 AEST +1000",
                       "2026-10-04 03:00 AEDT +1100"));
        EXPECT(changes(sydney[i], 2'563'977'600, "2051-04-02 02:59 AEDT +1100",
                       "2051-04-02 02:00 AEST +1000"));
        EXPECT(changes(sydney[i], 2'579'702'400, "2051-10-01 01:59 AEST +1000",
                       "2051-10-01 03:00 AEDT +1100"));
    }
}

TEST("an hour that comes twice is told by summer time, and one that does not come at all is moved")
{
    struct tm twice = {.tm_year = 126, .tm_mon = 9, .tm_mday = 25, .tm_hour = 2, .tm_min = 30};
    struct tm never = {
        .tm_year = 126, .tm_mon = 2, .tm_mday = 29, .tm_hour = 2, .tm_min = 30, .tm_isdst = -1};
    setenv("TZ", "Europe/Berlin", 1);
    twice.tm_isdst = 1;
    EXPECT(mktime(&twice) == 1'792'888'200);
    twice.tm_isdst = 0;
    EXPECT(mktime(&twice) == 1'792'891'800);
    time_t moved = mktime(&never);
    EXPECT(moved == 1'774'744'200 || moved == 1'774'747'800);
    EXPECT(never.tm_hour == (moved == 1'774'744'200 ? 1 : 3) && never.tm_min == 30);
}

TEST("a rule needs no file")
{
    EXPECT(shows("CET-1CEST,M3.5.0,M10.5.0/3", 1'784'116'800, "2026-07-15 14:00 CEST +0200"));
    EXPECT(shows("<+0330>-3:30", 1'784'116'800, "2026-07-15 15:30 +0330 +0330"));
    EXPECT(shows("UTC0", 1'784'116'800, "2026-07-15 12:00 UTC +0000"));
}

TEST("a place that is not known, or is none, is UTC")
{
    EXPECT(shows("Europe/Atlantis", 1'784'116'800, "2026-07-15 12:00 UTC +0000"));
    EXPECT(shows("../../etc/passwd", 1'784'116'800, "2026-07-15 12:00 UTC +0000"));
    EXPECT(shows("/etc/passwd", 1'784'116'800, "2026-07-15 12:00 UTC +0000"));
    EXPECT(shows("", 1'784'116'800, "2026-07-15 12:00 UTC +0000"));
}

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

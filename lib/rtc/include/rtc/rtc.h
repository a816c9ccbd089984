// SPDX-License-Identifier: MIT
// Drivers of real-time clocks: a driver gives two functions; this library serves the file `time`,
// whose text is the seconds since 1970 (UTC), and which user 0 sets by writing such a text.
#pragma once

#include <stdint.h>

struct rtc_operations {
    int (*read)(uint64_t *seconds); // 0 or a negative errno
    int (*write)(uint64_t seconds);
};

// Serves for ever; returns only when it cannot begin, with an exit code.
int rtc_serve(const char *name, const struct rtc_operations *operations);

// A date of the proleptic Gregorian calendar, UTC.
struct rtc_date {
    uint32_t year, month, day, hour, minute, second; // month and day from 1
};

// Seconds since 1970 of a date from then on; false when there is no such date.
bool rtc_seconds(const struct rtc_date *date, uint64_t *seconds);
struct rtc_date rtc_date(uint64_t seconds);

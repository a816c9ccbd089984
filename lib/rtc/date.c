// SPDX-License-Identifier: MIT
// Dates and seconds. Days are counted in years that begin in March, so that the leap day is the
// last of its year.
#include <rtc/rtc.h>

enum : uint32_t {
    DAY = 86400,
    YEAR_FIRST = 1970,
    YEAR_LAST = 9999,
    DAYS_BEFORE_1970 = 719468, // from 1 March of year 0
    DAYS_IN_400_YEARS = 146097,
};

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_in_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

// The day of the March year on which a month begins; months from March = 0.
static uint32_t month_start(uint32_t month)
{
    return (153 * month + 2) / 5;
}

bool rtc_seconds(const struct rtc_date *date, uint64_t *seconds)
{
    if (date->year < YEAR_FIRST || date->year > YEAR_LAST) return false;
    if (date->month < 1 || date->month > 12) return false;
    if (date->day < 1 || date->day > days_in_month(date->year, date->month)) return false;
    if (date->hour > 23 || date->minute > 59 || date->second > 59) return false;
    uint32_t year = date->year - (date->month <= 2), month = (date->month + 9) % 12;
    uint64_t days = (uint64_t)year * 365 + year / 4 - year / 100 + year / 400;
    days = days + month_start(month) + date->day - 1 - DAYS_BEFORE_1970;
    *seconds = days * DAY + date->hour * 3600 + date->minute * 60 + date->second;
    return true;
}

struct rtc_date rtc_date(uint64_t seconds)
{
    uint64_t days = seconds / DAY + DAYS_BEFORE_1970;
    uint32_t rest = (uint32_t)(seconds % DAY);
    uint64_t era = days / DAYS_IN_400_YEARS;
    uint32_t day = (uint32_t)(days % DAYS_IN_400_YEARS);
    uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    uint32_t month = (5 * day + 2) / 153;
    return (struct rtc_date){
        .year = (uint32_t)(era * 400) + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day - month_start(month) + 1,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };
}

// SPDX-License-Identifier: MIT
// Dates (RFC 9110, section 5.6.7) in the form that is sent today: Sun, 06 Nov 1994 08:49:37 GMT.
// One in another form is as if it were not there, which costs the sending of what is known.

#include "internal.h"
#include <string.h>
#include <time.h>

static bool number_at(const char *at, size_t size, uint32_t most, uint32_t *number)
{
    uint64_t read;
    if (!text_number((struct text){at, size}, &read) || read > most) return false;
    *number = (uint32_t)read;
    return true;
}

static uint32_t month_of(const char *at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (uint32_t month = 0; month < 12; month++) {
        if (memcmp(names + 3 * month, at, 3) == 0) return month + 1;
    }
    return 0;
}

bool date_read(struct text text, int64_t *seconds)
{
    static const char form[] = "???, ?? ??? ???? ??:??:?? GMT";
    uint32_t day, year, hour, minute, second;
    if (text.size != sizeof form - 1) return false;
    for (size_t i = 0; i < text.size; i++) {
        if (form[i] != '?' && form[i] != text.at[i]) return false;
    }
    uint32_t month = month_of(text.at + 8);
    if (month == 0 || !number_at(text.at + 5, 2, 31, &day) || day == 0) return false;
    if (!number_at(text.at + 12, 4, 9999, &year) || year < 1970) return false;
    if (!number_at(text.at + 17, 2, 23, &hour) || !number_at(text.at + 20, 2, 59, &minute))
        return false;
    if (!number_at(text.at + 23, 2, 60, &second)) return false;
    *seconds = timegm(&(struct tm){.tm_year = (int)year - 1900,
                                   .tm_mon = (int)month - 1,
                                   .tm_mday = (int)day,
                                   .tm_hour = (int)hour,
                                   .tm_min = (int)minute,
                                   .tm_sec = (int)second});
    return true;
}

// SPDX-License-Identifier: MIT
// Times of zones, characters of UTF-8, options, patterns and dates through the C library.
#include "test/unit.h"
#include <glob.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static bool hour_is(const char *zone, time_t time, int hour, bool is_summer)
{
    struct tm local;
    setenv("TZ", zone, 1);
    tzset();
    return localtime_r(&time, &local) != nullptr && local.tm_hour == hour &&
           (local.tm_isdst > 0) == is_summer && mktime(&local) == time;
}

TEST("TZ gives zones with their summer time, and what is none is UTC")
{
    const char *central = "CET-1CEST,M3.5.0,M10.5.0/3", *eastern = "EST5EDT,M3.2.0,M11.1.0";
    EXPECT(hour_is(central, 1'705'320'000, 13, false)); // 2024-01-15 12:00 UTC
    EXPECT(hour_is(central, 1'721'044'800, 14, true));  // 2024-07-15 12:00 UTC
    EXPECT(hour_is(central, 1'711'846'799, 1, false) && hour_is(central, 1'711'846'800, 3, true));
    EXPECT(hour_is(eastern, 1'705'320'000, 7, false) && hour_is(eastern, 1'721'044'800, 8, true));
    EXPECT(hour_is("<+0530>-5:30", 1'705'320'000, 17, false));
    EXPECT(hour_is("UTC0", 1'705'320'000, 12, false) && hour_is("", 1'705'320'000, 12, false));
}

TEST("C.UTF-8 has characters of several bytes, and refuses what is none")
{
    wchar_t wide;
    mbstate_t state = {};
    EXPECT(setlocale(LC_ALL, "C.UTF-8") != nullptr && MB_CUR_MAX == 4);
    EXPECT(mbrtowc(&wide, "\xe2\x82\xac", 3, &state) == 3 && wide == 0x20ac);
    EXPECT(mbrtowc(&wide, "\xc0\x80", 2, &state) == (size_t)-1);
    EXPECT(mbstowcs(nullptr,
                    "gr\xc3\xbc\xc3\x9f"
                    "e",
                    0) == 5 &&
           towupper(0xfc) == 0xdc);
    EXPECT(iswalpha(0xfc) && wcwidth(0x4e00) == 2);
}

TEST("options are found wherever they stand, and a wrong one is told")
{
    char *arguments[] = {"x", "-a", "-bvalue", "-q", "rest", nullptr};
    opterr = 0;
    EXPECT(getopt(5, arguments, "ab:") == 'a');
    EXPECT(getopt(5, arguments, "ab:") == 'b' && strcmp(optarg, "value") == 0);
    EXPECT(getopt(5, arguments, "ab:") == '?' && optopt == 'q');
    EXPECT(getopt(5, arguments, "ab:") == -1 && optind == 4);
}

TEST("regular expressions match, tell where, and refuse what is none")
{
    regex_t pattern;
    regmatch_t match[3];
    EXPECT(regcomp(&pattern, "([a-z]+)=([0-9]{2,3})$", REG_EXTENDED) == 0);
    EXPECT(regexec(&pattern, "x key=123", 3, match, 0) == 0);
    EXPECT(match[1].rm_so == 2 && match[1].rm_eo == 5 && match[2].rm_so == 6);
    EXPECT(regexec(&pattern, "key=1", 0, nullptr, 0) == REG_NOMATCH);
    regfree(&pattern);
    EXPECT(regcomp(&pattern, "(", REG_EXTENDED) == REG_EPAREN);
}

TEST("glob finds files by their pattern, in order")
{
    glob_t found;
    EXPECT(glob("/etc/pass[v-x]d", 0, nullptr, &found) == 0 && found.gl_pathc == 1);
    EXPECT(strcmp(found.gl_pathv[0], "/etc/passwd") == 0);
    globfree(&found);
    EXPECT(glob("/etc/*d", 0, nullptr, &found) == 0 && found.gl_pathc >= 2);
    for (size_t i = 1; i < found.gl_pathc; i++)
        EXPECT(strcmp(found.gl_pathv[i - 1], found.gl_pathv[i]) < 0);
    globfree(&found);
    EXPECT(glob("/etc/none*", 0, nullptr, &found) == GLOB_NOMATCH);
}

TEST("dates are read as they are written")
{
    struct tm time = {};
    char text[32];
    EXPECT(strptime("2024-02-29 23:59:58", "%Y-%m-%d %H:%M:%S", &time) != nullptr);
    EXPECT(time.tm_mon == 1 && time.tm_mday == 29 && timegm(&time) == 1'709'251'198);
    EXPECT(strftime(text, sizeof text, "%a %d %b %Y", &time) == 15);
    EXPECT(strcmp(text, "Thu 29 Feb 2024") == 0);
    EXPECT(strptime("2024-13-01", "%Y-%m-%d", &time) == nullptr);
}

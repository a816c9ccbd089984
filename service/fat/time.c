// SPDX-License-Identifier: MIT
// Times of FAT: from 1980 to 2107, to 2 s and for some of them 10 ms. What does not say its zone is
// taken for universal time, and what is written is that.
#include "fat.h"

#include <time.h>

enum : uint64_t { SECOND = 1'000'000'000, TEN_MS = 10'000'000 };
enum : int64_t { FIRST = 315532800, LAST = 4354819199 }; // 1980-01-01, 2107-12-31
enum : uint8_t { ZONE_IS_TOLD = 0x80 };

// The offset from universal time in seconds: exFAT, 7.4.10, signed in 7 bits.
static int64_t zone_of(uint8_t zone)
{
    if ((zone & ZONE_IS_TOLD) == 0) return 0;
    int steps = zone & 0x7f;
    return (steps >= 64 ? steps - 128 : steps) * 15 * 60;
}

uint64_t time_read(const struct fat_stamp *stamp)
{
    uint32_t raw = stamp->time;
    struct tm tm = {
        .tm_year = (int)(raw >> 25) + 80,
        .tm_mon = (int)(raw >> 21 & 15) - 1,
        .tm_mday = (int)(raw >> 16 & 31),
        .tm_hour = (int)(raw >> 11 & 31),
        .tm_min = (int)(raw >> 5 & 63),
        .tm_sec = (int)(raw & 31) * 2,
    };
    if (raw >> 16 == 0) return 0; // never set
    int64_t seconds = (int64_t)timegm(&tm) - zone_of(stamp->zone);
    return (uint64_t)seconds * SECOND + stamp->hundredths * TEN_MS;
}

void time_write(uint64_t time, struct fat_stamp *stamp)
{
    int64_t seconds = (int64_t)(time / SECOND);
    uint32_t part = (uint32_t)(time % SECOND / TEN_MS);
    if (seconds < FIRST) part = 0;
    time_t kept = (time_t)(seconds < FIRST ? FIRST : seconds > LAST ? LAST : seconds);
    struct tm tm;
    gmtime_r(&kept, &tm);
    stamp->time = (uint32_t)(tm.tm_year - 80) << 25 | (uint32_t)(tm.tm_mon + 1) << 21 |
                  (uint32_t)tm.tm_mday << 16 | (uint32_t)tm.tm_hour << 11 |
                  (uint32_t)tm.tm_min << 5 | (uint32_t)tm.tm_sec / 2;
    stamp->hundredths = (uint8_t)((uint32_t)tm.tm_sec % 2 * 100 + part);
    stamp->zone = ZONE_IS_TOLD;
}

// SPDX-License-Identifier: MIT
// Times of FAT and exFAT, at their ends and with zones.
#include "fat.h"
#include "test/unit.h"

enum : uint64_t { SECOND = 1'000'000'000 };

TEST("a time comes back to 10 ms, in universal time")
{
    struct fat_stamp stamp;
    uint64_t time = 1'612'325'107 * SECOND + 987'654'321; // 2021-02-03 04:05:07
    time_write(time, &stamp);
    EXPECT(stamp.time == (41u << 25 | 2 << 21 | 3 << 16 | 4 << 11 | 5 << 5 | 3));
    EXPECT(stamp.hundredths == 198);
    EXPECT(time_read(&stamp) == time - time % 10'000'000);
}

TEST("times before 1980 and after 2107 are the first and the last that there are")
{
    struct fat_stamp stamp;
    time_write(0, &stamp);
    EXPECT(time_read(&stamp) == 315'532'800 * SECOND);
    time_write(5'000'000'000 * SECOND, &stamp);
    EXPECT(time_read(&stamp) == 4'354'819'199 * SECOND);
}

TEST("exFAT's zones are quarters of an hour, and may be west")
{
    struct fat_stamp stamp;
    time_write(1'612'325'106 * SECOND, &stamp);
    stamp.zone = 0x80 | 4; // one hour east
    EXPECT(time_read(&stamp) == (1'612'325'106 - 3600) * SECOND);
    stamp.zone = 0x80 | (0x7f & -8); // two hours west
    EXPECT(time_read(&stamp) == (1'612'325'106 + 7200) * SECOND);
    stamp.zone = 4; // not told
    EXPECT(time_read(&stamp) == 1'612'325'106 * SECOND);
}

TEST("what was never set is the beginning, and months and days that are none do no harm")
{
    struct fat_stamp stamp = {};
    EXPECT(time_read(&stamp) == 0);
    stamp.time = 0xffffffff;
    EXPECT(time_read(&stamp) != 0);
}

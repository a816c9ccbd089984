// SPDX-License-Identifier: MIT
// Settings of a stream of samples.
#include "settings.h"

#include "test/unit.h"
#include <errno.h>
#include <string.h>

static const struct abilities usual = {
    .formats = 1 << 4 | 1 << 5 | 1 << 17,
    .rates = 1 << 6 | 1 << 7,
    .channels_least = 1,
    .channels_most = 2,
};

static int change(struct settings *settings, const char *line)
{
    return settings_change(settings, &usual, line, strlen(line));
}

TEST("what is not said is 48000 frames of two channels of 16 bits")
{
    struct settings settings;
    EXPECT(settings_default(&usual, &settings));
    EXPECT(settings.rate == 48000 && settings.channels == 2 && settings.format == 5);
    EXPECT(settings_frame_size(&settings) == 4);
}

TEST("a device that can do little gets what it can")
{
    struct settings settings;
    struct abilities little = {
        .formats = 1 << 4, .rates = 1 << 1, .channels_least = 1, .channels_most = 1};
    EXPECT(settings_default(&little, &settings));
    EXPECT(settings.rate == 8000 && settings.channels == 1);
    EXPECT(strcmp(format_name(settings.format), "u8") == 0);
}

TEST("a device that can do nothing, or tells nonsense, has no settings")
{
    struct settings settings;
    struct abilities odd = usual;
    odd.formats = 0;
    EXPECT(!settings_default(&odd, &settings));
    odd = usual;
    odd.rates = 1ull << 63;
    EXPECT(!settings_default(&odd, &settings));
    odd = usual;
    odd.channels_least = 3;
    EXPECT(!settings_default(&odd, &settings));
    odd = usual;
    odd.channels_least = odd.channels_most = 0;
    EXPECT(!settings_default(&odd, &settings));
}

TEST("settings change by lines")
{
    struct settings settings;
    EXPECT(settings_default(&usual, &settings));
    EXPECT(change(&settings, "rate 44100") == 0 && settings.rate == 44100);
    EXPECT(change(&settings, "channels 1") == 0 && settings.channels == 1);
    EXPECT(change(&settings, "format s32") == 0 && settings_frame_size(&settings) == 4);
    EXPECT(change(&settings, "period 64") == 0 && settings_period_size(&settings) == 256);
    EXPECT(change(&settings, "periods 16") == 0 && settings.periods == 16);
}

TEST("what cannot be is refused, and changes nothing")
{
    static const struct {
        const char *line;
        int error;
    } cases[] = {
        {"rate 1", -EOPNOTSUPP},
        {"rate 96000", -EOPNOTSUPP},
        {"rate -1", -EINVAL},
        {"rate", -EINVAL},
        {"rate 48000x", -EINVAL},
        {"rate 4294967296000", -EINVAL},
        {"channels 0", -EOPNOTSUPP},
        {"channels 3", -EOPNOTSUPP},
        {"format s8", -EOPNOTSUPP},
        {"format x", -EINVAL},
        {"period 63", -EINVAL},
        {"period 8193", -EINVAL},
        {"periods 1", -EINVAL},
        {"periods 17", -EINVAL},
        {"volume 3", -EINVAL},
        {"", -EINVAL},
        {" ", -EINVAL},
        {"rate  48000", -EINVAL},
    };
    struct settings before, settings;
    EXPECT(settings_default(&usual, &before));
    settings = before;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        EXPECT(change(&settings, cases[i].line) == cases[i].error);
    EXPECT(memcmp(&settings, &before, sizeof before) == 0);
    EXPECT(settings_change(&settings, &usual, "rate 4\0", 7) == -EINVAL);
}

TEST("a buffer is no larger than the memory for it")
{
    struct abilities wide = usual;
    wide.channels_most = 8;
    struct settings settings;
    EXPECT(settings_default(&wide, &settings));
    EXPECT(settings_change(&settings, &wide, "channels 8", 10) == 0);
    EXPECT(settings_change(&settings, &wide, "periods 16", 10) == 0);
    EXPECT(settings_change(&settings, &wide, "period 8192", 11) == -EOPNOTSUPP);
}

// SPDX-License-Identifier: MIT
// Settings of a stream of samples, with the numbers of virtio 1.2, section 5.14.6.6.
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct format {
    const char *name;
    uint32_t number, size; // bytes of a sample
} formats[] = {
    {"mulaw", 1, 1}, {"alaw", 2, 1}, {"s8", 3, 1},   {"u8", 4, 1},     {"s16", 5, 2},
    {"u16", 6, 2},   {"s32", 17, 4}, {"u32", 18, 4}, {"float", 19, 4},
};
enum : uint32_t { FORMAT_COUNT = sizeof formats / sizeof formats[0], FORMAT_S16 = 5 };

static const uint32_t rates[] = {5512,  8000,  11025, 16000, 22050,  32000,  44100,
                                 48000, 64000, 88200, 96000, 176400, 192000, 384000};
enum : uint32_t { RATE_COUNT = sizeof rates / sizeof rates[0], RATE_48000 = 7 };

static const struct format *format_find(uint32_t number)
{
    for (uint32_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].number == number) return &formats[i];
    return nullptr;
}

const char *format_name(uint32_t number)
{
    const struct format *format = format_find(number);
    return format == nullptr ? nullptr : format->name;
}

uint32_t rate_at(uint32_t index)
{
    return index < RATE_COUNT ? rates[index] : 0;
}

uint32_t rate_index(uint32_t rate)
{
    for (uint32_t i = 0; i < RATE_COUNT; i++)
        if (rates[i] == rate) return i;
    return UINT32_MAX;
}

uint32_t settings_frame_size(const struct settings *settings)
{
    const struct format *format = format_find(settings->format);
    return format == nullptr ? 0 : format->size * settings->channels;
}

uint32_t settings_period_size(const struct settings *settings)
{
    return settings->period * settings_frame_size(settings);
}

static bool has(uint64_t set, uint32_t bit)
{
    return bit < 64 && (set >> bit & 1) != 0;
}

bool settings_default(const struct abilities *abilities, struct settings *settings)
{
    uint32_t format = FORMAT_S16, rate = RATE_48000;
    if (!has(abilities->formats, format)) {
        uint32_t i = 0;
        while (i < FORMAT_COUNT && !has(abilities->formats, formats[i].number)) i++;
        if (i == FORMAT_COUNT) return false;
        format = formats[i].number;
    }
    if (!has(abilities->rates, rate))
        for (rate = 0; rate < RATE_COUNT && !has(abilities->rates, rate);) rate++;
    if (rate >= RATE_COUNT || abilities->channels_least == 0 ||
        abilities->channels_least > abilities->channels_most)
        return false;
    uint32_t channels = 2;
    if (channels < abilities->channels_least) channels = abilities->channels_least;
    if (channels > abilities->channels_most) channels = abilities->channels_most;
    *settings = (struct settings){
        .rate = rates[rate], .channels = channels, .format = format, .period = 512, .periods = 4};
    return settings_period_size(settings) * settings->periods <= BUFFER_BYTES_MOST;
}

static bool number_parse(const char *text, uint32_t *number)
{
    if (*text < '0' || *text > '9' || strlen(text) > 9) return false;
    char *end;
    *number = (uint32_t)strtoul(text, &end, 10);
    return *end == 0;
}

static int format_set(struct settings *settings, const struct abilities *abilities,
                      const char *value)
{
    for (uint32_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(value, formats[i].name) != 0) continue;
        settings->format = formats[i].number;
        return has(abilities->formats, settings->format) ? 0 : -EOPNOTSUPP;
    }
    return -EINVAL;
}

static int number_set(struct settings *settings, const struct abilities *abilities,
                      const char *word, uint32_t number)
{
    if (strcmp(word, "rate") == 0) {
        settings->rate = number;
        return has(abilities->rates, rate_index(number)) ? 0 : -EOPNOTSUPP;
    }
    if (strcmp(word, "channels") == 0) {
        settings->channels = number;
        bool can = number >= abilities->channels_least && number <= abilities->channels_most;
        return can ? 0 : -EOPNOTSUPP;
    }
    if (strcmp(word, "period") == 0) {
        settings->period = number;
        return number >= PERIOD_LEAST && number <= PERIOD_MOST ? 0 : -EINVAL;
    }
    if (strcmp(word, "periods") != 0) return -EINVAL;
    settings->periods = number;
    return number >= PERIODS_LEAST && number <= PERIODS_MOST ? 0 : -EINVAL;
}

int settings_change(struct settings *settings, const struct abilities *abilities, const char *line,
                    size_t size)
{
    char text[32];
    if (size >= sizeof text || memchr(line, 0, size) != nullptr) return -EINVAL;
    memcpy(text, line, size);
    text[size] = 0;
    char *value = strchr(text, ' ');
    if (value == nullptr) return -EINVAL;
    *value++ = 0;

    struct settings changed = *settings;
    int error;
    uint32_t number;
    if (strcmp(text, "format") == 0)
        error = format_set(&changed, abilities, value);
    else if (!number_parse(value, &number))
        error = -EINVAL;
    else
        error = number_set(&changed, abilities, text, number);
    if (error != 0) return error;
    uint64_t bytes = (uint64_t)settings_period_size(&changed) * changed.periods;
    if (bytes > BUFFER_BYTES_MOST) return -EOPNOTSUPP;
    *settings = changed;
    return 0;
}

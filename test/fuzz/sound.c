// SPDX-License-Identifier: MIT
// Feeds the settings of a sound device with any lines. An input is what the device can do (formats
// and rates, 3 bytes each, least and most channels, 1 each) and lines. Whatever is set, it can do,
// and a line that is refused changes nothing.
#include "driver/sound/virtio/settings.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : size_t { HEAD = 8 };

static void must(bool condition)
{
    if (!condition) abort();
}

static void settings_check(const struct settings *settings, const struct abilities *abilities)
{
    uint32_t frame = settings_frame_size(settings);
    must(format_name(settings->format) != nullptr && has(abilities->formats, settings->format));
    must(has(abilities->rates, rate_index(settings->rate)));
    must(settings->channels >= abilities->channels_least);
    must(settings->channels <= abilities->channels_most && settings->channels > 0);
    must(settings->period >= PERIOD_LEAST && settings->period <= PERIOD_MOST);
    must(settings->periods >= PERIODS_LEAST && settings->periods <= PERIODS_MOST);
    must(frame > 0 && settings_period_size(settings) == frame * settings->period);
    must((uint64_t)frame * settings->period * settings->periods <= BUFFER_BYTES_MOST);
}

static void change(struct settings *settings, const struct abilities *abilities, const uint8_t *at,
                   size_t size)
{
    struct settings before = *settings;
    char *line = malloc(size); // of its own size, so that reading past the end is seen
    memcpy(line, at, size);
    int result = settings_change(settings, abilities, line, size);
    must(result == 0 || result == -EINVAL || result == -EOPNOTSUPP);
    if (result != 0) must(memcmp(&before, settings, sizeof before) == 0);
    settings_check(settings, abilities);
    free(line);
}

static uint32_t get24(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct settings settings;
    if (size < HEAD) return 0;
    const struct abilities abilities = {.formats = get24(input),
                                        .rates = get24(input + 3),
                                        .channels_least = input[6],
                                        .channels_most = input[7]};
    if (!settings_default(&abilities, &settings)) return 0;
    settings_check(&settings, &abilities);
    input += HEAD;
    size -= HEAD;
    while (size > 0) {
        const uint8_t *end = memchr(input, '\n', size);
        size_t length = end == nullptr ? size : (size_t)(end - input);
        change(&settings, &abilities, input, length);
        length += end != nullptr;
        input += length;
        size -= length;
    }
    return 0;
}

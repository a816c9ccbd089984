// SPDX-License-Identifier: MIT
// Settings of a stream of samples: their text, and what a device can do. Nothing here touches a
// device.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : uint32_t {
    PERIOD_LEAST = 64, // frames
    PERIOD_MOST = 8192,
    PERIODS_LEAST = 2,
    PERIODS_MOST = 16,
    BUFFER_BYTES_MOST = 256 * 1024,
};

// What a stream of the device can do; formats and rates are sets of bits (virtio 1.2, 5.14.6.6.2).
struct abilities {
    uint64_t formats, rates;
    uint32_t channels_least, channels_most;
};

struct settings {
    uint32_t rate; // frames a second
    uint32_t channels;
    uint32_t format;  // the number that virtio has for it
    uint32_t period;  // frames
    uint32_t periods; // in the buffer
};

// Settings that the device can do, next to 48000 frames of two channels of 16 bits. False: it can
// do nothing that is known here.
bool settings_default(const struct abilities *abilities, struct settings *settings);

// One line, `rate 44100`, without its end. 0; -EINVAL: not a setting, or not its values;
// -EOPNOTSUPP: the device cannot do this.
int settings_change(struct settings *settings, const struct abilities *abilities, const char *line,
                    size_t size);

const char *format_name(uint32_t format); // nullptr: not known here
uint32_t rate_at(uint32_t index);         // 0: no such rate
uint32_t rate_index(uint32_t rate);       // UINT32_MAX: no such rate
uint32_t settings_frame_size(const struct settings *settings);
uint32_t settings_period_size(const struct settings *settings);

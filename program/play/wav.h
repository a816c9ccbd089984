// SPDX-License-Identifier: MIT
// The head of a WAV file: RIFF chunks up to the samples.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct wav {
    uint32_t rate, channels;
    const char *format; // as audio(4) has it
    uint64_t size;      // bytes of samples
};

// Reads the head by `read`, which gives exactly `count` bytes or false; what it gives next are the
// samples. nullptr, or what is wrong with the file.
const char *wav_head(struct wav *wav, bool (*read)(void *context, void *to, size_t count),
                     void *context);

// SPDX-License-Identifier: MIT
// A bitmap font in its sizes. Glyphs are in order of their code points; each has `height` rows of
// (width + 7) / 8 bytes, the leftmost pixel in the highest bit.
#pragma once

#include <stdint.h>

struct font {
    uint32_t width, height, count;
    const uint32_t *code;
    const uint8_t *bitmap;
};

// From the smallest to the largest.
extern const struct font terminus[];
extern const uint32_t terminus_count;

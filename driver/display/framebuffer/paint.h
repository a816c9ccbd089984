// SPDX-License-Identifier: MIT
// From cells to pixels, of whatever format the frame buffer has. What was painted is remembered, so
// that only what is different is painted: the frame buffer is never read, which is slow.
#pragma once

#include "screen.h"

#include <abi/bootinfo.h>
#include <terminus/terminus.h>

enum : uint32_t { COLORS = 256, PIXEL_BYTES_MAX = 4 };

struct painter {
    struct boot_framebuffer mode;
    uint8_t *memory; // where `mode.address` is mapped
    const struct font *font;
    uint32_t pixel[COLORS];
    struct cell *shown; // rows times columns
    uint32_t rows, columns;
};

// Whether this driver can paint in such a picture.
bool paint_can(const struct boot_framebuffer *mode);

void paint_init(struct painter *painter, const struct boot_framebuffer *mode, uint8_t *memory);
void paint_fini(struct painter *painter);

// The most rows and columns that a screen can show, in the smallest size of the font.
void paint_most(const struct painter *painter, uint32_t *rows, uint32_t *columns);

// Takes the largest font in which so many rows and columns fit, and clears all. False: no memory,
// nothing changed.
bool paint_resize(struct painter *painter, uint32_t rows, uint32_t columns);

// Paints what of the screen, which has this size, is not as it was.
void paint_update(struct painter *painter, const struct screen *screen);

// The index of a character's glyph; of the replacement character's where the font has none.
uint32_t font_find(const struct font *font, uint32_t code);

// SPDX-License-Identifier: MIT
// Pixels: the palette, choosing a size of the font, glyphs.
#include "paint.h"

#include <ferrite/libc.h>

enum : uint32_t { REPLACEMENT = 0xfffd, GLYPH_WIDTH_MAX = 32 };

uint32_t font_find(const struct font *font, uint32_t code)
{
    uint32_t low = 0, high = font->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (font->code[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < font->count && font->code[low] == code) return low;
    return code == REPLACEMENT ? 0 : font_find(font, REPLACEMENT);
}

static uint32_t pixel_bytes(const struct boot_framebuffer *mode)
{
    return (mode->bits_per_pixel + 7) / 8;
}

static bool is_channel(const struct boot_framebuffer *mode, struct boot_channel channel)
{
    return channel.size > 0 && channel.size <= 8 &&
           channel.position + channel.size <= mode->bits_per_pixel;
}

bool paint_can(const struct boot_framebuffer *mode)
{
    uint64_t line = (uint64_t)mode->width * pixel_bytes(mode);
    return mode->bits_per_pixel > 8 && pixel_bytes(mode) <= PIXEL_BYTES_MAX && mode->width > 0 &&
           mode->height > 0 && mode->stride >= line && is_channel(mode, mode->red) &&
           is_channel(mode, mode->green) && is_channel(mode, mode->blue);
}

// --- Colors ---

// `level` is of 256.
static uint32_t channel_bits(struct boot_channel channel, uint32_t level)
{
    return level >> (8 - channel.size) << channel.position;
}

static uint32_t pixel_of(const struct boot_framebuffer *mode, uint32_t rgb)
{
    return channel_bits(mode->red, rgb >> 16 & 0xff) | channel_bits(mode->green, rgb >> 8 & 0xff) |
           channel_bits(mode->blue, rgb & 0xff);
}

// xterm's 256: the sixteen of a PC, a cube of six levels each, and grays.
static uint32_t color_of(uint32_t index)
{
    enum : uint32_t { CUBE = 16, GRAYS = 232 };
    static const uint32_t first[CUBE] = {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa,
                                         0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55,
                                         0x5555ff, 0xff55ff, 0x55ffff, 0xffffff};
    static const uint8_t level[] = {0, 95, 135, 175, 215, 255};
    if (index < CUBE) return first[index];
    if (index >= GRAYS) return (8 + 10 * (index - GRAYS)) * 0x010101;
    index -= CUBE;
    return (uint32_t)level[index / 36] << 16 | (uint32_t)level[index / 6 % 6] << 8 |
           level[index % 6];
}

void paint_init(struct painter *painter, const struct boot_framebuffer *mode, uint8_t *memory)
{
    *painter = (struct painter){.mode = *mode, .memory = memory, .font = &terminus[0]};
    for (uint32_t i = 0; i < COLORS; i++) painter->pixel[i] = pixel_of(mode, color_of(i));
}

void paint_fini(struct painter *painter)
{
    free(painter->shown);
    *painter = (struct painter){};
}

// --- Size ---

void paint_most(const struct painter *painter, uint32_t *rows, uint32_t *columns)
{
    *rows = painter->mode.height / terminus[0].height;
    *columns = painter->mode.width / terminus[0].width;
}

static bool fits(const struct painter *painter, const struct font *font, uint32_t rows,
                 uint32_t columns)
{
    return font->height * rows <= painter->mode.height &&
           font->width * columns <= painter->mode.width;
}

static void clear(const struct painter *painter)
{
    for (uint32_t y = 0; y < painter->mode.height; y++) {
        memset(painter->memory + (size_t)y * painter->mode.stride, 0,
               (size_t)painter->mode.width * pixel_bytes(&painter->mode));
    }
}

bool paint_resize(struct painter *painter, uint32_t rows, uint32_t columns)
{
    struct cell *shown = calloc((size_t)rows * columns, sizeof *shown);
    if (shown == nullptr) return false;
    free(painter->shown);
    painter->shown = shown; // no character is 0: everything is different
    painter->rows = rows;
    painter->columns = columns;
    uint32_t best = terminus_count - 1;
    while (best > 0 && !fits(painter, &terminus[best], rows, columns)) best--;
    painter->font = &terminus[best];
    clear(painter);
    return true;
}

// --- Glyphs ---

// Pixels are little-endian.
static uint8_t *pixel_put(uint8_t *at, uint32_t pixel, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) *at++ = (uint8_t)(pixel >> 8 * i);
    return at;
}

static void glyph_paint(const struct painter *painter, uint32_t row, uint32_t column,
                        const struct cell *cell)
{
    const struct font *font = painter->font;
    uint32_t row_bytes = (font->width + 7) / 8, bytes = pixel_bytes(&painter->mode);
    const uint8_t *bits =
        font->bitmap + (size_t)font_find(font, cell->code) * row_bytes * font->height;
    bool is_bright = cell->flags & CELL_BOLD && cell->ink < 8;
    uint32_t ink = painter->pixel[is_bright ? cell->ink + 8 : cell->ink];
    uint32_t paper = painter->pixel[cell->paper];
    if (!(cell->flags & CELL_INVERSE) != !(cell->flags & CELL_CURSOR)) {
        uint32_t other = ink;
        ink = paper;
        paper = other;
    }
    uint8_t *to = painter->memory + (size_t)row * font->height * painter->mode.stride +
                  (size_t)column * font->width * bytes;
    for (uint32_t y = 0; y < font->height; y++, bits += row_bytes, to += painter->mode.stride) {
        uint8_t line[GLYPH_WIDTH_MAX * PIXEL_BYTES_MAX], *at = line;
        bool is_line = cell->flags & CELL_UNDERLINE && y + 2 == font->height;
        for (uint32_t x = 0; x < font->width; x++) {
            bool is_ink = is_line || bits[x / 8] & 0x80 >> x % 8;
            at = pixel_put(at, is_ink ? ink : paper, bytes);
        }
        memcpy(to, line, (size_t)font->width * bytes);
    }
}

void paint_update(struct painter *painter, const struct screen *screen)
{
    for (uint32_t row = 0; row < painter->rows; row++) {
        for (uint32_t column = 0; column < painter->columns; column++) {
            size_t at = (size_t)row * painter->columns + column;
            struct cell cell = screen->cells[at];
            bool is_cursor = row == screen->cursor.row && column == screen->cursor.column;
            if (is_cursor && !screen->hides_cursor) cell.flags |= CELL_CURSOR;
            if (memcmp(&cell, &painter->shown[at], sizeof cell) == 0) continue;
            glyph_paint(painter, row, column, &cell);
            painter->shown[at] = cell;
        }
    }
}

// SPDX-License-Identifier: MIT
// Pixels: formats, sizes of the font, and that only what changed is painted.
#include "paint.h"
#include <string.h>
#include "test/unit.h"

enum : uint32_t { WIDTH = 200, HEIGHT = 100, STRIDE = 1024 };

static uint8_t memory[STRIDE * HEIGHT];
static struct painter painter;
static struct screen screen;

static const struct boot_framebuffer usual = {.address = 0x1000,
                                              .width = WIDTH,
                                              .height = HEIGHT,
                                              .stride = STRIDE,
                                              .bits_per_pixel = 32,
                                              .red = {16, 8},
                                              .green = {8, 8},
                                              .blue = {0, 8}};

static uint32_t pixel(uint32_t x, uint32_t y)
{
    uint32_t bytes = (painter.mode.bits_per_pixel + 7) / 8, value = 0;
    memcpy(&value, memory + y * STRIDE + x * bytes, bytes);
    return value;
}

// Whether the cell looks like the character in these pixels.
static bool is_glyph(uint32_t row, uint32_t column, uint32_t code, uint32_t ink, uint32_t paper)
{
    const struct font *font = painter.font;
    uint32_t row_bytes = (font->width + 7) / 8;
    const uint8_t *bits = font->bitmap + font_find(font, code) * row_bytes * font->height;
    for (uint32_t y = 0; y < font->height; y++) {
        for (uint32_t x = 0; x < font->width; x++) {
            bool is_ink = bits[y * row_bytes + x / 8] & 0x80 >> x % 8;
            uint32_t shown = pixel(column * font->width + x, row * font->height + y);
            if (shown != (is_ink ? ink : paper)) return false;
        }
    }
    return true;
}

static bool show(const struct boot_framebuffer *mode, uint32_t rows, uint32_t columns,
                 const char *text)
{
    paint_fini(&painter);
    screen_fini(&screen);
    paint_init(&painter, mode, memory);
    memset(memory, 0x5a, sizeof memory);
    if (!paint_resize(&painter, rows, columns) || !screen_init(&screen, rows, columns))
        return false;
    screen_write(&screen, (const uint8_t *)text, strlen(text));
    paint_update(&painter, &screen);
    return true;
}

TEST("glyphs appear in their colors, the cursor inverted")
{
    EXPECT(show(&usual, 2, 10, "A\x1b[31;44mB\x1b[m\x1b[1m\xe2\x82\xac"));
    EXPECT(is_glyph(0, 0, 'A', 0xaaaaaa, 0) && is_glyph(0, 1, 'B', 0xaa0000, 0x0000aa));
    EXPECT(is_glyph(0, 2, 0x20ac, 0xffffff, 0) && is_glyph(0, 3, ' ', 0, 0xaaaaaa));
    EXPECT(is_glyph(1, 9, ' ', 0, 0));
    screen_write(&screen, (const uint8_t *)"\x1b[?25l", 6);
    paint_update(&painter, &screen);
    EXPECT(is_glyph(0, 3, ' ', 0, 0));
}

TEST("pixels have whatever format the loader told")
{
    struct boot_framebuffer mode = usual;
    mode.bits_per_pixel = 16;
    mode.red = (struct boot_channel){11, 5};
    mode.green = (struct boot_channel){5, 6};
    mode.blue = (struct boot_channel){0, 5};
    EXPECT(paint_can(&mode) && show(&mode, 1, 4, "\x1b[97;42mx"));
    EXPECT(is_glyph(0, 0, 'x', 0xffff, 0xaa >> 2 << 5));
    mode.bits_per_pixel = 24;
    mode.red = (struct boot_channel){0, 8};
    mode.green = (struct boot_channel){8, 8};
    mode.blue = (struct boot_channel){16, 8};
    EXPECT(paint_can(&mode) && show(&mode, 1, 4, "\x1b[91mx"));
    EXPECT(is_glyph(0, 0, 'x', 0x5555ff, 0));
}

TEST("the font is as large as there is room for")
{
    EXPECT(show(&usual, 3, 12, "") && painter.font->height == 32);
    EXPECT(show(&usual, 4, 12, "") && painter.font->height == 16);
    EXPECT(show(&usual, 3, 13, "") && painter.font->height == 16);
    uint32_t rows, columns;
    paint_most(&painter, &rows, &columns);
    EXPECT(rows == HEIGHT / 16 && columns == WIDTH / 8);
}

TEST("what did not change is not painted again, and nothing beside the picture ever")
{
    EXPECT(show(&usual, 2, 10, "A"));
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = WIDTH * 4; x < STRIDE; x++) EXPECT(memory[y * STRIDE + x] == 0x5a);
    memory[0] = 0x77;
    screen_write(&screen, (const uint8_t *)"B", 1);
    paint_update(&painter, &screen);
    EXPECT(memory[0] == 0x77 && is_glyph(0, 1, 'B', 0xaaaaaa, 0));
}

TEST("a character that the font does not have is shown as such")
{
    EXPECT(font_find(&terminus[0], 0x1f642) == font_find(&terminus[0], 0xfffd));
    EXPECT(terminus[0].code[font_find(&terminus[0], 'A')] == 'A');
    EXPECT(terminus[0].code[font_find(&terminus[0], 0xfffd)] == 0xfffd);
}

TEST("a picture that makes no sense is refused")
{
    struct boot_framebuffer mode = usual;
    EXPECT(paint_can(&mode));
    mode.stride = WIDTH * 4 - 1;
    EXPECT(!paint_can(&mode));
    mode = usual;
    mode.bits_per_pixel = 8;
    EXPECT(!paint_can(&mode));
    mode = usual;
    mode.red = (struct boot_channel){28, 8};
    EXPECT(!paint_can(&mode));
    mode = usual;
    mode.blue.size = 0;
    EXPECT(!paint_can(&mode));
    mode = usual;
    mode.height = 0;
    EXPECT(!paint_can(&mode));
}

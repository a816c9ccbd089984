// SPDX-License-Identifier: MIT
// The screen's grid, and what bytes make of it.
#include "screen.h"
#include <string.h>
#include "test/unit.h"

static struct screen screen;

// An empty screen of five rows of ten columns with this written to it.
static void shows(const char *text)
{
    screen_fini(&screen);
    if (screen_init(&screen, 5, 10)) screen_write(&screen, (const uint8_t *)text, strlen(text));
}

static void more(const char *text)
{
    screen_write(&screen, (const uint8_t *)text, strlen(text));
}

// Whether a row says this, and blanks then.
static bool is_row(uint32_t row, const char *text)
{
    for (uint32_t i = 0; i < screen.columns; i++) {
        uint32_t code = screen.cells[row * screen.columns + i].code;
        if (code != (uint32_t)(*text != '\0' ? *text++ : ' ')) return false;
    }
    return *text == '\0';
}

static bool is_at(uint32_t row, uint32_t column)
{
    return screen.cursor.row == row && screen.cursor.column == column;
}

TEST("text goes on in the next line at the last column, and not before the next character")
{
    shows("0123456789");
    EXPECT(is_row(0, "0123456789") && is_at(0, 9));
    more("\r");
    EXPECT(is_at(0, 0));
    more("0123456789A");
    EXPECT(is_row(1, "A") && is_at(1, 1));
}

TEST("the last line scrolls all the others up")
{
    shows("1\r\n2\r\n3\r\n4\r\n5\r\n6");
    EXPECT(is_row(0, "2") && is_row(3, "5") && is_row(4, "6") && is_at(4, 1));
}

TEST("backspace, tab and return move the cursor and change nothing")
{
    shows("abc\b\bX\tY\rZ");
    EXPECT(is_row(0, "ZXc     Y") && is_at(0, 1));
    more("\t\t\t");
    EXPECT(is_at(0, 9));
}

TEST("the cursor goes where sequences say, and no farther than the edges")
{
    shows("\x1b[3;5Hx");
    EXPECT(is_row(2, "    x") && is_at(2, 5));
    more("\x1b[2A\x1b[3D");
    EXPECT(is_at(0, 2));
    more("\x1b[99;99H");
    EXPECT(is_at(4, 9));
    more("\x1b[99A\x1b[99D");
    EXPECT(is_at(0, 0));
    more("\x1b[4G\x1b[2d");
    EXPECT(is_at(1, 3));
    more("\x1b[H");
    EXPECT(is_at(0, 0));
}

TEST("parts of a line and of the screen are erased")
{
    shows("0123456789\x1b[1;5H\x1b[K");
    EXPECT(is_row(0, "0123"));
    shows("0123456789\x1b[1;5H\x1b[1K");
    EXPECT(is_row(0, "     56789"));
    shows("a\r\nb\r\nc\x1b[2;1H\x1b[J");
    EXPECT(is_row(0, "a") && is_row(1, "") && is_row(2, ""));
    shows("a\r\nb\r\nc\x1b[2;2H\x1b[1J");
    EXPECT(is_row(0, "") && is_row(1, "") && is_row(2, "c"));
    more("\x1b[2J");
    EXPECT(is_row(2, "") && is_at(1, 1));
}

TEST("characters and lines are inserted and deleted")
{
    shows("abcdef\x1b[1;2H\x1b[2@");
    EXPECT(is_row(0, "a  bcdef"));
    more("\x1b[3P");
    EXPECT(is_row(0, "acdef"));
    more("\x1b[2X");
    EXPECT(is_row(0, "a  ef"));
    shows("1\r\n2\r\n3\r\n4\r\n5\x1b[2;1H\x1b[2L");
    EXPECT(is_row(0, "1") && is_row(1, "") && is_row(2, "") && is_row(3, "2") && is_row(4, "3"));
    more("\x1b[99M");
    EXPECT(is_row(0, "1") && is_row(1, "") && is_row(4, ""));
}

TEST("only the region that was set scrolls")
{
    shows("1\r\n2\r\n3\r\n4\r\n5\x1b[2;4r\x1b[4;1H\nx");
    EXPECT(is_row(0, "1") && is_row(1, "3") && is_row(2, "4") && is_row(3, "x"));
    EXPECT(is_row(4, "5"));
    more("\x1b[2;1H\x1bM");
    EXPECT(is_row(1, "") && is_row(2, "3") && is_row(3, "4") && is_row(4, "5"));
    more("\x1b[4;4r\x1b[9;1r");
    EXPECT(screen.top == 1 && screen.bottom == 4);
}

TEST("colors and attributes go with characters")
{
    shows("\x1b[1;31;44mA\x1b[mB\x1b[38;5;208;48;2;255;0;0mC\x1b[7;4;97mD\x1b[27;24;39mE");
    const struct cell *cell = screen.cells;
    EXPECT(cell[0].ink == 1 && cell[0].paper == 4 && cell[0].flags == CELL_BOLD);
    EXPECT(cell[1].ink == INK_USUAL && cell[1].paper == PAPER_USUAL && cell[1].flags == 0);
    EXPECT(cell[2].ink == 208 && cell[2].paper == 16 + 36 * 5);
    EXPECT(cell[3].ink == 15 && cell[3].flags == (CELL_INVERSE | CELL_UNDERLINE));
    EXPECT(cell[4].ink == INK_USUAL && cell[4].flags == 0);
    more("\x1b[38m\x1b[38;5m\x1b[48;2;1mF");
    EXPECT(cell[5].code == 'F');
}

TEST("UTF-8 is one character a cell; what is none is replaced")
{
    shows("\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82|");
    EXPECT(screen.cells[0].code == 0xe4 && screen.cells[1].code == 0x20ac);
    EXPECT(screen.cells[2].code == 0x1f642 && screen.cells[3].code == '|');
    shows("\xff\xc3|\xe0\x80\x80|\xed\xa0\x80|a\xcc\x81");
    EXPECT(screen.cells[0].code == 0xfffd && screen.cells[1].code == 0xfffd);
    EXPECT(screen.cells[2].code == '|' && screen.cells[3].code == 0xfffd);
    EXPECT(screen.cells[4].code == '|' && screen.cells[5].code == 0xfffd);
    EXPECT(screen.cells[7].code == 'a' && screen.cells[8].code == ' ');
}

TEST("the other screen leaves the first as it was")
{
    shows("first\x1b[?1049h\x1b[2;2Hother");
    EXPECT(is_row(0, "") && is_row(1, " other"));
    more("\x1b[?1049l");
    EXPECT(is_row(0, "first") && is_row(1, "") && is_at(0, 5));
    more("\x1b[?25l");
    EXPECT(screen.hides_cursor);
    more("\x1b[?25h");
    EXPECT(!screen.hides_cursor);
}

TEST("what is not known is read to its end")
{
    shows("\x1b]0;title\a1\x1b]2;x\x1b\\2\x1b(B3\x1b[>4;2m4\x1b[?2004h5\x1b[99z6");
    EXPECT(is_row(0, "123456"));
    more("\x1b[12\x18m");
    EXPECT(is_row(0, "123456m"));
}

TEST("another size keeps what fits, the cursor's line first")
{
    shows("1\r\n2\r\n3\r\n4\r\n5 abcdefg");
    EXPECT(screen_resize(&screen, 3, 4) && is_row(0, "3") && is_row(2, "5 ab") && is_at(2, 3));
    EXPECT(screen_resize(&screen, 6, 12) && is_row(0, "3") && is_row(2, "5 ab"));
    more("\r\n\n\n\n6");
    EXPECT(is_row(5, "6") && is_row(1, "5 ab"));
}

TEST("any bytes whatever stay within the screen")
{
    static const char alphabet[] =
        "\33\33\33\33[[[0123456789;?]ABCDGHJKLMPST@XmrsuchlE78MD\n\r\b\t \303\244x\a";
    uint32_t random = 1;
    shows("");
    for (int i = 0; i < 200'000; i++) {
        random = random * 1664525 + 1013904223;
        uint8_t byte = (uint8_t)alphabet[(random >> 16) % (sizeof alphabet - 1)];
        screen_write(&screen, &byte, 1);
        if (i % 5000 == 0) EXPECT(screen_resize(&screen, 1 + random % 7, 1 + (random >> 8) % 9));
        EXPECT(screen.cursor.row < screen.rows && screen.cursor.column < screen.columns);
        EXPECT(screen.top < screen.bottom && screen.bottom <= screen.rows);
    }
}

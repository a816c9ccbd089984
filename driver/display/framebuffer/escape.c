// SPDX-License-Identifier: MIT
// From bytes to the grid: UTF-8, control characters, and the sequences of ECMA-48 and xterm that
// programs use. What is not known is read to its end and changes nothing.
#include "screen.h"

enum : uint8_t { ESCAPE = 0x1b, CANCEL = 0x18, SUBSTITUTE = 0x1a, DELETE = 0x7f };
enum : uint32_t { REPLACEMENT = 0xfffd, CODE_END = 0x11'0000, PARAMETER_MAX = 0xffff };
enum : uint32_t { SURROGATES = 0xd800, SURROGATES_END = 0xe000 };

// The `index`th parameter; `usual` when it is not there, or 0 where that means the same.
static uint32_t parameter(const struct screen *screen, uint32_t index, uint32_t usual)
{
    if (index >= screen->parameter_count || screen->parameter[index] == 0) return usual;
    return screen->parameter[index];
}

// --- Colors ---

static uint8_t cube(uint32_t level)
{
    if (level < 48) return 0;
    return level < 115 ? 1 : (uint8_t)((level - 35) / 40);
}

// 38 and 48: a color of 256, or the nearest of them to red, green and blue. Returns how many
// parameters that took.
static uint32_t color_read(const struct screen *screen, uint32_t at, uint8_t *color)
{
    enum : uint32_t { OF_256 = 5, OF_THREE = 2, CUBE = 16 };
    uint32_t left = screen->parameter_count - at;
    const uint32_t *value = screen->parameter + at;
    if (left >= 3 && value[1] == OF_256) {
        *color = (uint8_t)value[2];
        return 2;
    }
    if (left < 5 || value[1] != OF_THREE) return left - 1;
    *color = (uint8_t)(CUBE + 36 * cube(value[2] & 0xff) + 6 * cube(value[3] & 0xff) +
                       cube(value[4] & 0xff));
    return 4;
}

static void pen_flag(struct cell *pen, uint8_t flag, bool on)
{
    pen->flags = on ? pen->flags | flag : (uint8_t)(pen->flags & ~flag);
}

// One parameter of SGR; returns how many more it took.
static uint32_t pen_set(struct screen *screen, uint32_t at)
{
    struct cell *pen = &screen->cursor.pen;
    uint32_t value = screen->parameter[at];
    if (value >= 30 && value < 38) pen->ink = (uint8_t)(value - 30);
    if (value >= 40 && value < 48) pen->paper = (uint8_t)(value - 40);
    if (value >= 90 && value < 98) pen->ink = (uint8_t)(value - 90 + 8);
    if (value >= 100 && value < 108) pen->paper = (uint8_t)(value - 100 + 8);
    switch (value) {
    case 0: *pen = (struct cell){.ink = INK_USUAL, .paper = PAPER_USUAL}; break;
    case 1: pen_flag(pen, CELL_BOLD, true); break;
    case 4: pen_flag(pen, CELL_UNDERLINE, true); break;
    case 7: pen_flag(pen, CELL_INVERSE, true); break;
    case 22: pen_flag(pen, CELL_BOLD, false); break;
    case 24: pen_flag(pen, CELL_UNDERLINE, false); break;
    case 27: pen_flag(pen, CELL_INVERSE, false); break;
    case 38: return color_read(screen, at, &pen->ink);
    case 39: pen->ink = INK_USUAL; break;
    case 48: return color_read(screen, at, &pen->paper);
    case 49: pen->paper = PAPER_USUAL; break;
    default: break;
    }
    return 0;
}

static void graphics_select(struct screen *screen)
{
    if (screen->parameter_count == 0) screen->parameter[screen->parameter_count++] = 0;
    for (uint32_t i = 0; i < screen->parameter_count; i++) i += pen_set(screen, i);
}

// --- Sequences ---

enum : uint32_t { ERASE_AFTER, ERASE_BEFORE, ERASE_ALL, ERASE_ALL_KEPT };

static void erase_line(struct screen *screen, uint32_t what)
{
    uint32_t column = screen->cursor.column;
    if (what > ERASE_ALL) return;
    screen_erase(screen, screen->cursor.row, what == ERASE_AFTER ? column : 0,
                 what == ERASE_BEFORE ? column + 1 : screen->columns);
}

static void erase_display(struct screen *screen, uint32_t what)
{
    if (what > ERASE_ALL_KEPT) return;
    uint32_t row = screen->cursor.row;
    uint32_t from = what == ERASE_AFTER ? row + 1 : 0;
    uint32_t to = what == ERASE_BEFORE ? row : screen->rows;
    if (what <= ERASE_BEFORE) erase_line(screen, what);
    for (uint32_t i = from; i < to; i++) screen_erase(screen, i, 0, screen->columns);
}

// DEC's own modes, those with a question mark.
static void mode_set(struct screen *screen, bool on)
{
    enum : uint32_t { SHOW_CURSOR = 25, OTHER_47 = 47, OTHER_1047 = 1047, OTHER_1049 = 1049 };
    for (uint32_t i = 0; i < screen->parameter_count; i++) {
        uint32_t mode = screen->parameter[i];
        if (mode == SHOW_CURSOR) screen->hides_cursor = !on;
        if (mode == OTHER_47 || mode == OTHER_1047 || mode == OTHER_1049)
            screen_use_other(screen, on);
    }
}

static void region_set(struct screen *screen)
{
    uint32_t top = parameter(screen, 0, 1) - 1;
    uint32_t bottom = parameter(screen, 1, screen->rows);
    if (bottom > screen->rows) bottom = screen->rows;
    if (bottom < top + 2) return;
    screen->top = top;
    screen->bottom = bottom;
    screen_move(screen, 0, 0);
}

static void lines_insert(struct screen *screen, int64_t lines)
{
    uint32_t row = screen->cursor.row;
    if (row < screen->top || row >= screen->bottom) return;
    screen_scroll(screen, row, screen->bottom, -lines);
    screen_move(screen, row, 0);
}

static void cursor_move(struct screen *screen, uint8_t final)
{
    int64_t row = screen->cursor.row, column = screen->cursor.column;
    uint32_t count = parameter(screen, 0, 1);
    switch (final) {
    case 'A': return screen_move(screen, row - count, column);
    case 'B':
    case 'e': return screen_move(screen, row + count, column);
    case 'C':
    case 'a': return screen_move(screen, row, column + count);
    case 'D': return screen_move(screen, row, column - count);
    case 'E': return screen_move(screen, row + count, 0);
    case 'F': return screen_move(screen, row - count, 0);
    case 'G':
    case '`': return screen_move(screen, row, (int64_t)count - 1);
    case 'd': return screen_move(screen, (int64_t)count - 1, column);
    default: return screen_move(screen, (int64_t)count - 1, (int64_t)parameter(screen, 1, 1) - 1);
    }
}

static void plain_sequence(struct screen *screen, uint8_t final)
{
    uint32_t count = parameter(screen, 0, 1);
    uint32_t column = screen->cursor.column;
    switch (final) {
    case 'J': return erase_display(screen, parameter(screen, 0, ERASE_AFTER));
    case 'K': return erase_line(screen, parameter(screen, 0, ERASE_AFTER));
    case 'L': return lines_insert(screen, count);
    case 'M': return lines_insert(screen, -(int64_t)count);
    case 'P': return screen_shift(screen, -(int64_t)count);
    case '@': return screen_shift(screen, count);
    case 'X': return screen_erase(screen, screen->cursor.row, column, column + count);
    case 'S': return screen_scroll(screen, screen->top, screen->bottom, count);
    case 'T': return screen_scroll(screen, screen->top, screen->bottom, -(int64_t)count);
    case 'm': return graphics_select(screen);
    case 'r': return region_set(screen);
    case 's': screen->saved = screen->cursor; return;
    case 'u': screen->cursor = screen->saved; return;
    default: break;
    }
    if ((final >= 'A' && final <= 'H') ||
        (final >= '`' && final <= 'f' && final != 'b' && final != 'c'))
        cursor_move(screen, final);
}

static void sequence_byte(struct screen *screen, uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        if (screen->parameter_count == 0) screen->parameter[screen->parameter_count++] = 0;
        uint32_t *value = &screen->parameter[screen->parameter_count - 1];
        *value = *value * 10 + (byte - '0');
        if (*value > PARAMETER_MAX) *value = PARAMETER_MAX;
    } else if (byte == ';' || byte == ':') {
        if (screen->parameter_count == 0) screen->parameter[screen->parameter_count++] = 0;
        if (screen->parameter_count < PARAMETERS_MAX)
            screen->parameter[screen->parameter_count++] = 0;
    } else if (byte < '@') {
        screen->mark = byte;
    } else {
        screen->state = STATE_TEXT;
        if (screen->mark == 0)
            plain_sequence(screen, byte);
        else if (screen->mark == '?' && (byte == 'h' || byte == 'l'))
            mode_set(screen, byte == 'h');
    }
}

static void escape_byte(struct screen *screen, uint8_t byte)
{
    screen->state = STATE_TEXT;
    switch (byte) {
    case '[':
        screen->state = STATE_SEQUENCE;
        screen->parameter_count = 0;
        screen->mark = 0;
        return;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_': screen->state = STATE_STRING; return;
    case '7': screen->saved = screen->cursor; return;
    case '8': screen->cursor = screen->saved; return;
    case 'D': return screen_line_feed(screen);
    case 'E': screen_line_feed(screen); return screen_move(screen, screen->cursor.row, 0);
    case 'M': return screen_reverse_line_feed(screen);
    case 'c': return screen_reset(screen);
    default: break;
    }
    if (byte >= ' ' && byte < '0') screen->state = STATE_SKIP_ONE;
}

// --- Characters ---

static void control_byte(struct screen *screen, uint8_t byte)
{
    struct cursor *cursor = &screen->cursor;
    switch (byte) {
    case '\b': return screen_move(screen, cursor->row, (int64_t)cursor->column - 1);
    case '\t': return screen_tab(screen);
    case '\n':
    case '\v':
    case '\f': return screen_line_feed(screen);
    case '\r': return screen_move(screen, cursor->row, 0);
    case ESCAPE: screen->state = STATE_ESCAPE; return;
    case CANCEL:
    case SUBSTITUTE: screen->state = STATE_TEXT; return;
    default: return;
    }
}

// The first byte of a character of several.
static void code_begin(struct screen *screen, uint8_t byte)
{
    uint32_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x1'0000};
    if (byte < 0xc2 || byte > 0xf4) return screen_put(screen, REPLACEMENT);
    screen->code = byte & (0x3fu >> more);
    screen->code_left = more;
    screen->code_least = least[more];
}

static void code_continue(struct screen *screen, uint8_t byte)
{
    screen->code = screen->code << 6 | (byte & 0x3f);
    if (--screen->code_left > 0) return;
    bool is_good = screen->code >= screen->code_least && screen->code < CODE_END &&
                   (screen->code < SURROGATES || screen->code >= SURROGATES_END);
    screen_put(screen, is_good ? screen->code : REPLACEMENT);
}

static void text_byte(struct screen *screen, uint8_t byte)
{
    bool continues = (byte & 0xc0) == 0x80;
    if (screen->code_left > 0 && continues) return code_continue(screen, byte);
    if (screen->code_left > 0) {
        screen->code_left = 0;
        screen_put(screen, REPLACEMENT);
    }
    if (byte >= 0x80) return code_begin(screen, byte);
    if (byte >= ' ' && byte != DELETE) return screen_put(screen, byte);
    control_byte(screen, byte);
}

static void string_byte(struct screen *screen, uint8_t byte)
{
    if (byte == '\a' || byte == CANCEL || byte == SUBSTITUTE ||
        (screen->state == STATE_STRING_ESCAPE && byte == '\\')) {
        screen->state = STATE_TEXT;
    } else {
        screen->state = byte == ESCAPE ? STATE_STRING_ESCAPE : STATE_STRING;
    }
}

void screen_write(struct screen *screen, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        bool is_string = screen->state == STATE_STRING || screen->state == STATE_STRING_ESCAPE;
        if (is_string)
            string_byte(screen, byte);
        else if (byte < ' ' || screen->state == STATE_TEXT)
            text_byte(screen, byte); // controls work within sequences too
        else if (screen->state == STATE_SEQUENCE)
            sequence_byte(screen, byte);
        else if (screen->state == STATE_ESCAPE)
            escape_byte(screen, byte);
        else
            screen->state = STATE_TEXT;
    }
}

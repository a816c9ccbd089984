// SPDX-License-Identifier: MIT
// A terminal's screen as a grid of cells: what the bytes written to it make of it, as by ECMA-48
// and xterm. Nothing here knows of pixels. One thread; nothing is locked.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : uint8_t { CELL_BOLD = 1, CELL_UNDERLINE = 2, CELL_INVERSE = 4, CELL_CURSOR = 8 };
enum : uint8_t { INK_USUAL = 7, PAPER_USUAL = 0 };

struct cell {
    uint32_t code;      // Unicode; a blank is a space
    uint8_t ink, paper; // of xterm's 256 colors
    uint8_t flags;
    uint8_t zero;
};

struct cursor {
    uint32_t row, column;
    bool wraps; // the last column is filled: the next character goes to the next line
    struct cell pen;
};

enum screen_state : uint8_t {
    STATE_TEXT,
    STATE_ESCAPE,   // behind ESC
    STATE_SEQUENCE, // behind ESC [
    STATE_STRING,   // of a command that is not for us
    STATE_STRING_ESCAPE,
    STATE_SKIP_ONE, // the rest of a choice of character set
};
enum : uint32_t { PARAMETERS_MAX = 16 };

struct screen {
    uint32_t rows, columns;
    struct cell *cells;     // row by row
    struct cell *set_aside; // while programs use the other screen
    bool is_other;
    struct cursor cursor, saved, saved_aside;
    uint32_t top, bottom; // the rows that scroll: [top, bottom)
    bool hides_cursor;
    // What is being read.
    enum screen_state state;
    uint32_t code, code_left, code_least; // UTF-8
    uint32_t parameter[PARAMETERS_MAX], parameter_count;
    uint8_t mark; // '?' and its like behind ESC [
};

// An empty screen of this size, which is not 0. False: no memory.
bool screen_init(struct screen *screen, uint32_t rows, uint32_t columns);
void screen_fini(struct screen *screen);

// Another size; what is in both stays, with the cursor's row in sight. False: no memory, nothing
// changed.
bool screen_resize(struct screen *screen, uint32_t rows, uint32_t columns);

void screen_write(struct screen *screen, const uint8_t *bytes, size_t size);

// For escape.c: what sequences do. Rows and columns count from 0; all are brought into bounds.
void screen_put(struct screen *screen, uint32_t code);
void screen_move(struct screen *screen, int64_t row, int64_t column);
void screen_line_feed(struct screen *screen);
void screen_reverse_line_feed(struct screen *screen);
void screen_tab(struct screen *screen);
void screen_erase(struct screen *screen, uint32_t row, uint32_t from, uint32_t to);
void screen_scroll(struct screen *screen, uint32_t from, uint32_t to, int64_t lines);
void screen_shift(struct screen *screen, int64_t columns);
void screen_use_other(struct screen *screen, bool other);
void screen_reset(struct screen *screen);

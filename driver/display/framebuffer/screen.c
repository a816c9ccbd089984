// SPDX-License-Identifier: MIT
// The grid: characters, scrolling, erasing.
#include "screen.h"

#include <ferrite/libc.h>

static struct cell blank(const struct screen *screen)
{
    return (struct cell){.code = ' ', .ink = INK_USUAL, .paper = screen->cursor.pen.paper};
}

static struct cell *row_of(const struct screen *screen, uint32_t row)
{
    return screen->cells + (size_t)row * screen->columns;
}

void screen_erase(struct screen *screen, uint32_t row, uint32_t from, uint32_t to)
{
    struct cell empty = blank(screen);
    for (uint32_t i = from; i < to && i < screen->columns; i++) row_of(screen, row)[i] = empty;
}

static void erase_rows(struct screen *screen, uint32_t from, uint32_t to)
{
    for (uint32_t row = from; row < to; row++) screen_erase(screen, row, 0, screen->columns);
}

void screen_reset(struct screen *screen)
{
    screen->cursor = (struct cursor){.pen = {.ink = INK_USUAL, .paper = PAPER_USUAL}};
    screen->saved = screen->saved_aside = screen->cursor;
    screen->top = 0;
    screen->bottom = screen->rows;
    screen->hides_cursor = screen->is_other = false;
    screen->state = STATE_TEXT;
    screen->code_left = 0;
    erase_rows(screen, 0, screen->rows);
}

bool screen_init(struct screen *screen, uint32_t rows, uint32_t columns)
{
    *screen = (struct screen){};
    size_t count = (size_t)rows * columns;
    struct cell *both = calloc(2 * count, sizeof *both);
    if (both == nullptr) return false;
    *screen =
        (struct screen){.rows = rows, .columns = columns, .cells = both, .set_aside = both + count};
    screen_reset(screen);
    return true;
}

static struct cell *allocation_of(const struct screen *screen)
{
    return screen->cells < screen->set_aside ? screen->cells : screen->set_aside;
}

void screen_fini(struct screen *screen)
{
    free(allocation_of(screen));
    *screen = (struct screen){};
}

// The old cells from row `first` on, as far as they fit.
static void copy_cells(struct cell *to, const struct screen *made, const struct cell *from,
                       const struct screen *old, uint32_t first)
{
    uint32_t columns = made->columns < old->columns ? made->columns : old->columns;
    for (uint32_t row = 0; row < made->rows && first + row < old->rows; row++) {
        memcpy(to + (size_t)row * made->columns, from + (size_t)(first + row) * old->columns,
               columns * sizeof *to);
    }
}

static struct cursor cursor_within(struct cursor cursor, const struct screen *screen,
                                   uint32_t first)
{
    cursor.row = cursor.row > first ? cursor.row - first : 0;
    if (cursor.row >= screen->rows) cursor.row = screen->rows - 1;
    if (cursor.column >= screen->columns) cursor.column = screen->columns - 1;
    cursor.wraps = false;
    return cursor;
}

bool screen_resize(struct screen *screen, uint32_t rows, uint32_t columns)
{
    struct screen old = *screen, made;
    if (!screen_init(&made, rows, columns)) return false;
    uint32_t first = old.cursor.row >= rows ? old.cursor.row - rows + 1 : 0;
    memcpy(made.set_aside, made.cells, (size_t)rows * columns * sizeof *made.cells);
    copy_cells(made.cells, &made, old.cells, &old, first);
    copy_cells(made.set_aside, &made, old.set_aside, &old, first);
    *screen = old;
    screen->rows = rows;
    screen->columns = columns;
    screen->cells = made.cells;
    screen->set_aside = made.set_aside;
    screen->top = 0;
    screen->bottom = rows;
    screen->cursor = cursor_within(old.cursor, screen, first);
    screen->saved = cursor_within(old.saved, screen, first);
    screen->saved_aside = cursor_within(old.saved_aside, screen, first);
    screen_fini(&old);
    return true;
}

static uint32_t limited(int64_t value, uint32_t end)
{
    if (value < 0) return 0;
    return value < end ? (uint32_t)value : end - 1;
}

void screen_move(struct screen *screen, int64_t row, int64_t column)
{
    screen->cursor.row = limited(row, screen->rows);
    screen->cursor.column = limited(column, screen->columns);
    screen->cursor.wraps = false;
}

// Rows [from, to) by `lines` up, or down when that is negative.
void screen_scroll(struct screen *screen, uint32_t from, uint32_t to, int64_t lines)
{
    uint32_t height = to - from;
    uint32_t by = limited(lines < 0 ? -lines : lines, height + 1);
    size_t kept = (size_t)(height - by) * screen->columns * sizeof(struct cell);
    if (lines >= 0) {
        memmove(row_of(screen, from), row_of(screen, from + by), kept);
        erase_rows(screen, to - by, to);
    } else {
        memmove(row_of(screen, from + by), row_of(screen, from), kept);
        erase_rows(screen, from, from + by);
    }
}

void screen_line_feed(struct screen *screen)
{
    screen->cursor.wraps = false;
    if (screen->cursor.row + 1 == screen->bottom)
        screen_scroll(screen, screen->top, screen->bottom, 1);
    else if (screen->cursor.row + 1 < screen->rows)
        screen->cursor.row++;
}

void screen_reverse_line_feed(struct screen *screen)
{
    screen->cursor.wraps = false;
    if (screen->cursor.row == screen->top)
        screen_scroll(screen, screen->top, screen->bottom, -1);
    else if (screen->cursor.row > 0)
        screen->cursor.row--;
}

void screen_tab(struct screen *screen)
{
    screen_move(screen, screen->cursor.row, ((int64_t)screen->cursor.column | 7) + 1);
}

// Combining marks are left out: a cell has one character.
static bool is_combining(uint32_t code)
{
    return (code >= 0x300 && code < 0x370) || (code >= 0x200b && code < 0x2010) ||
           (code >= 0xfe00 && code < 0xfe10) || code == 0xfeff;
}

void screen_put(struct screen *screen, uint32_t code)
{
    struct cursor *cursor = &screen->cursor;
    if (is_combining(code)) return;
    if (cursor->wraps) {
        screen_line_feed(screen);
        cursor->column = 0;
    }
    struct cell *cell = row_of(screen, cursor->row) + cursor->column;
    *cell = cursor->pen;
    cell->code = code;
    cursor->wraps = cursor->column + 1 == screen->columns;
    if (!cursor->wraps) cursor->column++;
}

// The rest of the cursor's line, to the right for insertion, or to the left.
void screen_shift(struct screen *screen, int64_t columns)
{
    struct cell *at = row_of(screen, screen->cursor.row) + screen->cursor.column;
    uint32_t width = screen->columns - screen->cursor.column;
    uint32_t by = limited(columns < 0 ? -columns : columns, width + 1);
    uint32_t first = screen->cursor.column;
    if (columns >= 0) {
        memmove(at + by, at, (width - by) * sizeof *at);
        screen_erase(screen, screen->cursor.row, first, first + by);
    } else {
        memmove(at, at + by, (width - by) * sizeof *at);
        screen_erase(screen, screen->cursor.row, screen->columns - by, screen->columns);
    }
    screen->cursor.wraps = false;
}

void screen_use_other(struct screen *screen, bool other)
{
    if (other == screen->is_other) return;
    struct cell *cells = screen->cells;
    screen->cells = screen->set_aside;
    screen->set_aside = cells;
    screen->is_other = other;
    if (other) {
        screen->saved_aside = screen->cursor;
        erase_rows(screen, 0, screen->rows);
    } else {
        screen->cursor = screen->saved_aside;
    }
}

// SPDX-License-Identifier: MIT
// The screen as files: what is written to `data` is shown as on a terminal. A control request sets
// the terminal's size, which chooses the font's; before the first one there is no terminal, by
// which the console knows a driver that is new. The picture is the one that the boot loader set up;
// nothing here can change its mode.
#include "paint.h"

#include <9p/tree.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>

static struct screen screen;
static struct painter painter;

struct window_size {
    uint16_t rows, columns, width, height;
};

// A terminal of this size, or as much of it as there is room for.
static bool resize(uint32_t rows, uint32_t columns)
{
    uint32_t most_rows, most_columns;
    paint_most(&painter, &most_rows, &most_columns);
    if (rows > most_rows) rows = most_rows;
    if (columns > most_columns) columns = most_columns;
    if (rows == screen.rows && columns == screen.columns) return true;
    if (!paint_resize(&painter, rows, columns)) return false;
    bool is_done = screen.cells == nullptr ? screen_init(&screen, rows, columns)
                                           : screen_resize(&screen, rows, columns);
    if (is_done) return true;
    fe_log("no memory for %u times %u characters", rows, columns);
    fe_exit(3); // the next one begins anew
}

static int64_t screen_file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                                 const void *from, size_t count)
{
    if (screen.rows == 0) return -ENXIO;
    screen_write(&screen, from, count);
    paint_update(&painter, &screen);
    return (int64_t)count;
}

static int window_set(struct p9_request *request)
{
    struct window_size window;
    if (request->size < sizeof window) return -EINVAL;
    memcpy(&window, request->data, sizeof window);
    if (window.rows == 0 || window.columns == 0) return -EINVAL;
    if (!resize(window.rows, window.columns)) return -ENOMEM;
    paint_update(&painter, &screen);
    return 0;
}

static int screen_file_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    if (control == CONTROL_WINDOW_SET) return window_set(request);
    if (control != CONTROL_WINDOW_GET) return -ENOTTY;
    struct window_size window = {.rows = (uint16_t)screen.rows,
                                 .columns = (uint16_t)screen.columns,
                                 .width = (uint16_t)painter.mode.width,
                                 .height = (uint16_t)painter.mode.height};
    return p9_answer(request, &window, sizeof window);
}

// --- For those who look ------------------------------------------------------------------------

static int status_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct boot_framebuffer *mode = &painter.mode;
    const struct boot_channel *red = &mode->red, *green = &mode->green, *blue = &mode->blue;
    p9_print(text, "picture %u %u\nstride %u\nbits %u\n", mode->width, mode->height, mode->stride,
             mode->bits_per_pixel);
    p9_print(text, "red %u %u\ngreen %u %u\nblue %u %u\n", red->position, red->size,
             green->position, green->size, blue->position, blue->size);
    p9_print(text, "terminal %u %u\n", screen.rows, screen.columns);
    if (screen.rows == 0) return 0;
    p9_print(text, "font %u %u\ncursor %u %u\n", painter.font->width, painter.font->height,
             screen.cursor.row, screen.cursor.column);
    return 0;
}

static void print_code(struct p9_text *text, uint32_t code)
{
    uint8_t bytes[4];
    size_t size = 1;
    bytes[0] = (uint8_t)code;
    if (code >= 0x80) {
        size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        bytes[0] = (uint8_t)(0xf00u >> size | code >> 6 * (size - 1));
    }
    for (size_t i = 1; i < size; i++) bytes[i] = 0x80 | (code >> 6 * (size - 1 - i) & 0x3f);
    p9_print_bytes(text, bytes, size);
}

// What is on the screen, each row without the blanks at its end.
static int screen_text(struct p9_request *request, void *context, struct p9_text *text)
{
    for (uint32_t row = 0; row < screen.rows; row++) {
        const struct cell *cells = screen.cells + (size_t)row * screen.columns;
        uint32_t count = screen.columns;
        while (count > 0 && cells[count - 1].code == ' ') count--;
        for (uint32_t i = 0; i < count; i++) print_code(text, cells[i].code);
        p9_print(text, "\n");
    }
    return 0;
}

static int command(struct p9_request *request, void *context, const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n') size--;
    struct p9_name word = {text, size};
    if (!p9_name_is(word, "redraw")) return -EINVAL;
    if (screen.rows == 0) return -ENXIO;
    if (!paint_resize(&painter, screen.rows, screen.columns)) return -ENOMEM;
    paint_update(&painter, &screen);
    return 0;
}

static const struct p9_operations data_operations = {.write = screen_file_write,
                                                     .control = screen_file_control};
static const struct p9_tree_entry table[] = {
    {.path = "data", .mode = MODE_CHARACTER | 0600, .operations = &data_operations},
    {.path = "status", .mode = 0444, .text = status_text},
    {.path = "text", .mode = 0440, .text = screen_text, .gid = 10},
    {.path = "ctl", .mode = 0620, .command = command, .gid = 10},
};

// The frame buffer's description and its memory, mapped.
static enum status picture_open(struct boot_framebuffer *mode, uint8_t **memory)
{
    const struct fe_start_handle *window = fe_start_find("memory");
    const struct fe_start_handle *description = fe_start_find("mode");
    void *at;
    if (window == nullptr || description == nullptr) return ERR_NOT_FOUND;
    TRY(fe_memory_map(description->handle, 0, sizeof *mode, MAP_READ, &at));
    memcpy(mode, at, sizeof *mode);
    (void)fe_memory_unmap(at, FE_PAGE_SIZE);
    if (!paint_can(mode)) return ERR_NOT_SUPPORTED;
    size_t size = (size_t)window->value + (size_t)mode->stride * mode->height;
    TRY(fe_memory_map(window->handle, 0, size, MAP_READ | MAP_WRITE, &at));
    *memory = (uint8_t *)at + window->value;
    return OK;
}

int main(int count, char **arguments)
{
    static struct p9_server server = {.name = "framebuffer"};
    struct boot_framebuffer mode;
    uint8_t *memory;
    enum status status = picture_open(&mode, &memory);
    if (status != OK) {
        fe_log("no picture: error %d", status);
        return 2;
    }
    paint_init(&painter, &mode, memory);
    if (p9_tree_create(table, sizeof table / sizeof *table, &server.root) != 0) return 4;
    status = p9_server_init(&server);
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status != OK) return 4;
    p9_serve(&server);
}

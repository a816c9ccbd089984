// SPDX-License-Identifier: MIT
// The screen as a file: what is written to it is shown as on a terminal. A control request sets the
// terminal's size, which chooses the font's; before the first one there is no terminal, by which
// the console knows a driver that is new. The picture is the one that the boot loader set up;
// nothing here can change its mode.
#include "paint.h"

#include <9p/server.h>
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
    static const struct p9_operations operations = {.write = screen_file_write,
                                                    .control = screen_file_control};
    static struct p9_node node = {
        .operations = &operations, .references = 1, .mode = MODE_CHARACTER | 0600};
    static struct p9_server server = {.name = "framebuffer", .root = &node};
    struct boot_framebuffer mode;
    uint8_t *memory;
    enum status status = picture_open(&mode, &memory);
    if (status != OK) {
        fe_log("no picture: error %d", status);
        return 2;
    }
    paint_init(&painter, &mode, memory);
    node.path = p9_path_new();
    status = p9_server_init(&server);
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status != OK) return 4;
    p9_serve(&server);
}

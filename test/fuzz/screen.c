// SPDX-License-Identifier: MIT
// Feeds the screen's terminal (driver/display/framebuffer) with whatever programs may write. The
// first two bytes choose its size.
#include "driver/display/framebuffer/escape.c"
#include "driver/display/framebuffer/screen.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct screen screen;
    if (size < 2 || !screen_init(&screen, 1 + data[0] % 60, 1 + data[1] % 200)) return 0;
    for (size_t i = 2; i < size; i++) {
        screen_write(&screen, &data[i], 1);
        bool is_inside = screen.cursor.row < screen.rows && screen.cursor.column < screen.columns;
        if (!is_inside || screen.top >= screen.bottom || screen.bottom > screen.rows)
            __builtin_trap();
    }
    (void)screen_resize(&screen, 1 + data[1] % 60, 1 + data[0]);
    screen_write(&screen, data, size);
    screen_fini(&screen);
    return 0;
}

// SPDX-License-Identifier: MIT
#include "kernel/log.h"
#include "kernel/device/device.h"
#include "kernel/time/timer.h"
#include "test/unit.h"
#include <arch/arch.h>
#include <string.h>

static char shown[4096];
static size_t count, room;

static bool put(char character)
{
    if (room == 0 || count == sizeof shown - 1) return false;
    room--;
    shown[count++] = character;
    shown[count] = '\0';
    return true;
}

static const struct debug_console console = {.name = "narrow", .put = put};

static void begin(size_t characters)
{
    none_reset();
    debug_console_register(&console);
    log_set_quiet(false);
    room = SIZE_MAX;
    log_set_patient(true);
    while (log_show()) continue;
    count = 0;
    shown[0] = '\0';
    room = characters;
}

static void later(size_t characters)
{
    room = characters;
    none_machine.counter += 1'000'001;
    timer_run();
}

TEST("a console without room is not waited for, and has the rest later")
{
    begin(5);
    log_print("one\ntwo\n");
    while (log_show()) continue;
    EXPECT(strcmp(shown, "one\r\n") == 0 && timer_next() != UINT64_MAX);
    later(2);
    EXPECT(strcmp(shown, "one\r\ntw") == 0);
    later(0);
    later(2); // between the return and the feed
    EXPECT(strcmp(shown, "one\r\ntwo\r") == 0);
    later(100);
    EXPECT(strcmp(shown, "one\r\ntwo\r\n") == 0 && timer_next() == UINT64_MAX);
}

TEST("one look gives the console a few characters only, by the timer too")
{
    begin(SIZE_MAX);
    for (int i = 0; i < 20; i++) log_print("a line of the log\n");
    EXPECT(count == 0);
    EXPECT(log_show() && count > 16 && count <= 64);
    size_t before = count;
    later(SIZE_MAX);
    EXPECT(count > before);
    while (log_show()) continue;
    EXPECT(count == 20 * 19 && timer_next() == UINT64_MAX);
}

TEST("at the end everything is waited for, of a console that takes nothing not for ever")
{
    begin(0);
    log_print("last words\n");
    EXPECT(count == 0);
    room = SIZE_MAX;
    log_set_patient(false);
    EXPECT(strcmp(shown, "last words\r\n") == 0);
    room = 0;
    log_print("unheard\n");
    EXPECT(strcmp(shown, "last words\r\n") == 0);
}

TEST("what comes while somebody else has the console is in the log alone")
{
    char text[16] = {};
    begin(SIZE_MAX);
    uint64_t position = log_end();
    log_set_quiet(true);
    log_print("unseen\n");
    while (log_show()) continue;
    log_set_quiet(false);
    while (log_show()) continue;
    EXPECT(count == 0 && log_copy(&position, text, sizeof text) == 7);
    EXPECT(strcmp(text, "unseen\n") == 0 && position == log_end());
}

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

enum : uint32_t { RING = 1u << 16, PIECE = 1000, PIECES = 2 * RING / PIECE };

// What stands at a position of the log since `start`: no part of it is like the part a ring before.
static char at(uint64_t position, uint64_t start)
{
    uint64_t number = (position - start) / PIECE;
    return (char)('a' + (position - start + number) % 23);
}

static void pieces_write(uint64_t start)
{
    char piece[PIECE];
    for (uint64_t i = 0; i < PIECES; i++) {
        for (uint64_t k = 0; k < PIECE; k++) piece[k] = at(start + i * PIECE + k, start);
        log_write(piece, sizeof piece);
    }
}

TEST("a reader who is behind by more than the ring goes on at the oldest that is there")
{
    static char text[RING + 1];
    begin(0);
    uint64_t start = log_end(), position = start;
    pieces_write(start);
    EXPECT(log_end() == start + (uint64_t)PIECES * PIECE);
    uint64_t oldest = log_end() - RING;
    EXPECT(log_copy(&position, text, sizeof text) == RING && position == log_end());
    bool is_right = true;
    for (uint64_t i = 0; i < RING; i++) is_right &= text[i] == at(oldest + i, start);
    EXPECT(is_right);
    position = log_end() - 10;
    EXPECT(log_copy(&position, text, sizeof text) == 10 && text[9] == at(log_end() - 1, start));
    position = log_end() + 1;
    EXPECT(log_copy(&position, text, sizeof text) == 0 && position == log_end());
}

TEST("a console that is behind by more than the ring goes on at the oldest that is there")
{
    begin(0);
    uint64_t start = log_end();
    pieces_write(start);
    room = SIZE_MAX;
    log_show();
    EXPECT(count > 0 && shown[0] == at(log_end() - RING, start));
    EXPECT(shown[count - 1] == at(log_end() - RING + count - 1, start));
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

TEST("of each piece of the log it is known who wrote it; a reader gets one at a time")
{
    char text[64];
    struct log_stamp stamp;
    begin(SIZE_MAX);
    uint64_t position = log_end(), start = position;
    log_write_by(7, "seven", 5);
    log_write_by(8, "eight", 5);
    EXPECT(log_piece(&position, text, sizeof text, &stamp) == 5 && memcmp(text, "seven", 5) == 0);
    EXPECT(stamp.process == 7 && stamp.start == start && stamp.time == clock_now());
    EXPECT(log_piece(&position, text, 2, &stamp) == 2 && stamp.process == 8);
    EXPECT(log_piece(&position, text, sizeof text, &stamp) == 3 && memcmp(text, "ght", 3) == 0);
    EXPECT(stamp.process == 8 && log_piece(&position, text, sizeof text, &stamp) == 0);
}

TEST("a piece whose stamp is overwritten is nobody's, and ends where the next one begins")
{
    char text[64];
    struct log_stamp stamp;
    begin(SIZE_MAX);
    uint64_t position = log_end();
    for (uint64_t i = 1; i <= 2000; i++) log_write_by(i, "abc", 3);
    EXPECT(log_piece(&position, text, sizeof text, &stamp) == 64 && stamp.process == 0);
    position = log_end() - 6;
    EXPECT(log_piece(&position, text, sizeof text, &stamp) == 3 && stamp.process == 1999);
}

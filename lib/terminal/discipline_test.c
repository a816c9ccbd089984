// SPDX-License-Identifier: MIT
// Tests of the line discipline.
#include <string.h>
#include <terminal/discipline.h>
#include "test/unit.h"

static struct terminal terminal;
static int signalled;

static void on_signal(struct terminal *of, int number)
{
    signalled = number;
}

static void type(const char *text)
{
    while (*text) terminal_input(&terminal, (uint8_t)*text++);
}

static bool shows(const char *expected)
{
    char text[256] = {};
    size_t size = 0;
    while (terminal.output.taken != terminal.output.put && size < sizeof text - 1) {
        text[size++] = (char)terminal.output.bytes[terminal.output.taken++ % TERMINAL_RING];
    }
    return strcmp(text, expected) == 0;
}

static bool reads(const char *expected)
{
    uint8_t text[64] = {};
    if (!terminal_can_read(&terminal)) return false;
    size_t size = terminal_read(&terminal, text, sizeof text);
    return size == strlen(expected) && memcmp(text, expected, size) == 0;
}

TEST("a line can be read when it is whole, and is echoed")
{
    terminal_init(&terminal, on_signal);
    type("ls -l");
    EXPECT(!terminal_can_read(&terminal) && shows("ls -l"));
    type("\r");
    EXPECT(shows("\r\n") && reads("ls -l\n") && !terminal_can_read(&terminal));
}

TEST("two lines are two reads, and a short read leaves the rest")
{
    uint8_t text[2];
    terminal_init(&terminal, on_signal);
    type("one\rtwo\r");
    EXPECT(terminal_read(&terminal, text, 2) == 2 && memcmp(text, "on", 2) == 0);
    EXPECT(reads("e\n") && reads("two\n"));
}

TEST("keys erase a character, a word, a line")
{
    terminal_init(&terminal, on_signal);
    type("abc\x7f");
    EXPECT(shows("abc\b \b"));
    type(" word\x17x\r");
    EXPECT(reads("ab x\n"));
    type("gone\x15new\r");
    EXPECT(reads("new\n"));
    type("\xc3\xa4\x7fo\r");
    EXPECT(reads("o\n"));
}

TEST("the end key ends a read, alone it is the end of input")
{
    terminal_init(&terminal, on_signal);
    type("part\x04");
    EXPECT(reads("part"));
    type("\x04");
    EXPECT(reads(""));
    EXPECT(!terminal_can_read(&terminal));
    type("\x16\xff\xff\r");
    EXPECT(reads("\xff\xff\n"));
}

TEST("signal keys go to the foreground group and drop what was typed")
{
    terminal_init(&terminal, on_signal);
    type("abc\x03");
    EXPECT(signalled == 2 && shows("^C\r\n"));
    type("\r");
    EXPECT(reads("\n"));
    type("\x1a");
    EXPECT(signalled == 20);
    type("\x1c");
    EXPECT(signalled == 3);
}

TEST("without canonical mode every byte can be read at once")
{
    terminal_init(&terminal, on_signal);
    struct termios_bytes raw = terminal.settings;
    type("typed ahead\rhalf");
    raw.local &= ~(LOCAL_CANONICAL | LOCAL_ECHO | LOCAL_SIGNALS);
    terminal_set(&terminal, &raw);
    EXPECT(reads("typed ahead\nhalf"));
    type("\x03q");
    EXPECT(reads("\x03q"));
    type("x\r");
    raw.local |= LOCAL_CANONICAL;
    terminal_set(&terminal, &raw);
    EXPECT(reads("x\n"));
}

TEST("output turns newlines into two bytes unless it is raw")
{
    terminal_init(&terminal, on_signal);
    EXPECT(terminal_write(&terminal, (const uint8_t *)"a\nb", 3) == 3 && shows("a\r\nb"));
    struct termios_bytes raw = terminal.settings;
    raw.output = 0;
    terminal_set(&terminal, &raw);
    EXPECT(terminal_write(&terminal, (const uint8_t *)"a\nb", 3) == 3 && shows("a\nb"));
}

TEST("a full ring takes no more")
{
    static uint8_t much[TERMINAL_RING * 2];
    terminal_init(&terminal, on_signal);
    memset(much, 'x', sizeof much);
    size_t taken = terminal_write(&terminal, much, sizeof much);
    EXPECT(taken > TERMINAL_RING - 4 && taken <= TERMINAL_RING);
    for (int i = 0; i < 3 * (int)TERMINAL_LINE; i++) type("y");
    type("\r");
    EXPECT(terminal.line_count == 1);
}

TEST("a full terminal takes signals and nothing else, until it is read")
{
    static uint8_t line[TERMINAL_LINE];
    terminal_init(&terminal, on_signal);
    while (terminal_takes(&terminal, 'x'))
        terminal_input(&terminal, terminal.line_size < 9 ? 'x' : '\r');
    EXPECT(terminal.line_count > 1 && !terminal_takes(&terminal, '\r'));
    EXPECT(terminal_takes(&terminal, 3) && terminal_takes(&terminal, 19));
    while (!terminal_takes(&terminal, 'x'))
        EXPECT(terminal_read(&terminal, line, sizeof line) == 10);
    type("\x03");
    EXPECT(!terminal_can_read(&terminal) && terminal_takes(&terminal, 'x'));
    struct termios_bytes raw = terminal.settings;
    raw.local = 0;
    terminal_set(&terminal, &raw);
    while (terminal_takes(&terminal, 'x')) terminal_input(&terminal, 'x');
    EXPECT(terminal_available(&terminal) == TERMINAL_RING && !terminal_takes(&terminal, 3));
}

TEST("the longest line fits, and what is beyond it rings the bell")
{
    static uint8_t line[TERMINAL_LINE + 1];
    terminal_init(&terminal, on_signal);
    for (uint32_t i = 0; i < 2 * TERMINAL_LINE; i++) {
        EXPECT(terminal_takes(&terminal, 'x'));
        terminal_input(&terminal, 'x');
        terminal_flush(&terminal, false, true);
    }
    type("y");
    EXPECT(shows("\a"));
    type("\r");
    EXPECT(terminal_available(&terminal) == TERMINAL_LINE);
    EXPECT(terminal_read(&terminal, line, sizeof line) == TERMINAL_LINE);
}

TEST("stop and start hold the output; any key goes on when that is set")
{
    terminal_init(&terminal, on_signal);
    type("\x13");
    EXPECT(terminal.is_stopped);
    type("x");
    EXPECT(terminal.is_stopped);
    type("\x11");
    EXPECT(!terminal.is_stopped);
    terminal.settings.input |= INPUT_FLOW_ANY;
    type("\x13y");
    EXPECT(!terminal.is_stopped);
    terminal.settings.input &= ~INPUT_FLOW;
    type("\r\x13\x11\r");
    EXPECT(reads("xy\n") && reads("\x13\x11\n"));
}

TEST("keys beyond POSIX's are only keys while IEXTEN is set, and EOL2 ends a line")
{
    terminal_init(&terminal, on_signal);
    terminal.settings.key[KEY_EOL2] = ';';
    type("a;");
    EXPECT(reads("a;"));
    terminal.settings.local &= ~LOCAL_EXTENDED;
    type("a;\x16\x17\r");
    EXPECT(reads("a;\x16\x17\n"));
}

TEST("how many bytes a read would get")
{
    terminal_init(&terminal, on_signal);
    type("abc");
    EXPECT(terminal_available(&terminal) == 0);
    type("\rde\x04");
    EXPECT(terminal_available(&terminal) == 4 && reads("abc\n"));
    EXPECT(terminal_available(&terminal) == 2 && reads("de"));
    type("\x04");
    EXPECT(terminal_available(&terminal) == 0 && terminal_can_read(&terminal));
}

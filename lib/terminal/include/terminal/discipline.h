// SPDX-License-Identifier: MIT
// The terminal's state and line discipline, apart from files and ports so that it can be tested
// alone. Bytes from the line come in by terminal_input(); what is to be shown goes to the output
// ring; what programs read comes out of the input ring, line by line in canonical mode. The
// structures are the C library's (asm-generic).
#pragma once

#include <abi/saving.h>
#include <stddef.h>
#include <stdint.h>

enum : uint32_t { // c_iflag
    INPUT_STRIP = 0000040,
    INPUT_NL_TO_CR = 0000100,
    INPUT_IGNORE_CR = 0000200,
    INPUT_CR_TO_NL = 0000400,
    INPUT_FLOW = 0002000,
    INPUT_FLOW_ANY = 0004000, // any key goes on after a stop
};
enum : uint32_t { // c_oflag
    OUTPUT_PROCESS = 0000001,
    OUTPUT_NL_TO_CRNL = 0000004,
    OUTPUT_CR_TO_NL = 0000010,
};
enum : uint32_t { // c_lflag
    LOCAL_SIGNALS = 0000001,
    LOCAL_CANONICAL = 0000002,
    LOCAL_ECHO = 0000010,
    LOCAL_ECHO_ERASE = 0000020,
    LOCAL_ECHO_KILL = 0000040,
    LOCAL_ECHO_NEWLINE = 0000100,
    LOCAL_KEEP = 0000200, // signals flush nothing
    LOCAL_STOP_BACKGROUND = 0000400,
    LOCAL_ECHO_CONTROL = 0001000,
    LOCAL_EXTENDED = 0100000,
};
enum { // c_cc
    KEY_INTERRUPT,
    KEY_QUIT,
    KEY_ERASE,
    KEY_KILL,
    KEY_END,
    KEY_TIME,
    KEY_LEAST,
    KEY_SWITCH,
    KEY_START,
    KEY_STOP,
    KEY_SUSPEND,
    KEY_EOL,
    KEY_REPRINT,
    KEY_DISCARD,
    KEY_WORD_ERASE,
    KEY_LITERAL,
    KEY_EOL2,
    KEY_COUNT = 32,
};

struct termios_bytes {
    uint32_t input, output, control, local;
    uint8_t line, key[KEY_COUNT];
    uint8_t zero[3];
    uint32_t input_speed, output_speed;
};
static_assert(sizeof(struct termios_bytes) == 60);

struct window_size {
    uint16_t rows, columns, width, height;
};

enum : uint32_t { TERMINAL_RING = 16384 / FE_SAVING, TERMINAL_LINE = 4096 / FE_SAVING };

struct terminal_ring {
    uint8_t bytes[TERMINAL_RING];
    uint32_t put, taken;
};

struct terminal {
    struct termios_bytes settings;
    struct window_size window;
    struct terminal_ring input;  // what programs may read
    struct terminal_ring output; // what the line is to show
    uint8_t line[TERMINAL_LINE]; // canonical: being edited
    uint32_t line_size;
    uint32_t line_count;                                   // whole lines (or ends) in `input`
    uint32_t column;                                       // of the cursor, for tabs and erasing
    bool is_stopped;                                       // ^S
    bool is_literal;                                       // the next key is taken as it is
    void (*signal)(struct terminal *terminal, int number); // to the foreground group
};

void terminal_init(struct terminal *terminal, void (*signal)(struct terminal *, int number));

// A byte came from the line.
void terminal_input(struct terminal *terminal, uint8_t byte);
// Whether there is room for it; keys that signal or stop need none. Without room it is lost.
bool terminal_takes(const struct terminal *terminal, uint8_t byte);

// Whether a read would get something (or the end). Then terminal_read gives it: 0 is the end.
bool terminal_can_read(const struct terminal *terminal);
// How many bytes one read could get.
size_t terminal_available(const struct terminal *terminal);
static inline bool terminal_is_canonical(const struct terminal *terminal)
{
    return (terminal->settings.local & LOCAL_CANONICAL) != 0;
}
size_t terminal_read(struct terminal *terminal, uint8_t *to, size_t count);

// Puts what a program writes into the output ring; how many bytes of it were taken.
size_t terminal_write(struct terminal *terminal, const uint8_t *from, size_t count);
uint32_t terminal_output_used(const struct terminal *terminal);
uint32_t terminal_output_room(const struct terminal *terminal);

void terminal_set(struct terminal *terminal, const struct termios_bytes *settings);
void terminal_flush(struct terminal *terminal, bool input, bool output);

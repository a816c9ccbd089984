// SPDX-License-Identifier: MIT
// The line discipline. In canonical mode the end of input (^D) is put into the ring as a byte of
// its own that a read takes as the end of a line without showing it: END_MARK, escaped by itself
// where programs' keys contain it.
#include <terminal/discipline.h>

#include <ferrite/libc.h>

enum : int { SIGNAL_INTERRUPT = 2, SIGNAL_QUIT = 3, SIGNAL_STOP = 20 };
enum : uint8_t {
    END_MARK = 0xff
}; // in canonical mode followed by: 0 the end, 0xff the byte itself

void terminal_init(struct terminal *terminal, void (*signal)(struct terminal *, int number))
{
    static const uint8_t keys[KEY_COUNT] = {
        [KEY_INTERRUPT] = 3, [KEY_QUIT] = 28,    [KEY_ERASE] = 127,     [KEY_KILL] = 21,
        [KEY_END] = 4,       [KEY_LEAST] = 1,    [KEY_START] = 17,      [KEY_STOP] = 19,
        [KEY_SUSPEND] = 26,  [KEY_REPRINT] = 18, [KEY_WORD_ERASE] = 23, [KEY_LITERAL] = 22,
    };
    memset(terminal, 0, sizeof *terminal);
    terminal->settings = (struct termios_bytes){
        .input = INPUT_CR_TO_NL | INPUT_FLOW,
        .output = OUTPUT_PROCESS | OUTPUT_NL_TO_CRNL,
        .control = 0002277, // 115200 8N1, receiver on, hang up on close
        .local = LOCAL_SIGNALS | LOCAL_CANONICAL | LOCAL_ECHO | LOCAL_ECHO_ERASE | LOCAL_ECHO_KILL |
                 LOCAL_ECHO_CONTROL | LOCAL_EXTENDED,
        .input_speed = 0010002,
        .output_speed = 0010002,
    };
    memcpy(terminal->settings.key, keys, sizeof keys);
    terminal->window = (struct window_size){.rows = 24, .columns = 80};
    terminal->signal = signal;
}

static uint32_t ring_used(const struct terminal_ring *ring)
{
    return ring->put - ring->taken;
}

static void ring_put(struct terminal_ring *ring, uint8_t byte)
{
    if (ring_used(ring) < TERMINAL_RING) ring->bytes[ring->put++ % TERMINAL_RING] = byte;
}

uint32_t terminal_output_used(const struct terminal *terminal)
{
    return ring_used(&terminal->output);
}

uint32_t terminal_output_room(const struct terminal *terminal)
{
    return TERMINAL_RING - ring_used(&terminal->output);
}

static bool is_local(const struct terminal *terminal, uint32_t flag)
{
    return (terminal->settings.local & flag) != 0;
}

static bool is_key(const struct terminal *terminal, int key, uint8_t byte)
{
    return terminal->settings.key[key] != 0 && terminal->settings.key[key] == byte;
}

static bool is_extended_key(const struct terminal *terminal, int key, uint8_t byte)
{
    return is_local(terminal, LOCAL_EXTENDED) && is_key(terminal, key, byte);
}

static bool is_line_end(const struct terminal *terminal, uint8_t byte)
{
    return byte == '\n' || is_key(terminal, KEY_EOL, byte) ||
           is_extended_key(terminal, KEY_EOL2, byte);
}

// --- Output ---

static void show(struct terminal *terminal, uint8_t byte)
{
    uint32_t flags = terminal->settings.output;
    if ((flags & OUTPUT_PROCESS) != 0) {
        if (byte == '\n' && (flags & OUTPUT_NL_TO_CRNL) != 0) {
            ring_put(&terminal->output, '\r');
            terminal->column = 0;
        } else if (byte == '\r' && (flags & OUTPUT_CR_TO_NL) != 0) {
            byte = '\n';
        }
    }
    ring_put(&terminal->output, byte);
    if (byte == '\r') {
        terminal->column = 0;
    } else if (byte == '\b') {
        if (terminal->column > 0) terminal->column--;
    } else if (byte == '\t') {
        terminal->column = (terminal->column | 7) + 1;
    } else if (byte >= ' ' && (byte & 0xc0) != 0x80) {
        terminal->column++;
    }
}

size_t terminal_write(struct terminal *terminal, const uint8_t *from, size_t count)
{
    size_t done = 0;
    while (done < count && terminal_output_room(terminal) >= 2) show(terminal, from[done++]);
    return done;
}

static void echo(struct terminal *terminal, uint8_t byte)
{
    bool is_control = byte < ' ' || byte == 127;
    if (!is_local(terminal, LOCAL_ECHO)) return;
    if (is_control && byte != '\n' && byte != '\t' && is_local(terminal, LOCAL_ECHO_CONTROL)) {
        show(terminal, '^');
        show(terminal, byte ^ 0x40);
    } else {
        show(terminal, byte);
    }
}

// --- Editing ---

// How many columns a byte of the line took when it was echoed at column `at`.
static uint32_t width_of(const struct terminal *terminal, uint8_t byte, uint32_t at)
{
    if (byte == '\t') return ((at | 7) + 1) - at;
    if (byte < ' ' || byte == 127) return is_local(terminal, LOCAL_ECHO_CONTROL) ? 2 : 0;
    return (byte & 0xc0) == 0x80 ? 0 : 1; // UTF-8: the first byte counts
}

static void erase_columns(struct terminal *terminal, uint32_t count)
{
    if (!is_local(terminal, LOCAL_ECHO) || !is_local(terminal, LOCAL_ECHO_ERASE)) return;
    for (uint32_t i = 0; i < count; i++) {
        show(terminal, '\b');
        show(terminal, ' ');
        show(terminal, '\b');
    }
}

// Takes the last character, of one or more bytes, off the line. A tab's width depends on what is
// left of it, which the terminal does not know: it is taken as one column.
static void erase_one(struct terminal *terminal)
{
    uint8_t byte;
    uint32_t columns = 0;
    if (terminal->line_size == 0) return;
    do {
        byte = terminal->line[--terminal->line_size];
        columns += byte == '\t' ? 1 : width_of(terminal, byte, 0);
    } while ((byte & 0xc0) == 0x80 && terminal->line_size > 0);
    erase_columns(terminal, columns);
}

static void erase_word(struct terminal *terminal)
{
    while (terminal->line_size > 0 && terminal->line[terminal->line_size - 1] == ' ') {
        erase_one(terminal);
    }
    while (terminal->line_size > 0 && terminal->line[terminal->line_size - 1] != ' ') {
        erase_one(terminal);
    }
}

static void line_commit(struct terminal *terminal, bool is_end)
{
    uint32_t needed = 2 * terminal->line_size + 2;
    if (TERMINAL_RING - ring_used(&terminal->input) < needed) {
        terminal->line_size = 0; // nobody reads: the line is lost
        show(terminal, 7);
        return;
    }
    for (uint32_t i = 0; i < terminal->line_size; i++) {
        if (terminal->line[i] == END_MARK) ring_put(&terminal->input, END_MARK);
        ring_put(&terminal->input, terminal->line[i]);
    }
    if (is_end) {
        ring_put(&terminal->input, END_MARK);
        ring_put(&terminal->input, 0);
    }
    terminal->line_size = 0;
    terminal->line_count++;
}

static void line_add(struct terminal *terminal, uint8_t byte)
{
    if (terminal->line_size < TERMINAL_LINE - 1) {
        terminal->line[terminal->line_size++] = byte;
        echo(terminal, byte);
    } else {
        show(terminal, 7);
    }
}

static void canonical_input(struct terminal *terminal, uint8_t byte)
{
    if (is_key(terminal, KEY_ERASE, byte) || byte == '\b') {
        erase_one(terminal);
    } else if (is_key(terminal, KEY_KILL, byte)) {
        while (terminal->line_size > 0) erase_one(terminal);
    } else if (is_extended_key(terminal, KEY_WORD_ERASE, byte)) {
        erase_word(terminal);
    } else if (is_extended_key(terminal, KEY_REPRINT, byte)) {
        echo(terminal, byte);
        show(terminal, '\n');
        for (uint32_t i = 0; i < terminal->line_size; i++) echo(terminal, terminal->line[i]);
    } else if (is_extended_key(terminal, KEY_LITERAL, byte)) {
        terminal->is_literal = true;
    } else if (is_key(terminal, KEY_END, byte)) {
        line_commit(terminal, true);
    } else if (is_line_end(terminal, byte)) {
        terminal->line[terminal->line_size++] = byte;
        if (is_local(terminal, LOCAL_ECHO) || is_local(terminal, LOCAL_ECHO_NEWLINE)) {
            show(terminal, byte);
        }
        line_commit(terminal, false);
    } else {
        line_add(terminal, byte);
    }
}

static bool is_signal_key(const struct terminal *terminal, uint8_t byte)
{
    return is_local(terminal, LOCAL_SIGNALS) &&
           (is_key(terminal, KEY_INTERRUPT, byte) || is_key(terminal, KEY_QUIT, byte) ||
            is_key(terminal, KEY_SUSPEND, byte));
}

static bool is_flow_key(const struct terminal *terminal, uint8_t byte)
{
    return (terminal->settings.input & INPUT_FLOW) != 0 &&
           (is_key(terminal, KEY_STOP, byte) || is_key(terminal, KEY_START, byte));
}

static bool signal_input(struct terminal *terminal, uint8_t byte)
{
    int signal = 0;
    if (!is_signal_key(terminal, byte)) return false;
    if (is_key(terminal, KEY_INTERRUPT, byte)) signal = SIGNAL_INTERRUPT;
    if (is_key(terminal, KEY_QUIT, byte)) signal = SIGNAL_QUIT;
    if (is_key(terminal, KEY_SUSPEND, byte)) signal = SIGNAL_STOP;
    if (!is_local(terminal, LOCAL_KEEP)) terminal_flush(terminal, true, true);
    echo(terminal, byte);
    if (is_local(terminal, LOCAL_ECHO)) show(terminal, '\n');
    terminal->is_stopped = false;
    terminal->signal(terminal, signal);
    return true;
}

static bool flow_input(struct terminal *terminal, uint8_t byte)
{
    if ((terminal->settings.input & INPUT_FLOW) == 0) return false;
    bool is_flow = is_flow_key(terminal, byte);
    if (is_flow) {
        bool is_both = is_key(terminal, KEY_STOP, byte) && is_key(terminal, KEY_START, byte);
        terminal->is_stopped = is_both ? !terminal->is_stopped : is_key(terminal, KEY_STOP, byte);
    } else if ((terminal->settings.input & INPUT_FLOW_ANY) != 0) {
        terminal->is_stopped = false;
    }
    return is_flow;
}

// The longest line always fits into an empty ring, so who types without end is told so by a bell,
// and can still erase.
bool terminal_takes(const struct terminal *terminal, uint8_t byte)
{
    uint32_t room = TERMINAL_RING - ring_used(&terminal->input);
    static_assert(2 * TERMINAL_LINE + 2 <= TERMINAL_RING);
    if (is_signal_key(terminal, byte) || is_flow_key(terminal, byte)) return true;
    if (!is_local(terminal, LOCAL_CANONICAL)) return room > 0;
    return terminal->line_count == 0 || room >= 2 * TERMINAL_LINE + 2;
}

void terminal_input(struct terminal *terminal, uint8_t byte)
{
    bool is_canonical = is_local(terminal, LOCAL_CANONICAL);
    uint32_t flags = terminal->settings.input;
    if (flags & INPUT_STRIP) byte &= 0x7f;
    if (terminal->is_literal) {
        terminal->is_literal = false;
        line_add(terminal, byte);
        return;
    }
    if (flow_input(terminal, byte) || signal_input(terminal, byte)) return;
    if (byte == '\r') {
        if (flags & INPUT_IGNORE_CR) return;
        if (flags & INPUT_CR_TO_NL) byte = '\n';
    } else if (byte == '\n' && (flags & INPUT_NL_TO_CR) != 0) {
        byte = '\r';
    }
    if (is_canonical) {
        canonical_input(terminal, byte);
    } else {
        ring_put(&terminal->input, byte);
        echo(terminal, byte);
    }
}

// --- Reading ---

bool terminal_can_read(const struct terminal *terminal)
{
    if (is_local(terminal, LOCAL_CANONICAL)) return terminal->line_count > 0;
    return ring_used(&terminal->input) > 0;
}

static uint8_t ring_take(struct terminal_ring *ring)
{
    return ring->bytes[ring->taken++ % TERMINAL_RING];
}

static uint8_t ring_peek(const struct terminal_ring *ring, uint32_t ahead)
{
    return ring->bytes[(ring->taken + ahead) % TERMINAL_RING];
}

static size_t read_line(struct terminal *terminal, uint8_t *to, size_t count)
{
    struct terminal_ring *ring = &terminal->input;
    size_t size = 0;
    while (ring_used(ring) > 0) {
        bool is_mark = ring_peek(ring, 0) == END_MARK;
        if (is_mark && ring_peek(ring, 1) == 0) { // the end: it ends this read, or is this read
            ring->taken += 2;
            terminal->line_count--;
            return size;
        }
        if (size == count) return size;
        if (is_mark) ring->taken++;
        uint8_t byte = ring_take(ring);
        to[size++] = byte;
        if (is_line_end(terminal, byte)) {
            terminal->line_count--;
            return size;
        }
    }
    return size;
}

size_t terminal_available(const struct terminal *terminal)
{
    const struct terminal_ring *ring = &terminal->input;
    if (!is_local(terminal, LOCAL_CANONICAL)) return ring_used(ring);
    if (terminal->line_count == 0) return 0;
    size_t size = 0;
    for (uint32_t at = 0; at < ring_used(ring); at++) {
        uint8_t byte = ring_peek(ring, at);
        if (byte == END_MARK && ring_peek(ring, ++at) == 0) break;
        size++;
        if (is_line_end(terminal, byte)) break;
    }
    return size;
}

size_t terminal_read(struct terminal *terminal, uint8_t *to, size_t count)
{
    size_t size = 0;
    if (is_local(terminal, LOCAL_CANONICAL)) return read_line(terminal, to, count);
    while (size < count && ring_used(&terminal->input) > 0)
        to[size++] = ring_take(&terminal->input);
    return size;
}

// Between the modes: a line being edited becomes readable; lines that were read whole become bytes.
void terminal_set(struct terminal *terminal, const struct termios_bytes *settings)
{
    bool was_canonical = is_local(terminal, LOCAL_CANONICAL);
    bool is_canonical = (settings->local & LOCAL_CANONICAL) != 0;
    if (was_canonical && !is_canonical) {
        static uint8_t bytes[TERMINAL_RING];
        size_t size = 0;
        while (terminal->line_count > 0) {
            size += read_line(terminal, bytes + size, sizeof bytes - size);
        }
        for (uint32_t i = 0; i < terminal->line_size && size < sizeof bytes; i++) {
            bytes[size++] = terminal->line[i];
        }
        terminal_flush(terminal, true, false);
        for (size_t i = 0; i < size; i++) ring_put(&terminal->input, bytes[i]);
    }
    terminal->settings = *settings;
    if (!was_canonical && is_canonical) {
        uint32_t waiting = ring_used(&terminal->input);
        uint32_t echoes = terminal->settings.local & LOCAL_ECHO;
        terminal->settings.local &= ~echoes;
        while (waiting-- > 0) canonical_input(terminal, ring_take(&terminal->input));
        terminal->settings.local |= echoes;
    }
}

void terminal_flush(struct terminal *terminal, bool input, bool output)
{
    if (input) {
        terminal->is_literal = false;
        terminal->input.taken = terminal->input.put;
        terminal->line_count = terminal->line_size = 0;
    }
    if (output) terminal->output.taken = terminal->output.put;
}

// SPDX-License-Identifier: MIT
// The console: a terminal over the byte stream of a serial port (its first argument), served as one
// file, /dev/console and /dev/tty. Output goes to the port without waiting, polled by the bound
// event, and what has gone there also to screens (its other arguments); input is read by a second
// thread. Keys that send signals ask the process service to signal the foreground group.
#include "screen.h"
#include "terminal.h"

#include <9p/client.h>
#include <9p/server.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <ferrite/thread.h>

enum : uint64_t { BIT_INPUT = 1, BIT_OUTPUT = 2, BIT_TIME = 4, BIT_AGAIN = 8 };
enum : size_t { INPUT_STACK = 128 * 1024 };
enum : uint64_t { TENTH = 100'000'000, REOPEN_PAUSE = 200'000'000 };
enum : int { SIGNAL_HANGUP = 1, SIGNAL_WINDOW = 28 };

static struct terminal terminal;
static struct p9_server server;
static struct p9_node node;
static struct p9_file *line, *process;
static const char *line_path;
static uint32_t foreground, session;
static bool output_waits; // the line has no room; BIT_OUTPUT will tell

// --- The line ---

// While the line is ours the kernel's words go to the log, and not between those of programs.
static void claim(bool is_ours)
{
    enum status status = fe_debug_claim(fe_start_handle("resource/debug"), is_ours);
    if (status != OK) fe_log("the debug console: %s", fe_status_text(status));
}

static void line_lost(void)
{
    if (line) claim(false);
    p9_close(line);
    line = nullptr;
    if (fe_event_arm(server.event, BIT_AGAIN, fe_clock_after(REOPEN_PAUSE), 0) != OK) fe_exit(4);
}

static void output_flush(void)
{
    struct terminal_ring *ring = &terminal.output;
    while (line && !terminal.is_stopped && !output_waits && ring->put != ring->taken) {
        uint32_t at = ring->taken % TERMINAL_RING;
        uint32_t size = ring->put - ring->taken;
        if (size > TERMINAL_RING - at) size = TERMINAL_RING - at;
        int64_t written = p9_write(line, FE_9P_POSITION, ring->bytes + at, size);
        if (written > 0) {
            screen_put(ring->bytes + at, (size_t)written);
            ring->taken += (uint32_t)written;
        } else if (written == -EAGAIN) {
            int ready = p9_poll(line, READY_WRITE, server.event, BIT_OUTPUT);
            if (ready < 0 || (ready & (READY_ERROR | READY_HANGUP)) != 0) return line_lost();
            output_waits = ready == 0;
        } else {
            return line_lost();
        }
    }
}

// --- Input: a second thread reads, because only a read that waits there learns at once that the
// line's driver is gone (the client then opens the new one). What it gets passes through a small
// ring.

static struct {
    struct fe_lock lock;
    uint8_t bytes[1024];
    uint32_t put, taken;
} arrived;

static void arrived_put(const uint8_t *bytes, int64_t size)
{
    fe_lock_take(&arrived.lock);
    for (int64_t i = 0; i < size && arrived.put - arrived.taken < sizeof arrived.bytes; i++) {
        arrived.bytes[arrived.put++ % sizeof arrived.bytes] = bytes[i];
    }
    fe_lock_release(&arrived.lock);
    if (fe_event_signal(server.event, BIT_INPUT) != OK) fe_exit(5);
}

static void input_run(void *argument)
{
    struct p9_file *input = nullptr;
    uint8_t bytes[256];
    for (;;) {
        int64_t size = input ? 0 : p9_open(line_path, OPEN_READ, 0, &input);
        if (size == 0) size = p9_read(input, FE_9P_POSITION, bytes, sizeof bytes);
        if (size > 0) {
            arrived_put(bytes, size);
            continue;
        }
        if (input) p9_close(input);
        input = nullptr;
        fe_clock_sleep_until(fe_clock_after(REOPEN_PAUSE));
    }
}

static void input_take(void)
{
    fe_lock_take(&arrived.lock);
    while (arrived.taken != arrived.put) {
        uint8_t byte = arrived.bytes[arrived.taken++ % sizeof arrived.bytes];
        fe_lock_release(&arrived.lock);
        terminal_input(&terminal, byte);
        fe_lock_take(&arrived.lock);
    }
    fe_lock_release(&arrived.lock);
}

static void line_open(void)
{
    output_waits = false;
    int result = p9_open(line_path, OPEN_WRITE | OPEN_NONBLOCK, 0, &line);
    if (result == 0) return claim(true);
    line = nullptr;
    fe_log("%s: error %d", line_path, -result);
    line_lost();
}

static void group_signal(int number)
{
    struct {
        int32_t selector;
        uint32_t signal;
    } data = {-(int32_t)foreground, (uint32_t)number};
    struct p9_control control = {
        .request = CONTROL_PROCESS_SIGNAL, .data = &data, .size = sizeof data};
    if (foreground != 0 && process) (void)p9_control(process, &control);
}

static void signalled(struct p9_server *self, uint64_t bits)
{
    if (bits & BIT_AGAIN) line_open();
    if (bits & BIT_OUTPUT) output_waits = false;
    if (bits & BIT_INPUT) input_take();
    output_flush();
    p9_node_changed(&node);
}

// --- The file ---

// Without canonical mode and with a time: the read waits that long for its first byte.
static int64_t read_timed(struct p9_request *request)
{
    uint64_t now = fe_clock_monotonic();
    uint64_t tenths = terminal.settings.key[KEY_TIME];
    if (tenths == 0) return 0;
    if (request->progress == 0) request->progress = now + tenths * TENTH;
    if (now >= request->progress) return 0;
    if (fe_event_arm(server.event, BIT_TIME, request->progress, 0) != OK) return 0;
    return P9_LATER;
}

static int64_t console_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            void *to, size_t count)
{
    if (count == 0) return 0;
    if (terminal_can_read(&terminal)) return (int64_t)terminal_read(&terminal, to, count);
    bool is_canonical = (terminal.settings.local & LOCAL_CANONICAL) != 0;
    if (!is_canonical && terminal.settings.key[KEY_LEAST] == 0) return read_timed(request);
    return P9_LATER;
}

static int64_t console_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                             const void *from, size_t count)
{
    size_t done = terminal_write(&terminal, from, count);
    output_flush();
    if (done == 0 && count > 0) return P9_LATER;
    return (int64_t)done;
}

static uint32_t console_ready(struct p9_open *open)
{
    return (terminal_can_read(&terminal) ? READY_READ : 0) |
           (terminal_output_room(&terminal) >= 256 ? READY_WRITE : 0);
}

// Whether the line has everything. A stopped terminal waits for ^Q.
static bool is_drained(void)
{
    output_flush();
    return terminal_output_used(&terminal) == 0;
}

static int settings_set(struct p9_request *request)
{
    enum : uint32_t { NOW, DRAIN, FLUSH };
    struct termios_bytes settings;
    uint32_t when;
    if (request->size < sizeof when + sizeof settings) return -EINVAL;
    memcpy(&when, request->data, sizeof when);
    memcpy(&settings, request->data + sizeof when, sizeof settings);
    if (when != NOW && !is_drained() && !terminal.is_stopped) return P9_LATER;
    if (when == FLUSH) terminal_flush(&terminal, true, false);
    terminal_set(&terminal, &settings);
    p9_node_changed(&node);
    return 0;
}

static int window_set(struct p9_request *request)
{
    struct window_size window;
    if (request->size < sizeof window) return -EINVAL;
    memcpy(&window, request->data, sizeof window);
    bool is_other = memcmp(&window, &terminal.window, sizeof window) != 0;
    terminal.window = window;
    if (!is_other) return 0;
    screen_resize(&window);
    group_signal(SIGNAL_WINDOW);
    return 0;
}

static int number_of(const struct p9_request *request, uint32_t *number)
{
    if (request->size < sizeof *number) return -EINVAL;
    memcpy(number, request->data, sizeof *number);
    return 0;
}

// A terminal that belongs to a session is taken away from it by uid 0 only.
static int session_set(struct p9_request *request)
{
    uint32_t wanted;
    int result = number_of(request, &wanted);
    if (result != 0) return result;
    if (session != 0 && session != wanted && request->identity->uid != 0) return -EPERM;
    if (session != wanted) foreground = wanted;
    session = wanted;
    return 0;
}

static int flush(struct p9_request *request)
{
    uint32_t which;
    int result = number_of(request, &which);
    if (result == 0) terminal_flush(&terminal, which != 1, which != 0);
    return result;
}

static int console_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    switch (control) {
    case CONTROL_TERMIOS_GET:
        return p9_answer(request, &terminal.settings, sizeof terminal.settings);
    case CONTROL_TERMIOS_SET: return settings_set(request);
    case CONTROL_WINDOW_GET: return p9_answer(request, &terminal.window, sizeof terminal.window);
    case CONTROL_WINDOW_SET: return window_set(request);
    case CONTROL_GROUP_GET: request->value = foreground; return 0;
    case CONTROL_GROUP_SET: return number_of(request, &foreground);
    case CONTROL_SESSION_SET: return session_set(request);
    case CONTROL_FLUSH: return flush(request);
    case CONTROL_BREAK: return 0;
    case CONTROL_DRAIN: return is_drained() ? 0 : P9_LATER;
    case CONTROL_AVAILABLE:
        request->value =
            terminal_can_read(&terminal) ? terminal.input.put - terminal.input.taken : 0;
        return 0;
    case CONTROL_TERMINAL_NAME: return p9_answer(request, "/dev/console", sizeof "/dev/console");
    default: return -ENOTTY;
    }
}

static const struct p9_operations operations = {.read = console_read,
                                                .write = console_write,
                                                .ready = console_ready,
                                                .control = console_control};

int main(int count, char **arguments)
{
    if (count < 2) return 1;
    line_path = arguments[1];
    node = (struct p9_node){.operations = &operations,
                            .references = 1,
                            .mode = MODE_CHARACTER | 0622,
                            .path = p9_path_new(),
                            .device = 0x501};
    server = (struct p9_server){.name = "console", .root = &node, .signalled = signalled};
    terminal_init(&terminal, group_signal);
    fe_handle handle = fe_start_handle("process");
    struct p9_session *own = handle ? p9_session_adopt(handle) : nullptr;
    if (own) process = p9_file_adopt(own, FE_9P_ROOT_FID, OPEN_PATH);
    if (p9_server_init(&server) != OK) return 2;
    if (!screen_start(arguments + 2, (uint32_t)count - 2, &terminal.window)) return 4;
    line_open();
    fe_handle thread;
    if (fe_thread_spawn(input_run, nullptr, INPUT_STACK, 0, &thread) != OK) return 3;
    if (p9_server_ready(&server, "console", nullptr) != OK ||
        p9_server_ready(&server, "tty", nullptr) != OK) {
        return 3;
    }
    p9_serve(&server);
}

// SPDX-License-Identifier: MIT
// The console: a terminal over the byte stream of a serial port (its first argument), served as one
// file, /dev/console and /dev/tty. Output goes to the port without waiting, polled by the bound
// event, and what has gone there also to screens (its other arguments); input is read by a second
// thread. Keys that send signals ask the process service to signal the foreground group. Modes,
// window and owner outlive the service; what was typed and not read yet does not.
#include "screen.h"

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
#include <kept/kept.h>
#include <terminal/file.h>

enum : uint64_t { BIT_INPUT = 1, BIT_OUTPUT = 2, BIT_TIME = 4 };
enum : size_t { INPUT_STACK = 128 * 1024 };
enum : uint64_t { REOPEN_PAUSE = 200'000'000 }; // ns

static struct terminal_file console;
static struct terminal *const terminal = &console.terminal;
static struct p9_server server;
static struct p9_file *line;
static const char *line_path;
static uint64_t line_again = FE_FOREVER; // when to try to open it
static bool output_waits;                // the line has no room; BIT_OUTPUT will tell

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
    line_again = fe_clock_after(REOPEN_PAUSE);
    terminal_time_also(line_again);
}

static void output_flush(void)
{
    struct terminal_ring *ring = &terminal->output;
    while (line && !terminal->is_stopped && !output_waits && ring->put != ring->taken) {
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

static size_t arrived_take(uint8_t *to, size_t most)
{
    size_t size = 0;
    fe_lock_take(&arrived.lock);
    while (size < most && arrived.taken != arrived.put) {
        to[size++] = arrived.bytes[arrived.taken++ % sizeof arrived.bytes];
    }
    fe_lock_release(&arrived.lock);
    return size;
}

// What a full terminal does not take is lost, with a bell.
static void input_take(void)
{
    uint8_t bytes[64];
    size_t size;
    while ((size = arrived_take(bytes, sizeof bytes)) > 0) {
        for (size_t at = 0; at < size;) {
            at += terminal_file_input(&console, bytes + at, size - at);
            if (at < size) terminal_input(terminal, bytes[at++]);
        }
    }
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

static void time_passed(void)
{
    terminal_time_passed();
    if (fe_clock_monotonic() < line_again) return;
    line_again = FE_FOREVER;
    line_open();
}

static void signalled(struct p9_server *self, uint64_t bits)
{
    if (bits & BIT_TIME) time_passed();
    if (bits & BIT_OUTPUT) output_waits = false;
    if (bits & BIT_INPUT) input_take();
    output_flush();
    p9_node_changed(&console.node);
}

// --- The file ---

static const char *console_name(const struct terminal_file *file)
{
    return "/dev/console";
}

static void console_flush(struct terminal_file *file)
{
    output_flush();
}

// Whether the line has everything. A stopped terminal waits for ^Q.
static bool console_is_sent(struct terminal_file *file)
{
    return terminal_output_used(terminal) == 0;
}

static void console_resized(struct terminal_file *file)
{
    screen_resize(&terminal->window);
}

static const struct terminal_behind behind = {.name = console_name,
                                              .flush = console_flush,
                                              .is_sent = console_is_sent,
                                              .resized = console_resized};

// --- What the next console finds ---

struct entry {
    struct termios_bytes settings;
    struct window_size window;
    uint32_t mode, uid, gid;
};
static uint32_t kept; // its record

static struct entry entry_now(void)
{
    return (struct entry){.settings = terminal->settings,
                          .window = terminal->window,
                          .mode = console.node.mode,
                          .uid = console.node.uid,
                          .gid = console.node.gid};
}

static void restore(void)
{
    const struct entry *entry = kept_next(&kept);
    if (entry == nullptr) {
        struct entry now = entry_now();
        kept = kept_create(&now);
    } else {
        terminal_set(terminal, &entry->settings);
        terminal->window = entry->window;
        screen_resize(&terminal->window);
        console.node.mode = entry->mode;
        console.node.uid = entry->uid;
        console.node.gid = entry->gid;
    }
    kept_finish();
}

static int console_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    int result = terminal_file_control(request, open, control);
    struct entry now = entry_now();
    if (result == 0 && (control == CONTROL_TERMIOS_SET || control == CONTROL_WINDOW_SET))
        kept_write(kept, &now);
    return result;
}

// Before the library changes the node.
static int console_setattr(struct p9_request *request, struct p9_node *node, uint32_t valid,
                           const struct fe_9p_attributes *attributes)
{
    struct entry next = entry_now();
    if (valid & ATTRIBUTE_MODE)
        next.mode = (next.mode & MODE_TYPE) | (attributes->mode & MODE_PERMISSIONS);
    if (valid & ATTRIBUTE_UID) next.uid = attributes->uid;
    if (valid & ATTRIBUTE_GID) next.gid = attributes->gid;
    kept_write(kept, &next);
    return 0;
}

static const struct p9_operations operations = {.read = terminal_file_read,
                                                .write = terminal_file_write,
                                                .ready = terminal_file_ready,
                                                .control = console_control,
                                                .setattr = console_setattr};

int main(int count, char **arguments)
{
    if (count < 2) return 1;
    line_path = arguments[1];
    console.node =
        (struct p9_node){.operations = &operations, .mode = MODE_CHARACTER | 0622, .device = 0x501};
    server = (struct p9_server){.name = "console", .root = &console.node, .signalled = signalled};
    if (kept_open(sizeof(struct entry)) != OK) return 2;
    if (p9_server_init(&server) != OK) return 2;
    terminal_files_init(&server, p9_root_of_handle(fe_start_handle("process")), BIT_TIME);
    terminal_file_init(&console, &behind);
    if (!screen_start(arguments + 2, (uint32_t)count - 2, &terminal->window)) return 4;
    restore();
    line_open();
    fe_handle thread;
    if (fe_thread_spawn(input_run, nullptr, INPUT_STACK, 0, &thread) != OK) return 3;
    if (p9_server_ready(&server, "console", nullptr) != OK ||
        p9_server_ready(&server, "tty", nullptr) != OK) {
        return 3;
    }
    p9_serve(&server);
}

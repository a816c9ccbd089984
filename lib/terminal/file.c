// SPDX-License-Identifier: MIT
// A terminal's file: reads and writes, and the clock of readers that wait for a time (VTIME).
#include "internal.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/libc.h>
#include <ferrite/start.h>

enum : uint64_t { TENTH = 100'000'000 };          // ns
enum : uint32_t { READY_ROOM = 256 / FE_SAVING }; // of the output

static struct {
    struct p9_server *server;
    uint64_t bit, also;
    struct terminal_file *first;
} all = {.also = FE_FOREVER};

struct p9_file *terminal_process;

void terminal_files_init(struct p9_server *server, struct p9_file *process, uint64_t bit)
{
    all.server = server;
    all.bit = bit;
    terminal_process = process;
}

void terminal_file_init(struct terminal_file *file, const struct terminal_behind *behind)
{
    terminal_init(&file->terminal, terminal_signal);
    file->behind = behind;
    file->wakes = FE_FOREVER;
    file->node.references = file->node.links = 1;
    file->node.path = p9_path_new();
    file->next = all.first;
    all.first = file;
}

void terminal_file_fini(struct terminal_file *file)
{
    struct terminal_file **at = &all.first;
    while (*at != file) at = &(*at)->next;
    *at = file->next;
}

// --- Time ---

static void arm(void)
{
    uint64_t next = all.also;
    for (struct terminal_file *file = all.first; file; file = file->next) {
        if (file->wakes < next) next = file->wakes;
    }
    if (fe_event_arm(all.server->event, all.bit, next, 0) != OK) fe_exit(4);
}

void terminal_time_also(uint64_t deadline)
{
    all.also = deadline;
    arm();
}

void terminal_time_passed(void)
{
    uint64_t now = fe_clock_monotonic();
    if (all.also <= now) all.also = FE_FOREVER;
    for (struct terminal_file *file = all.first; file; file = file->next) {
        if (file->wakes > now) continue;
        file->wakes = FE_FOREVER;
        p9_node_changed(&file->node); // readers that still wait say until when
    }
    arm();
}

static int64_t wait_until(struct terminal_file *file, uint64_t deadline)
{
    if (deadline < file->wakes) {
        file->wakes = deadline;
        arm();
    }
    return P9_LATER;
}

// --- Reading ---

static int64_t take(struct terminal_file *file, void *to, size_t count)
{
    size_t size = terminal_read(&file->terminal, to, count);
    if (file->behind->freed) file->behind->freed(file);
    return (int64_t)size;
}

// Without canonical mode: VMIN and VTIME say what a read waits for (POSIX, 11.1.7). The time runs
// from the beginning of the read, or with both from the last byte. `progress`: when it ends.
static int64_t read_raw(struct p9_request *request, struct p9_open *open, void *to, size_t count)
{
    struct terminal_file *file = (struct terminal_file *)open->node;
    const uint8_t *key = file->terminal.settings.key;
    size_t there = terminal_available(&file->terminal);
    size_t least = key[KEY_LEAST] < count ? key[KEY_LEAST] : count;
    uint64_t wait = key[KEY_TIME] * TENTH;
    if (there > 0 && (there >= least || (open->flags & OPEN_NONBLOCK) != 0))
        return take(file, to, count);
    if (least == 0 && wait == 0) return 0;
    if (wait == 0 || (least > 0 && there == 0)) return P9_LATER;
    uint64_t now = fe_clock_monotonic();
    if (least > 0) {
        request->progress = file->arrived + wait;
    } else if (request->progress == 0) {
        request->progress = now + wait;
    }
    if (now >= request->progress) return take(file, to, count);
    return wait_until(file, request->progress);
}

int64_t terminal_file_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    struct terminal_file *file = (struct terminal_file *)open->node;
    if (count == 0) return 0;
    if (file->is_hung_up) return 0;
    if (!terminal_is_canonical(&file->terminal)) return read_raw(request, open, to, count);
    return terminal_can_read(&file->terminal) ? take(file, to, count) : P9_LATER;
}

size_t terminal_file_input(struct terminal_file *file, const uint8_t *from, size_t count)
{
    struct terminal *terminal = &file->terminal;
    size_t done = 0;
    while (done < count && terminal_takes(terminal, from[done])) {
        terminal_input(terminal, from[done++]);
    }
    if (terminal->settings.key[KEY_TIME] != 0) file->arrived = fe_clock_monotonic();
    file->behind->flush(file); // echoes
    p9_node_changed(&file->node);
    return done;
}

// --- Writing ---

// A long write goes in by and by; `progress` is how much of it is in.
int64_t terminal_file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            const void *from, size_t count)
{
    struct terminal_file *file = (struct terminal_file *)open->node;
    if (file->is_hung_up) return -EIO;
    bool asks = (file->terminal.settings.local & LOCAL_STOP_BACKGROUND) != 0;
    if (asks && request->progress == 0 && request->word[1] == FE_9P_POSITION) return -EPERM;
    size_t put;
    do { // until what is behind takes no more: it will tell when it does
        put = terminal_write(&file->terminal, (const uint8_t *)from + request->progress,
                             count - request->progress);
        request->progress += put;
        file->behind->flush(file);
    } while (put != 0 && request->progress < count);
    if (request->progress == count) return (int64_t)count;
    if ((open->flags & OPEN_NONBLOCK) == 0) return P9_LATER;
    return request->progress ? (int64_t)request->progress : -EAGAIN;
}

uint32_t terminal_file_ready(struct p9_open *open)
{
    const struct terminal_file *file = (const struct terminal_file *)open->node;
    if (file->is_hung_up) return READY_READ | READY_WRITE | READY_ERROR | READY_HANGUP;
    const uint8_t *key = file->terminal.settings.key;
    size_t least = 1;
    if (!terminal_is_canonical(&file->terminal) && key[KEY_TIME] == 0 && key[KEY_LEAST] > 0)
        least = key[KEY_LEAST];
    bool has_input = terminal_is_canonical(&file->terminal)
                         ? terminal_can_read(&file->terminal)
                         : terminal_available(&file->terminal) >= least;
    return (has_input ? READY_READ : 0) |
           (terminal_output_room(&file->terminal) >= READY_ROOM ? READY_WRITE : 0);
}

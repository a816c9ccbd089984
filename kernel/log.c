// SPDX-License-Identifier: MIT
// The ring of the kernel's log. Positions count bytes since boot, so a reader knows what it missed;
// a second ring tells of each piece that was written when and by whom.
// Everything also goes to the debug console, if there is one and nobody else has claimed it. While
// the machine starts, and when it ends, the log waits for the console; in between nobody does: what
// the console does not take at once follows later, by a timer, and what is overwritten until then
// is in no place any more.
#include "kernel/log.h"
#include "kernel/device/device.h"
#include "kernel/object/event.h"
#include "kernel/string.h"
#include "kernel/time/timer.h"
#include <abi/saving.h>

enum : uint32_t { RING_SIZE = (1u << 16) / FE_SAVING, LINE_SIZE = 256 };
enum : uint32_t { STAMPS = 1024 / FE_SAVING };
enum : uint32_t { SHOW_STEP = 32, TRIES = 1'000'000 }; // characters; for one of them
enum : uint64_t { SHOW_LATER = 1'000'000 };            // ns

static char ring[RING_SIZE];
static uint64_t end, shown; // `shown`: up to where the console has it
static bool is_quiet, is_patient;
static bool is_returned; // the console has the carriage return of the line feed that is next
static struct timer timer;
static struct log_stamp stamps[STAMPS];
static uint64_t stamp_count;  // ever written
static struct event *watcher; // a reference; nullptr: nobody watches
static uint64_t watcher_bits;
static bool has_news; // which the watcher has not been told of

void log_set_quiet(bool quiet)
{
    is_quiet = quiet;
}

// False: there is no room for it.
static bool show_next(void)
{
    char next = ring[shown % RING_SIZE];
    if (next == '\n' && !is_returned) is_returned = debug_console->put('\r');
    if ((next == '\n' && !is_returned) || !debug_console->put(next)) return false;
    is_returned = false;
    shown++;
    return true;
}

bool log_show(void)
{
    if (debug_console == nullptr || is_quiet) shown = end;
    if (end - shown > RING_SIZE) shown = end - RING_SIZE;
    for (uint32_t i = 0; i < SHOW_STEP && shown < end; i++) {
        if (show_next()) continue;
        if (!timer_is_armed(&timer)) timer_arm(&timer, clock_now() + SHOW_LATER);
        return false;
    }
    if (shown == end && !has_news) timer_disarm(&timer);
    return shown < end;
}

static void show_more(struct timer *)
{
    log_tell();
    if (log_show()) timer_arm(&timer, clock_now());
}

// A console that takes nothing for so long is given up.
static void show_all(void)
{
    if (debug_console == nullptr || is_quiet) shown = end;
    for (uint32_t tries = 0; shown < end && tries < TRIES; tries++) {
        if (show_next()) tries = 0;
    }
    shown = end;
}

void log_set_patient(bool patient)
{
    timer.fire = show_more;
    is_patient = patient;
    if (!patient) show_all();
}

void log_watch(struct event *event, uint64_t bits)
{
    if (event != nullptr) object_get(&event->object);
    if (watcher != nullptr) object_put(&watcher->object);
    watcher = event;
    watcher_bits = bits;
    has_news = false;
}

struct event *log_watcher(void)
{
    return watcher;
}

void log_tell(void)
{
    if (!has_news) return;
    has_news = false;
    event_raise(watcher, watcher_bits);
}

void log_write_by(uint64_t process, const char *text, size_t size)
{
    stamps[stamp_count++ % STAMPS] =
        (struct log_stamp){.start = end, .time = is_patient ? clock_now() : 0, .process = process};
    has_news = watcher != nullptr;
    while (size > 0) {
        size_t at = end % RING_SIZE, part = size < RING_SIZE - at ? size : RING_SIZE - at;
        memcpy(ring + at, text, part);
        end += part;
        text += part;
        size -= part;
    }
    if (!is_patient)
        show_all();
    else if (!timer_is_armed(&timer))
        timer_arm(&timer, clock_now());
}

void log_write(const char *text, size_t size)
{
    log_write_by(0, text, size);
}

void log_print(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t size = log_format(line, sizeof line, format, arguments);
    va_end(arguments);
    log_write(line, size < sizeof line ? size : sizeof line - 1);
}

uint64_t log_end(void)
{
    return end;
}

size_t log_copy(uint64_t *position, char *to, size_t size)
{
    uint64_t oldest = end > RING_SIZE ? end - RING_SIZE : 0;
    if (*position < oldest) *position = oldest;
    if (*position > end) *position = end;
    size_t available = (size_t)(end - *position);
    if (size > available) size = available;
    for (size_t done = 0; done < size;) {
        size_t at = *position % RING_SIZE, part = size - done;
        if (part > RING_SIZE - at) part = RING_SIZE - at;
        memcpy(to + done, ring + at, part);
        *position += part;
        done += part;
    }
    return size;
}

// The last one that begins at the position or before; the one after it ends the piece.
static uint64_t find_stamp(uint64_t position)
{
    uint64_t low = stamp_count > STAMPS ? stamp_count - STAMPS : 0, high = stamp_count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (stamps[middle % STAMPS].start <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t log_piece(uint64_t *position, char *to, size_t size, struct log_stamp *stamp)
{
    uint64_t oldest = end > RING_SIZE ? end - RING_SIZE : 0, piece_end = end;
    if (*position < oldest) *position = oldest;
    uint64_t at = find_stamp(*position);
    *stamp = (struct log_stamp){};
    if (at < stamp_count && stamps[at % STAMPS].start <= *position) {
        *stamp = stamps[at % STAMPS];
        at++;
    }
    if (at < stamp_count) piece_end = stamps[at % STAMPS].start;
    if (piece_end > *position && piece_end - *position < size)
        size = (size_t)(piece_end - *position);
    return log_copy(position, to, size);
}

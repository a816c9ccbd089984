// SPDX-License-Identifier: MIT
// The messages that the log service keeps: of each source (a unit, a driver, the kernel) the
// latest, so that one who talks much loses his own and nobody else's. More than BURST at once and
// RATE in a second are dropped, and counted.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum level : uint8_t { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_INFO, LEVEL_DEBUG };

enum : size_t {
    STORE_TEXT_MAX = 1024,    // bytes of one message; the rest of a longer one is another
    STORE_SOURCE_MAX = 32768, // bytes of the messages of one source
    STORE_SOURCES = 64,       // those that come later share one name
    STORE_NAME_MAX = 32,
};
enum : uint32_t { STORE_BURST = 200, STORE_RATE = 20 };

struct message {
    struct message *next, *previous; // of all, in the order in which they came
    struct message *next_own;        // of its source
    const struct source *source;
    uint64_t number; // 1, 2, ...
    uint64_t time;   // ns since boot
    enum level level;
    bool is_own;
    uint8_t record_count;
    uint16_t size;
    char *text;
    uint32_t record[]; // where it is kept for the next log service: memory.c
};

struct source {
    struct source *next;
    char name[STORE_NAME_MAX];
    struct message *first, *last;
    size_t bytes;
    uint64_t allowed; // in ns of RATE: what it may say now
    uint64_t counted; // when that was
    uint64_t told;    // when that was told: not more than once in a second
    uint32_t dropped; // since then
};

struct store {
    struct source *sources;
    uint32_t source_count;
    struct message *first, *last;
    uint64_t count; // the last one's number
    uint64_t heard; // when the last one of an earlier service was said
};

struct said {
    const char *name, *text;
    size_t name_size, text_size;
    enum level level;
    bool is_own; // the log service's: how many were dropped
    uint64_t time;
};

// Takes a line in (without its line feed). False: it was dropped.
bool store_add(struct store *store, const struct said *said);

// What a line of the kernel's log says: "name: <level>text", of which name and level may lack. By
// `is_kernel` the name is the kernel's.
struct said said_read(const char *line, size_t size, bool is_kernel);

// Says of each source how many of its messages were dropped, since that was said.
void store_tell_dropped(struct store *store, uint64_t time);

// The first one after a number; nullptr: none yet.
const struct message *store_after(const struct store *store, uint64_t number);

// What an earlier log service had, as the first thing; and whether that has a message already that
// the kernel tells once more.
void store_restore(struct store *store);
bool store_has(const struct store *store, const struct said *said);

// A message as a line of text; gives its length, at most `size`.
enum : size_t { STORE_LINE_MAX = STORE_TEXT_MAX + STORE_NAME_MAX + 64 };
size_t store_line(const struct message *message, char *to, size_t size);

// SPDX-License-Identifier: MIT
// What the files of trace(1) share: the records (record.c), what is made of them (convert.c), who
// is who (name.c), and the JSON that comes out (json.c).
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <trace/trace.h>

struct records {
    struct fe_trace_record *record;
    size_t count, room;
    uint64_t missing; // for want of memory here
};

// Reads `file`, /dev/trace/data, to its end, which comes when tracing has stopped. 0, or an errno.
int records_read(struct records *records, int file);

// The order in which all of them happened: `count` indices; nullptr: no memory.
size_t *records_order(const struct records *records);

// Processes by the kernel's ids.
void name_note_all(void);                         // all that /proc knows now
void name_note(uint64_t id, const char name[32]); // one that the kernel has named
const char *name_of(uint64_t id);                 // "sh"; "?" when nobody knows
uint32_t name_pid(uint64_t id);                   // 0: none

// A table of zeroed entries of `size` bytes by number, which each begins with.
struct table {
    size_t size, used, room;
    uint8_t *entries;
};
void *table_find(const struct table *table, uint64_t key); // nullptr: none
void *table_get(struct table *table, uint64_t key);        // made when it is not there
void table_each(const struct table *table, void (*each)(void *entry, void *context), void *context);

// The tracks of CPUs: a process of this number, and threads from it on.
enum : uint32_t { CPU_TRACK = 2'000'000'000 };

// An event of the format that chrome://tracing defined: opened, given arguments, closed.
struct json {
    FILE *file;
    uint64_t start; // ns: where the trace begins
    bool has_event, has_argument;
};
struct json_event {
    char phase;    // B begin, E end, i instant, s and f ends of an arrow, M metadata
    uint64_t time; // ns
    uint64_t process, thread;
    const char *name, *category;
};
void json_begin(struct json *json);
void json_event(struct json *json, const struct json_event *event);
void json_text(struct json *json, const char *name, const char *value);
void json_number(struct json *json, const char *name, int64_t value);
void json_hex(struct json *json, const char *name, uint64_t value);
void json_id(struct json *json, char letter, uint64_t id); // of an arrow, after json_event
void json_event_end(struct json *json);
void json_end(struct json *json, uint64_t lost);

// Writes all of `records` as events. How many the rings lost on the way.
uint64_t convert(const struct records *records, const size_t *order, struct json *json);

// SPDX-License-Identifier: MIT
// Feeds trace(1) with records. An input is those, of eight bytes each (see record_of), which come
// in pieces of any number of records. What comes out is lines of JSON, whose slices nest and end,
// each on its own track, in the order of their times.
#define _GNU_SOURCE // reallocarray, open_memstream
#include "lib/ferrite/status.c"
#include "program/trace/convert.c"
#include "program/trace/json.c"
#include "program/trace/name.c"
#include "program/trace/table.c"

#include <sys/types.h>
#include <unistd.h>

static ssize_t records_give(int file, void *to, size_t size);
#define read records_give
#include "program/trace/record.c"
#undef read

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : size_t { PACKED = 8, TRACKS = 512 };
enum : uint8_t { KINDS = TRACE_KIND_COUNT + 2 };

static const uint8_t *at, *end; // of the input
static uint64_t counter;

static void must(bool condition)
{
    if (!condition) abort();
}

void fe_log(const char *format, ...) {}

size_t fe_format(char *text, size_t size, const char *format, ...)
{
    return 0;
}

uint64_t fe_clock_from_counter(uint64_t value)
{
    return value;
}

struct proc *proc_list(size_t *count)
{
    return nullptr;
}

// Numbers from 0xf0 on are the largest ones.
static uint64_t number_of(uint8_t byte)
{
    return byte >= 0xf0 ? (uint64_t)(int64_t)(int8_t)byte : byte;
}

// Kind; thread and process (4 bits each); how much later (0xff: before all others); CPU; detail;
// three words, of which the last one stands for the fourth, too.
static struct fe_trace_record record_of(const uint8_t packed[PACKED])
{
    uint16_t kind = packed[0] % KINDS;
    counter += packed[2];
    return (struct fe_trace_record){
        .counter = packed[2] == 0xff ? 0 : counter,
        .process = packed[1] >> 4,
        .thread = packed[1] & 15,
        .kind = kind == KINDS - 1 ? TRACE_LOST : (enum fe_trace_kind)kind,
        .cpu = (uint16_t)number_of(packed[3]),
        .detail = (uint32_t)number_of(packed[4]),
        .word = {number_of(packed[5]), number_of(packed[6]), number_of(packed[7]),
                 number_of(packed[7])},
    };
}

static ssize_t records_give(int file, void *to, size_t size)
{
    struct fe_trace_record *record = to;
    size_t count = 0, most = size / sizeof *record;
    if (at < end && *at % 4 + 1u < most) most = *at % 4 + 1u;
    for (; count < most && (size_t)(end - at) >= PACKED; count++, at += PACKED)
        record[count] = record_of(at);
    return (ssize_t)(count * sizeof *record);
}

// --- What comes out ---

struct track {
    uint64_t process, thread;
    uint32_t open; // slices
    bool is_used;
};
static struct track tracks[TRACKS];

static struct track *track_of(uint64_t process, uint64_t thread)
{
    size_t place = (size_t)(process * 31 + thread) % TRACKS;
    while (tracks[place].is_used &&
           (tracks[place].process != process || tracks[place].thread != thread))
        place = (place + 1) % TRACKS;
    tracks[place].process = process;
    tracks[place].thread = thread;
    tracks[place].is_used = true;
    return &tracks[place];
}

// Strings end, and hold nothing that would have to be written otherwise; braces are in pairs.
static void line_check(const char *line)
{
    int depth = 0;
    bool is_text = false;
    for (; *line != '\0' && *line != '\n'; line++) {
        must(*line >= ' ' && *line < 0x7f);
        if (*line == '"') is_text = !is_text;
        if (is_text && *line == '\\') must(*++line != '\n');
        if (is_text) continue;
        depth += (*line == '{') - (*line == '}');
        must(depth >= 0);
    }
    must(!is_text && depth == 0);
}

static uint64_t event_check(const char *line, uint64_t before)
{
    char phase;
    unsigned long long whole, part, process, thread;
    must(sscanf(line, "{\"ph\":\"%c\",\"ts\":%llu.%llu,\"pid\":%llu,\"tid\":%llu", &phase, &whole,
                &part, &process, &thread) == 5);
    line_check(line);
    if (phase == 'M') return before;
    struct track *track = track_of(process, thread);
    if (phase == 'B') track->open++;
    if (phase == 'E') must(track->open-- != 0);
    must(whole * 1000 + part >= before);
    return whole * 1000 + part;
}

static void output_check(const char *text)
{
    uint64_t time = 0;
    for (const char *line = strchr(text, '\n'); line != nullptr; line = strchr(line + 1, '\n')) {
        if (line[1] == '{') time = event_check(line + 1, time);
    }
    for (size_t i = 0; i < TRACKS; i++) must(tracks[i].open == 0);
    memset(tracks, 0, sizeof tracks);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct records records = {};
    struct json json = {};
    char *text;
    size_t length;
    at = input;
    end = input + (size < TRACKS / 2 * PACKED ? size : TRACKS / 2 * PACKED);
    counter = 1;
    must(records_read(&records, 0) == 0);
    must(records.count == (size_t)(end - input) / PACKED && records.missing == 0);
    size_t *order = records_order(&records);
    json.file = open_memstream(&text, &length);
    json_begin(&json);
    json_end(&json, convert(&records, order, &json));
    fclose(json.file);
    output_check(text);
    free(text);
    free(order);
    free(records.record);
    free(names.entries);
    names = (struct table){.size = sizeof(struct name)};
    return 0;
}

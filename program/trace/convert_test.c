// SPDX-License-Identifier: MIT
// Events of records that do not fit together: every slice ends, on the track on which it began.
#include "test/unit.h"

#include "convert.c"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t fe_clock_from_counter(uint64_t counter)
{
    return counter;
}

const char *fe_status_text(enum status status)
{
    return "status";
}

void name_note(uint64_t id, const char name[32]) {}

const char *name_of(uint64_t id)
{
    return "name";
}

uint32_t name_pid(uint64_t id)
{
    return 0;
}

static char *converted(struct fe_trace_record *record, size_t count)
{
    char *text;
    size_t size, order[8];
    struct records records = {.record = record, .count = count};
    struct json json = {.file = open_memstream(&text, &size)};
    for (size_t i = 0; i < count; i++) order[i] = i;
    (void)convert(&records, order, &json);
    fclose(json.file);
    return text;
}

static size_t count_of(const char *text, char phase, const char *track)
{
    char start[16];
    size_t found = 0;
    snprintf(start, sizeof start, "{\"ph\":\"%c\"", phase);
    for (const char *at = text; (at = strstr(at, start)) != nullptr; at++) {
        size_t length = strcspn(at, "\n");
        found += memmem(at, length, track, strlen(track)) != nullptr;
    }
    return found;
}

TEST("a call ends on the track of the process that made it")
{
    struct fe_trace_record record[] = {
        {.counter = 1, .process = 1, .thread = 7, .kind = TRACE_CALL},
        {.counter = 2, .process = 2, .thread = 7, .kind = TRACE_RETURN},
        {.counter = 3, .process = 2, .thread = 7, .kind = TRACE_CALL},
    };
    char *text = converted(record, 3);
    EXPECT(count_of(text, 'B', "\"pid\":1,\"tid\":7") == 1);
    EXPECT(count_of(text, 'E', "\"pid\":1,\"tid\":7") == 1);
    EXPECT(count_of(text, 'B', "\"pid\":2,\"tid\":7") == 1);
    EXPECT(count_of(text, 'E', "\"pid\":2,\"tid\":7") == 1);
    free(text);
}

TEST("a call of nobody is none")
{
    struct fe_trace_record record[] = {
        {.counter = 1, .kind = TRACE_CALL},
        {.counter = 2, .kind = TRACE_REQUEST, .word = {7, 8, 9}},
    };
    char *text = converted(record, 2);
    EXPECT(count_of(text, 'B', "") == 0 && count_of(text, 'E', "") == 0);
    free(text);
}

// SPDX-License-Identifier: MIT
// Events in the Trace Event Format, one a line. Times are in microseconds, with three digits.
#include "trace.h"
#include <inttypes.h>

static void string_write(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char letter = (unsigned char)*text;
        if (letter < ' ' || letter >= 0x7f) {
            fprintf(file, "\\u%04x", letter);
            continue;
        }
        if (letter == '"' || letter == '\\') fputc('\\', file);
        fputc(letter, file);
    }
    fputc('"', file);
}

void json_begin(struct json *json)
{
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", json->file);
}

void json_event(struct json *json, const struct json_event *event)
{
    uint64_t time = event->time > json->start ? event->time - json->start : 0;
    fprintf(json->file,
            "%s\n{\"ph\":\"%c\",\"ts\":%" PRIu64 ".%03" PRIu64 ",\"pid\":%" PRIu64
            ",\"tid\":%" PRIu64,
            json->has_event ? "," : "", event->phase, time / 1000, time % 1000, event->process,
            event->thread);
    if (event->name != nullptr) {
        fputs(",\"name\":", json->file);
        string_write(json->file, event->name);
    }
    if (event->category != nullptr) fprintf(json->file, ",\"cat\":\"%s\"", event->category);
    if (event->phase == 'i') fputs(",\"s\":\"t\"", json->file);
    json->has_event = true;
    json->has_argument = false;
}

void json_id(struct json *json, char letter, uint64_t id)
{
    fprintf(json->file, ",\"id\":\"%c%" PRIx64 "\",\"bp\":\"e\"", letter, id);
}

static void argument(struct json *json, const char *name)
{
    fprintf(json->file, "%s\"%s\":", json->has_argument ? "," : ",\"args\":{", name);
    json->has_argument = true;
}

void json_text(struct json *json, const char *name, const char *value)
{
    argument(json, name);
    string_write(json->file, value);
}

void json_number(struct json *json, const char *name, int64_t value)
{
    argument(json, name);
    fprintf(json->file, "%" PRId64, value);
}

void json_hex(struct json *json, const char *name, uint64_t value)
{
    argument(json, name);
    fprintf(json->file, "\"0x%" PRIx64 "\"", value);
}

void json_event_end(struct json *json)
{
    fputs(json->has_argument ? "}}" : "}", json->file);
}

void json_end(struct json *json, uint64_t lost)
{
    fprintf(json->file, "\n],\"otherData\":{\"lost\":%" PRIu64 "}}\n", lost);
}

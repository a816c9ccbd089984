// SPDX-License-Identifier: MIT
// Following a ring. The kernel begins record number n only after `next` said n, so whoever copied a
// record and then sees that `next` is less than a capacity away has copied the whole of it.
#include <ferrite/libc.h>
#include <ferrite/wide.h>
#include <trace/trace.h>

static uint64_t next(const struct trace_cursor *cursor)
{
    return fe_count_read(&cursor->head->next);
}

// The number of the oldest record that is whole when `next` is the next one. Its predecessor may
// be being overwritten.
static uint64_t oldest(const struct fe_trace_head *head, uint64_t next)
{
    return next < head->capacity ? 0 : next - head->capacity + 1;
}

static const struct fe_trace_record *record(const struct fe_trace_head *head, uint64_t number)
{
    const uint8_t *base = (const uint8_t *)head + FE_TRACE_RECORDS;
    return (const struct fe_trace_record *)base + number % head->capacity;
}

void trace_begin(struct trace_cursor *cursor, const struct fe_trace_head *head)
{
    cursor->head = head;
    cursor->position = oldest(head, next(cursor));
}

uint64_t trace_available(const struct trace_cursor *cursor)
{
    return next(cursor) - cursor->position;
}

// Moves up to the oldest whole record; how many were passed over.
static uint64_t catch_up(struct trace_cursor *cursor)
{
    uint64_t first = oldest(cursor->head, next(cursor));
    if (first <= cursor->position) return 0;
    uint64_t lost = first - cursor->position;
    cursor->position = first;
    return lost;
}

size_t trace_read(struct trace_cursor *cursor, struct fe_trace_record *records, size_t count,
                  uint64_t *lost)
{
    *lost = catch_up(cursor);
    uint64_t end = next(cursor);
    if (count > end - cursor->position) count = (size_t)(end - cursor->position);
    for (size_t i = 0; i < count; i++) records[i] = *record(cursor->head, cursor->position + i);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uint64_t spoilt = catch_up(cursor); // while they were copied: the first ones
    *lost += spoilt;
    if (spoilt >= count) return 0;
    count -= (size_t)spoilt;
    memmove(records, records + spoilt, count * sizeof *records);
    cursor->position += count;
    return count;
}

static const char *const names[] = {
    [TRACE_SWITCH] = "switch",     [TRACE_CALL] = "call",           [TRACE_RETURN] = "return",
    [TRACE_REQUEST] = "request",   [TRACE_REPLY] = "reply",         [TRACE_WAKE] = "wake",
    [TRACE_TIMER] = "timer",       [TRACE_INTERRUPT] = "interrupt", [TRACE_FAULT] = "fault",
    [TRACE_PRIORITY] = "priority", [TRACE_RELEASE] = "release",     [TRACE_MISS] = "miss",
    [TRACE_OVERRUN] = "overrun",   [TRACE_PROCESS] = "process",     [TRACE_EXIT] = "exit",
};
static_assert(sizeof names / sizeof *names == TRACE_KIND_COUNT);

const char *trace_kind_name(uint32_t kind)
{
    return kind < TRACE_KIND_COUNT ? names[kind] : nullptr;
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == ',' || letter == '\n';
}

// The bits of one name.
static uint64_t bits_of(const char *name, size_t size)
{
    if (size == 3 && memcmp(name, "all", 3) == 0) return (1ull << TRACE_KIND_COUNT) - 1;
    for (uint32_t kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        if (strlen(names[kind]) == size && memcmp(name, names[kind], size) == 0)
            return 1ull << kind;
    }
    return 0;
}

bool trace_kinds_parse(const char *text, size_t size, uint64_t *kinds)
{
    *kinds = 0;
    for (size_t at = 0, end; at < size; at = end) {
        for (end = at; end < size && !is_blank(text[end]);) end++;
        if (end == at) {
            end++;
            continue;
        }
        uint64_t bits = bits_of(text + at, end - at);
        if (bits == 0) return false;
        *kinds |= bits;
    }
    return true;
}

// SPDX-License-Identifier: MIT
// A ring that a test writes as the kernel does, around its end and past the reader.
#include "test/unit.h"

#include <string.h>
#include <trace/trace.h>

enum : uint32_t { CAPACITY = 8 };

static struct {
    _Alignas(4096) struct fe_trace_head head;
    _Alignas(4096) struct fe_trace_record records[CAPACITY];
} ring;

static void ring_reset(uint64_t next)
{
    memset(&ring, 0, sizeof ring);
    ring.head.capacity = CAPACITY;
    ring.head.next = next;
}

static void ring_write(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        ring.records[ring.head.next % CAPACITY].counter = ring.head.next;
        ring.head.next++;
    }
}

// Reads up to `count`; true when they are numbers `first` on, `want` of them, after `lost` others.
static bool gets(struct trace_cursor *cursor, size_t count, uint64_t first, size_t want,
                 uint64_t lost)
{
    struct fe_trace_record records[2 * CAPACITY];
    uint64_t missing;
    size_t got = trace_read(cursor, records, count, &missing);
    for (size_t i = 0; i < got; i++) {
        if (records[i].counter != first + i) return false;
    }
    return got == want && missing == lost;
}

TEST("what was written is read in order, once")
{
    struct trace_cursor cursor;
    ring_reset(0);
    trace_begin(&cursor, &ring.head);
    EXPECT(gets(&cursor, 4, 0, 0, 0));
    ring_write(5);
    EXPECT(trace_available(&cursor) == 5 && gets(&cursor, 3, 0, 3, 0));
    EXPECT(gets(&cursor, 9, 3, 2, 0) && trace_available(&cursor) == 0);
    for (uint64_t n = 5; n < 100; n += 5) {
        ring_write(5);
        EXPECT(gets(&cursor, 9, n, 5, 0));
    }
}

TEST("a reader that was overrun is told how many it missed")
{
    struct trace_cursor cursor;
    ring_reset(0);
    trace_begin(&cursor, &ring.head);
    ring_write(CAPACITY - 1);
    EXPECT(gets(&cursor, 16, 0, CAPACITY - 1, 0)); // all but full
    ring_write(CAPACITY);
    // Full: the oldest one's place is where the kernel may be writing now.
    EXPECT(gets(&cursor, 16, CAPACITY, CAPACITY - 1, 1));
    ring_write(1000);
    EXPECT(gets(&cursor, 2, 1000 + CAPACITY, 2, 1000 + CAPACITY - 15));
    EXPECT(gets(&cursor, 16, 1002 + CAPACITY, CAPACITY - 3, 0));
}

TEST("who comes late begins with the oldest record, whatever the numbers are")
{
    struct trace_cursor cursor;
    ring_reset(0);
    ring_write(20);
    trace_begin(&cursor, &ring.head);
    EXPECT(gets(&cursor, 16, 13, 7, 0));
    uint64_t far = 0xffff'ffff'fffcu * CAPACITY + 3;
    ring_reset(far);
    trace_begin(&cursor, &ring.head);
    cursor.position = far;
    ring_write(3);
    EXPECT(gets(&cursor, 16, far, 3, 0));
}

TEST("kinds are named, and lists of them are understood or refused")
{
    uint64_t kinds;
    EXPECT(strcmp(trace_kind_name(TRACE_SWITCH), "switch") == 0);
    EXPECT(trace_kind_name(TRACE_KIND_COUNT) == nullptr);
    EXPECT(trace_kinds_parse("switch,call wake\n", 17, &kinds));
    EXPECT(kinds == (1u << TRACE_SWITCH | 1u << TRACE_CALL | 1u << TRACE_WAKE));
    EXPECT(trace_kinds_parse("all", 3, &kinds) && kinds == (1u << TRACE_KIND_COUNT) - 1);
    EXPECT(trace_kinds_parse("", 0, &kinds) && kinds == 0);
    EXPECT(!trace_kinds_parse("swit", 4, &kinds) && !trace_kinds_parse("call x", 6, &kinds));
}

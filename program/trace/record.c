// SPDX-License-Identifier: MIT
// Gathering records in memory, and putting those of all CPUs into one order.
#include "trace.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum : size_t { RECORD = sizeof(struct fe_trace_record), PIECE = 1024 };

static bool reserve(struct records *records)
{
    if (records->room - records->count >= PIECE) return true;
    size_t room = records->room == 0 ? 16 * PIECE : 2 * records->room;
    struct fe_trace_record *grown = reallocarray(records->record, room, RECORD);
    if (grown == nullptr) return false;
    records->record = grown;
    records->room = room;
    return true;
}

// When memory ends the rest is only counted: tracing goes on to its end all the same.
int records_read(struct records *records, int file)
{
    static struct fe_trace_record spare[PIECE];
    for (;;) {
        bool has_room = reserve(records);
        struct fe_trace_record *to = has_room ? records->record + records->count : spare;
        ssize_t size = read(file, to, PIECE * RECORD);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return size < 0 ? errno : 0;
        if (has_room)
            records->count += (size_t)size / RECORD;
        else
            records->missing += (size_t)size / RECORD;
    }
}

static const struct fe_trace_record *sorted;

// Records of one CPU come in their order, so that is the order of those with equal times.
static int by_time(const void *a, const void *b)
{
    size_t first = *(const size_t *)a, second = *(const size_t *)b;
    uint64_t one = sorted[first].counter, other = sorted[second].counter;
    if (one != other) return one < other ? -1 : 1;
    return first < second ? -1 : first > second;
}

size_t *records_order(const struct records *records)
{
    size_t *order = calloc(records->count + 1, sizeof *order);
    if (order == nullptr) return nullptr;
    for (size_t i = 0; i < records->count; i++) order[i] = i;
    sorted = records->record;
    qsort(order, records->count, sizeof *order, by_time);
    return order;
}

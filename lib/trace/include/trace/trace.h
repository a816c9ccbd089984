// SPDX-License-Identifier: MIT
// Reading a trace ring (abi/trace.h) while the kernel writes it, and the names of the kinds.
// Readers share nothing: each has its cursor.
#pragma once

#include <abi/trace.h>
#include <stddef.h>

struct trace_cursor {
    const struct fe_trace_head *head; // the mapped ring
    uint64_t position;                // number of the record that is read next
};

// At the oldest record that is still there.
void trace_begin(struct trace_cursor *cursor, const struct fe_trace_head *head);

// How many records there are to read, those that are lost included.
uint64_t trace_available(const struct trace_cursor *cursor);

// Copies up to `count` records. `*lost` is how many before them were overwritten unread.
size_t trace_read(struct trace_cursor *cursor, struct fe_trace_record *records, size_t count,
                  uint64_t *lost);

// "switch", "call", ...; nullptr: no such kind.
const char *trace_kind_name(uint32_t kind);

// The bits of a list of names separated by blanks or commas ("all": each of them); `size` bytes.
// False: a name is none.
bool trace_kinds_parse(const char *names, size_t size, uint64_t *kinds);

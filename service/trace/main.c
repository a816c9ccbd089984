// SPDX-License-Identifier: MIT
// /dev/trace: the kernel's trace rings as files (trace(4)). `ctl` turns tracing on and off; `data`
// is what was recorded. A reader waits until half a ring is new or tracing has stopped, so neither
// side polls. The last reader's leaving turns tracing off and gives the rings back.
#include "rings.h"
#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t { BIT_HALF = 1 };
enum : uint32_t { CAPACITY = 16384, WHEEL = 10 };
enum : size_t { RECORD = sizeof(struct fe_trace_record) };

// An open `data`.
struct reader {
    uint64_t made; // for which rings the cursors are
    uint32_t count, turn;
    struct trace_cursor cursor[];
};

static struct p9_server server = {.name = "trace"};
static struct p9_node *data_node;
static fe_handle resource;
static uint32_t capacity = CAPACITY, readers;
static uint64_t kinds, lost; // 0: off; records that some reader missed

static int error_of(enum status status)
{
    switch (status) {
    case OK: return 0;
    case ERR_BAD_ARGUMENT: return -EINVAL;
    case ERR_NO_MEMORY:
    case ERR_QUOTA: return -ENOMEM;
    default: return -EIO;
    }
}

// --- ctl -------------------------------------------------------------------------------------

static void stop(void)
{
    (void)!fe_trace_stop(resource);
    kinds = 0;
    rings_flush();
    p9_node_changed(data_node);
}

// Rings of the right size that are there already go on, with what is in them.
static int start(const char *names, size_t size)
{
    uint64_t wanted;
    if (!trace_kinds_parse(names, size, &wanted)) return -EINVAL;
    if (wanted == 0) wanted = (1ull << TRACE_KIND_COUNT) - 1;
    if (ring_count == 0 || rings[0].head->capacity != capacity) {
        int error = error_of(rings_create(resource, capacity));
        if (error != 0) return error;
    }
    int error = error_of(fe_trace_start(resource, wanted, server.event, BIT_HALF));
    if (error == 0) kinds = wanted;
    return error;
}

static int set_size(const char *text)
{
    char *end;
    unsigned long long wanted = strtoull(text, &end, 10);
    if (end == text || (*end != '\0' && *end != '\n')) return -EINVAL;
    if (wanted < 64 || wanted > 1u << 15 || (wanted & (wanted - 1)) != 0) return -EINVAL;
    if (kinds != 0) return -EBUSY;
    capacity = (uint32_t)wanted;
    return 0;
}

static int command(struct p9_request *request, void *context, const char *text, size_t size)
{
    char line[256];
    if (size >= sizeof line) return -EINVAL;
    memcpy(line, text, size);
    line[size] = '\0';
    if (strncmp(line, "start", 5) == 0 && strchr(" \n", line[5])) {
        return start(line + 5, strlen(line + 5));
    }
    if (strncmp(line, "size ", 5) == 0) return set_size(line + 5);
    if (strcmp(line, "stop") != 0 && strcmp(line, "stop\n") != 0) return -EINVAL;
    stop();
    return 0;
}

static int print_state(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "tracing %s\nkinds", kinds != 0 ? "on" : "off");
    for (uint32_t kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        if (kinds >> kind & 1) p9_print(text, " %s", trace_kind_name(kind));
    }
    p9_print(text, "\nsize %u\nrings %u\nrecords %llu\nlost %llu\n", capacity, ring_count,
             (unsigned long long)rings_written(), (unsigned long long)lost);
    return 0;
}

// --- data ------------------------------------------------------------------------------------

// The reader's cursors, into the rings that are there now.
static struct reader *reader_of(struct p9_open *open)
{
    struct reader *reader = open->state;
    if (reader != nullptr && reader->made == rings_made) return reader;
    free(reader);
    open->state = nullptr;
    reader = calloc(1, sizeof *reader + ring_count * sizeof *reader->cursor);
    if (reader == nullptr) return nullptr;
    reader->made = rings_made;
    reader->count = ring_count;
    for (uint32_t i = 0; i < ring_count; i++) trace_begin(&reader->cursor[i], rings[i].head);
    open->state = reader;
    return reader;
}

// True when one ring has what is due, or has gone round.
static bool is_due(const struct reader *reader)
{
    for (uint32_t i = 0; i < reader->count; i++) {
        if (reader->cursor[i].position < rings[i].due) return true;
    }
    return false;
}

static size_t take(struct reader *reader, uint32_t index, struct fe_trace_record *to, size_t room)
{
    struct trace_cursor *cursor = &reader->cursor[index];
    uint64_t missing;
    if (trace_available(cursor) == 0) return 0;
    size_t got = trace_read(cursor, to + 1, room - 1, &missing);
    if (missing == 0) {
        memmove(to, to + 1, got * RECORD);
        return got;
    }
    *to = (struct fe_trace_record){.kind = TRACE_LOST, .cpu = (uint16_t)index, .word = {missing}};
    if (got > 0) to->counter = to[1].counter;
    lost += missing;
    return got + 1;
}

static int64_t data_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    struct reader *reader = reader_of(open);
    size_t room = count / RECORD, got = 0;
    if (reader == nullptr) return -ENOMEM;
    if (room < 2) return -EINVAL;
    if (kinds != 0 && !is_due(reader)) return P9_LATER;
    for (uint32_t i = 0; i < reader->count && got == 0; i++) {
        uint32_t index = (reader->turn + i) % reader->count;
        if (kinds != 0 && reader->cursor[index].position >= rings[index].due) continue;
        got = take(reader, index, to, room);
        reader->turn = index + 1;
    }
    return (int64_t)got * RECORD;
}

static uint32_t data_ready(struct p9_open *open)
{
    const struct reader *reader = reader_of(open);
    return reader == nullptr || kinds == 0 || is_due(reader) ? POLLIN : 0;
}

static int data_open(struct p9_request *request, struct p9_open *open)
{
    if ((open->flags & OPEN_ACCESS) != OPEN_READ) return -EACCES;
    readers++;
    return 0;
}

static void data_close(struct p9_open *open)
{
    free(open->state);
    open->state = nullptr;
    if (--readers != 0) return;
    stop();
    rings_destroy();
    rings_made++;
}

static void signalled(struct p9_server *, uint64_t)
{
    rings_flush();
    p9_node_changed(data_node);
}

int main(void)
{
    static const struct p9_operations data_operations = {
        .open = data_open, .close = data_close, .read = data_read, .ready = data_ready};
    static const struct p9_tree_entry control = {
        .path = "ctl", .mode = 0660, .gid = WHEEL, .text = print_state, .command = command};
    static const struct p9_tree_entry data = {
        .path = "data", .mode = 0440, .gid = WHEEL, .operations = &data_operations};
    resource = fe_start_handle("resource/system");
    server.signalled = signalled;
    if (p9_tree_create(&control, 1, &server.root) != 0) return 2;
    if (p9_tree_add(server.root, &data, &data_node) != 0) return 2;
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 3;
    p9_serve(&server);
}

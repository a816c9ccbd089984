// SPDX-License-Identifier: MIT
// The log service. What the kernel, the services and the drivers say is in the kernel's log, which
// is short; this service is told when it grows, takes it in by source, with time and level
// (store.h), and shows it: /dev/log is all of it, /dev/logs/<source> what one said, and
// /dev/logs/follow goes on with what comes. Started again, it has what the one before had, and
// reads in the kernel's log what was said meanwhile.
//
// With the argument `keep FOLDER` it is another service, which writes the messages to a disk
// (keep.c).
#include "keep.h"
#include "store.h"

#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/start.h>
#include <kept/kept.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum : uint64_t { BIT_NEWS = 1, BIT_DROPPED = 2, DROPPED_AFTER = 1'000'000'000 };

static struct p9_server server = {.name = "log"};
static struct store store;
static struct p9_node *folder, *follow_node;
static uint64_t position; // in the kernel's log
static uint64_t kept;     // the last message that a reader of `follow` came back from
static uint32_t *lasting; // ... for the next log service; nullptr: nothing is kept

// A line may come in pieces; those of the others then end it.
static struct line {
    char text[STORE_TEXT_MAX];
    size_t size;
    uint64_t time, process;
} line;

static int print_all(struct p9_request *, void *source, struct p9_text *text)
{
    char out[STORE_LINE_MAX];
    for (const struct message *message = store.first; message; message = message->next) {
        if (source != nullptr && message->source != source) continue;
        p9_print_bytes(text, out, store_line(message, out, sizeof out));
    }
    return 0;
}

// A file for a source that spoke for the first time.
static void show_source(struct source *source)
{
    const struct p9_tree_entry entry = {
        .path = source->name, .mode = 0444, .text = print_all, .context = source};
    struct p9_node *node;
    (void)!p9_tree_add(folder, &entry, &node);
}

static void line_end(void)
{
    if (line.size == 0) return;
    struct said said = said_read(line.text, line.size, line.process == 0);
    said.time = line.time;
    line.size = 0;
    if (store_has(&store, &said)) return;
    const struct source *newest = store.sources;
    bool is_taken = store_add(&store, &said);
    if (store.sources != newest) show_source(store.sources);
    if (!is_taken) (void)!fe_event_arm(server.event, BIT_DROPPED, fe_clock_after(DROPPED_AFTER), 0);
}

static void take(const char *text, const struct fe_log_piece *piece)
{
    if (piece->process != line.process) line_end();
    for (size_t i = 0; i < piece->size; i++) {
        if (line.size == 0) {
            line.time = piece->time;
            line.process = piece->process;
        }
        if (text[i] == '\n' || line.size == sizeof line.text) line_end();
        if (text[i] != '\n' && text[i] != '\r') line.text[line.size++] = text[i];
    }
}

static void read_kernel(void)
{
    uint64_t before = store.count;
    for (;;) {
        char text[STORE_TEXT_MAX];
        struct fe_log_piece piece;
        if (fe_log_read(fe_start_handle("resource/debug"), position, text, sizeof text, &piece) !=
                OK ||
            piece.size == 0)
            break;
        position = piece.next;
        take(text, &piece);
    }
    if (store.count != before) p9_node_changed(follow_node);
}

static void signalled(struct p9_server *, uint64_t bits)
{
    if ((bits & BIT_DROPPED) != 0) {
        store_tell_dropped(&store, fe_clock_monotonic());
        p9_node_changed(follow_node);
    }
    if ((bits & BIT_NEWS) != 0) read_kernel();
}

// --- /dev/logs/follow: a reader gets what there is, and waits for more. Asking for more tells that
// he has dealt with what he got; the next reader gets what nobody has dealt with.

struct cursor {
    uint64_t given;
};

static int follow_open(struct p9_request *request, struct p9_open *open)
{
    if (request->identity->uid != 0) return -EACCES; // who asks moves what others get
    struct cursor *cursor = malloc(sizeof *cursor);
    if (cursor == nullptr) return -ENOMEM;
    cursor->given = kept;
    open->state = cursor;
    return 0;
}

static void follow_close(struct p9_open *open)
{
    free(open->state);
}

static int64_t follow_read(struct p9_request *, struct p9_open *open, uint64_t, void *to,
                           size_t count)
{
    struct cursor *cursor = open->state;
    size_t done = 0;
    if (cursor->given > kept) kept = cursor->given;
    if (lasting != nullptr) *lasting = (uint32_t)kept;
    const struct message *message = store_after(&store, cursor->given);
    if (message == nullptr) return P9_LATER;
    for (; message; message = message->next) {
        char out[STORE_LINE_MAX];
        size_t size = store_line(message, out, sizeof out);
        if (size > count - done) break;
        memcpy((char *)to + done, out, size);
        done += size;
        cursor->given = message->number;
    }
    return done == 0 ? -EINVAL : (int64_t)done;
}

static uint32_t follow_ready(struct p9_open *open)
{
    const struct cursor *cursor = open->state;
    return store.count > cursor->given ? POLLIN : 0;
}

static int serve(void)
{
    static const struct p9_operations follow = {
        .open = follow_open, .close = follow_close, .read = follow_read, .ready = follow_ready};
    static const struct p9_tree_entry all = {.path = "log", .mode = 0444, .text = print_all};
    static const struct p9_tree_entry next = {
        .path = "follow", .mode = 0400, .operations = &follow};
    struct p9_node *node;
    server.signalled = signalled;
    if (p9_tree_create(nullptr, 0, &server.root) != 0 || p9_tree_create(nullptr, 0, &folder) != 0 ||
        p9_tree_add(server.root, &all, &node) != 0 ||
        p9_tree_add(folder, &next, &follow_node) != 0 || p9_server_init(&server) != OK)
        return 1;
    fe_handle debug = fe_start_handle("resource/debug");
    if (fe_log_watch(debug, server.event, BIT_NEWS) != OK) return 1;
    store_restore(&store);
    for (struct source *source = store.sources; source; source = source->next) show_source(source);
    lasting = kept_number();
    if (lasting != nullptr) kept = *lasting;
    read_kernel();
    if (p9_server_ready(&server, "log", node) != OK) return 1;
    if (p9_server_ready(&server, "logs", folder) != OK) return 1;
    p9_serve(&server);
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "keep") == 0) return keep(arguments[2]);
    return serve();
}

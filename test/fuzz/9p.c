// SPDX-License-Identifier: MIT
// Feeds the protocol's server with any sequence of messages, over the kernel that is a table. A
// message is a byte that says which operation, one that says which of the first sessions, a byte
// for each word (small numbers, or ones near the end of all numbers), and a size with its bytes of
// data. The tree has texts, commands, links, folders and a file that waits. After each input the
// sessions end, and what they held is gone.
#include "lib/9p/fake_kernel.h"

#include "lib/9p/attribute_operations.c"
#include "lib/9p/children.c"
#include "lib/9p/connection.c"
#include "lib/9p/file_operations.c"
#include "lib/9p/lock.c"
#include "lib/9p/name.c"
#define path_of path_of_name // two files have one of their own
#include "lib/9p/name_operations.c"
#undef path_of
#include "lib/9p/revive.c"
#include "lib/9p/server.c"
#include "lib/9p/session_operations.c"
#include "lib/9p/tree.c"
#include "lib/9p/wait.c"
#include "lib/9p/walk.c"
#include "lib/ferrite/format.c"
#include "lib/ferrite/handle.c"
#include "lib/ferrite/lock.c"

#include <ferrite/start.h>
#include <user/syscalls.c>

#include <stdio.h>

enum : uint32_t { SESSIONS = 4, HANDLES = 256 };

// Nobody watches.
static uint32_t came_round = 1;
uint32_t *fe_watchdog_word = &came_round;

void fe_watchdog_begin(void) {}

void fe_watchdog_tell(void) {}

static struct p9_server server = {.name = "fuzz"};
static fe_handle connector, first_free;
static bool has_input;

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// A conversation to begin with, in the folder of inputs, which is the last argument: a file that
// waits is opened, read and polled, another one is read, a folder listed.
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    enum : uint8_t { ROOT = FE_9P_ROOT_FID, WAIT = 2, TEXT = 3, LIST = 4, SESSION = 1, EVENT = 77 };
    static const uint8_t good[] = {
        P9_OPEN, SESSION, ROOT,  WAIT, 0,       0,       0,    0,    0,   0,          4,
        'w',     'a',     'i',   't',  P9_READ, SESSION, WAIT, 0,    9,   0,          0,
        0,       0,       0,     0,    P9_POLL, SESSION, WAIT, 1,    1,   0,          0,
        0,       0,       EVENT, 0,    P9_OPEN, SESSION, ROOT, TEXT, 0,   0,          0,
        0,       0,       0,     5,    'h',     'e',     'l',  'l',  'o', P9_READ,    SESSION,
        TEXT,    0,       9,     0,    0,       0,       0,    0,    0,   P9_OPEN,    SESSION,
        ROOT,    LIST,    0,     0,    0,       0,       0,    0,    0,   P9_READDIR, SESSION,
        LIST,    0,       9,     0,    0,       0,       0,    0,    0,   P9_CLUNK,   SESSION,
        TEXT,    0,       0,     0,    0,       0,       0,    0,    0,
    };
    char path[4096];
    snprintf(path, sizeof path, "%s/good", (*arguments)[*count - 1]);
    FILE *file = *count > 1 ? fopen(path, "wb") : nullptr;
    if (file == nullptr) return 0;
    fwrite(good, 1, sizeof good, file);
    fclose(file);
    return 0;
}

// One thread, without time.
uint32_t fe_thread_number(void)
{
    return 1;
}

uint64_t fe_clock_realtime(void)
{
    return 0;
}

// Nobody starts this program with handles.
const struct fe_start_handle *fe_start_find(const char *name)
{
    return nullptr;
}

fe_handle fe_start_handle(const char *name)
{
    return FE_NO_HANDLE;
}

static int text_hello(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "hello %s\n", (const char *)context);
    return 0;
}

static int command_take(struct p9_request *request, void *context, const char *text, size_t size)
{
    has_input = size > 0 && text[0] == '1';
    return 0;
}

static int64_t wait_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    if (!has_input) return P9_LATER;
    size_t size = count < 5 ? count : 5;
    memcpy(to, "input", size);
    return (int64_t)size;
}

static uint32_t wait_ready(struct p9_open *open)
{
    return has_input ? READY_READ : 0;
}

static int control_echo(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    request->value = control + 1;
    return p9_answer(request, request->data, request->size);
}

static bool start(void)
{
    static const struct p9_operations waits = {
        .read = wait_read, .ready = wait_ready, .control = control_echo};
    static const struct p9_tree_entry table[] = {
        {.path = "hello", .mode = 0444, .text = text_hello, .context = "world"},
        {.path = "sub/deep/file", .mode = 0666, .command = command_take, .uid = 5},
        {.path = "link", .mode = MODE_LINK | 0777, .target = "sub/deep"},
        {.path = "loop", .mode = MODE_LINK | 0777, .target = "loop"},
        {.path = "wait", .mode = MODE_CHARACTER | 0666, .operations = &waits},
    };
    if (p9_tree_create(table, sizeof table / sizeof table[0], &server.root) != 0) return false;
    fake.server = &server;
    if (p9_server_init(&server) != OK) return false;
    if (p9_connector(&server, nullptr, 0, 0, &connector) != OK) return false;
    while (fake.handle[++first_free].type != OBJECT_NONE) {
    }
    return true;
}

struct reader {
    const uint8_t *at;
    size_t left;
};

static uint8_t take(struct reader *reader)
{
    if (reader->left == 0) return 0;
    reader->left--;
    return *reader->at++;
}

// Small ones, some that are a little less than 2^64, 2^32 or 2^63, and a mask.
static uint64_t number(uint8_t byte)
{
    static const uint64_t bases[] = {0, UINT64_MAX, UINT32_MAX, INT64_MAX};
    return byte < 128 ? byte : bases[byte >> 5 & 3] - (byte & 31);
}

static void send(struct reader *reader, const fe_handle *sessions)
{
    static uint8_t answer[FE_9P_DATA_MAX];
    uint8_t data[256];
    struct fe_transfer transfer = {.receive = (uintptr_t)answer,
                                   .receive_capacity = sizeof answer,
                                   .receive_handle_capacity = FE_MESSAGE_HANDLES};
    struct fe_message message = {.label = take(reader) % 40, .transfer = &transfer};
    fe_handle session = sessions[take(reader) % SESSIONS];
    for (uint32_t w = 0; w < FE_MESSAGE_WORDS; w++) message.word[w] = number(take(reader));
    uint32_t size = take(reader);
    for (uint32_t i = 0; i < size; i++) data[i] = take(reader);
    transfer.send = (uintptr_t)data;
    transfer.send_size = size;
    if (message.word[7] == 77) { // an event to be told by
        transfer.send_handle[transfer.send_handle_count++] = fake_new(OBJECT_EVENT, 0);
    }
    (void)!fe_channel_call(session, &message, 0);
}

// Every session that was made ends, so the next input finds the server as this one did.
static void end_all(void)
{
    for (fe_handle i = first_free; i < HANDLES; i++) {
        if (fake.handle[i].type == OBJECT_SESSION)
            fake_notice(FE_NOTICE_ENDED, fake.handle[i].badge, 0);
        fake.handle[i].type = OBJECT_NONE;
    }
    has_input = false;
    fake.answer_handle = FE_NO_HANDLE;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct reader reader = {input, size};
    fe_handle sessions[SESSIONS];
    if (fake.server == nullptr && !start()) abort();
    sessions[0] = connector;
    for (uint32_t i = 1; i < SESSIONS; i++) {
        if (p9_session_create(&server, nullptr, nullptr, nullptr, &sessions[i]) != OK) abort();
    }
    for (uint32_t i = 0; i < 40 && reader.left > 0; i++) send(&reader, sessions);
    end_all();
    if (server.state->kept != nullptr) abort(); // nobody waits who is gone
    return 0;
}

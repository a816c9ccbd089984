// SPDX-License-Identifier: MIT
// Tests of client and server together, over a kernel that is a table: a synthetic tree with texts,
// commands, links, a file that waits, and a united directory.
#include <9p/client.h>
#include <abi/9p_operations.h>
#include <9p/tree.h>
#include <ferrite/path.h>
#include "fake_kernel.h"
#include <errno.h>
#include <sanitizer/asan_interface.h>
#include "test/unit.h"

static char written[64];
static bool has_input;

static int text_hello(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "hello %s\n", (const char *)context);
    return 0;
}

static int command_take(struct p9_request *request, void *context, const char *text, size_t size)
{
    if (size >= sizeof written) return -EINVAL;
    memcpy(written, text, size);
    written[size] = '\0';
    return 0;
}

static int64_t wait_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    if (!has_input) return P9_LATER;
    memcpy(to, "input", 5);
    return 5;
}

static bool is_held; // what is kept is finished by the test
static struct p9_request *held[4];
static uint32_t held_count;

static int64_t hold(struct p9_request *request)
{
    held[held_count++] = p9_keep(request);
    return P9_KEPT;
}

// Finished at once, but as one that was kept.
static int64_t kept_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    static const char text[] = "abcdef";
    if (is_held) return hold(request);
    p9_finish(p9_keep(request), 2, text + offset % 6, 2);
    return P9_KEPT;
}

static int breaks_with; // a write, after its first three bytes; 0: it is kept

static int64_t kept_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    if (breaks_with != 0) return offset == 0 ? 3 : -breaks_with;
    return hold(request);
}

static int wait_sync(struct p9_request *request, struct p9_open *open)
{
    return has_input ? 0 : P9_LATER;
}

static uint32_t wait_ready(struct p9_open *open)
{
    return has_input ? READY_READ : 0;
}

static int call_open(struct p9_request *request, struct p9_open *open)
{
    return has_input ? 0 : P9_LATER;
}

static int control_echo(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    request->value = control + 1;
    return p9_answer(request, request->data, request->size);
}

static const struct p9_operations wait_operations = {
    .read = wait_read, .ready = wait_ready, .sync = wait_sync, .control = control_echo};

static const struct p9_operations kept_operations = {.read = kept_read, .write = kept_write};

static const struct p9_operations call_operations = {.open = call_open};

static const struct p9_tree_entry table[] = {
    {.path = "hello", .mode = 0444, .text = text_hello, .context = "world"},
    {.path = "kept", .mode = 0060666, .operations = &kept_operations},
    {.path = "sub/deep/file", .mode = 0600, .command = command_take, .uid = 5},
    {.path = "link", .mode = MODE_LINK | 0777, .target = "sub/deep"},
    {.path = "absolute", .mode = MODE_LINK | 0777, .target = "/other/hello"},
    {.path = "away", .mode = MODE_LINK | 0777, .target = "/other"},
    {.path = "loop", .mode = MODE_LINK | 0777, .target = "loop"},
    {.path = "wait", .mode = MODE_CHARACTER | 0666, .operations = &wait_operations},
    {.path = "call", .mode = 0666, .operations = &call_operations},
};

static struct p9_server server = {.name = "test"};
static struct p9_node *root;
static fe_handle connector;

static bool start(void)
{
    if (fake.server) return true;
    struct p9_node *other;
    static const struct p9_tree_entry others[] = {
        {.path = "hello", .mode = 0444, .text = text_hello, .context = "other"},
        {.path = "extra", .mode = 0444, .text = text_hello, .context = "extra"}};
    if (p9_tree_create(table, sizeof table / sizeof table[0], &root) != 0) return false;
    if (p9_tree_create(others, 2, &other) != 0) return false;
    server.root = root;
    fake.server = &server;
    fe_handle second;
    p9_namespace_set(1);
    fake.handle[1].type = OBJECT_NAMESPACE;
    if (p9_server_init(&server) != OK) return false;
    if (p9_connector(&server, nullptr, 0, 0, &connector) != OK) return false;
    if (p9_connector(&server, other, 0, 0, &second) != OK) return false;
    fake_mount_at("/", connector);
    fake_mount_at("/other", second);
    fake_mount_at("/both", connector);
    fake_mount_at("/both", second);
    return true;
}

static bool reads(const char *path, const char *expected)
{
    struct p9_file *file;
    char text[64] = {};
    if (p9_open(path, OPEN_READ, 0, &file) != 0) return false;
    int64_t size = p9_read(file, FE_9P_POSITION, text, sizeof text - 1);
    p9_close(file);
    return size == (int64_t)strlen(expected) && strcmp(text, expected) == 0;
}

TEST("a generated text is read from where the position stands")
{
    struct p9_file *file;
    char text[16];
    EXPECT(start());
    EXPECT(reads("/hello", "hello world\n"));
    EXPECT(p9_open("/hello", OPEN_READ, 0, &file) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 6) == 6 && memcmp(text, "hello ", 6) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 16) == 6 && memcmp(text, "world\n", 6) == 0);
    EXPECT(p9_read(file, 1, text, 4) == 4 && memcmp(text, "ello", 4) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 16) == 0);
    p9_close(file);
}

TEST("errors are the C library's")
{
    struct p9_file *file;
    EXPECT(start());
    EXPECT(p9_open("/nothing", OPEN_READ, 0, &file) == -ENOENT);
    EXPECT(p9_open("/hello/x", OPEN_READ, 0, &file) == -ENOTDIR);
    EXPECT(p9_open("/sub", OPEN_WRITE, 0, &file) == -EISDIR);
    EXPECT(p9_open("/hello", OPEN_DIRECTORY, 0, &file) == -ENOTDIR);
    EXPECT(p9_open("/new", OPEN_CREATE | OPEN_WRITE, 0644, &file) == -EROFS);
    EXPECT(p9_mkdir("/hello", 0755) == -EEXIST);
    EXPECT(p9_remove("/hello", 0) == -EROFS);
    EXPECT(p9_rename("/hello", "/other/x") == -EXDEV);
}

TEST("a command with a NUL in it is refused before anybody reads it")
{
    struct p9_file *file;
    EXPECT(start());
    EXPECT(p9_open("/sub/deep/file", OPEN_WRITE, 0, &file) == 0);
    EXPECT(p9_write(file, FE_9P_POSITION, "stop\n", 5) == 5 && strcmp(written, "stop\n") == 0);
    EXPECT(p9_write(file, FE_9P_POSITION, "go\0on", 5) == -EINVAL);
    EXPECT(p9_write(file, FE_9P_POSITION, "go", 3) == -EINVAL);
    EXPECT(p9_write(file, FE_9P_POSITION, "", 1) == -EINVAL && strcmp(written, "stop\n") == 0);
    EXPECT(p9_write(file, FE_9P_POSITION, "go", 2) == 2 && strcmp(written, "go") == 0);
    p9_close(file);
}

TEST("links are followed, inside a server and across mounts")
{
    char real[FE_PATH_MAX], target[16];
    struct p9_file *file;
    EXPECT(start());
    EXPECT(p9_open("/link/file", OPEN_WRITE, 0, &file) == 0);
    EXPECT(p9_write(file, FE_9P_POSITION, "abc", 3) == 3 && strcmp(written, "abc") == 0);
    p9_close(file);
    EXPECT(reads("/absolute", "hello other\n"));
    EXPECT(reads("/sub/../link/../../hello", "hello world\n"));
    EXPECT(p9_open("/loop", OPEN_READ, 0, &file) == -ELOOP);
    EXPECT(p9_open("/link/../sub/deep/./../deep/file", OPEN_WRITE, 0, &file) == 0);
    p9_close(file);
    EXPECT(p9_open("/link/a-name-longer-than-what-fits-the-words", OPEN_READ, 0, &file) == -ENOENT);
    EXPECT(p9_real_path("/link/file", real) == 0 && strcmp(real, "/sub/deep/file") == 0);
    EXPECT(p9_readlink("/link", target, sizeof target) == 8 && memcmp(target, "sub/deep", 8) == 0);
    struct fe_9p_attributes attributes;
    EXPECT(p9_stat("/link", FE_9P_NO_FOLLOW, &attributes) == 0);
    EXPECT((attributes.mode & MODE_TYPE) == MODE_LINK && attributes.device >> 32 != 0);
    EXPECT(p9_stat("/link", 0, &attributes) == 0);
    EXPECT((attributes.mode & MODE_TYPE) == MODE_DIRECTORY);
}

TEST("two names on one server are found to be that, through whatever links they lead")
{
    EXPECT(start());
    EXPECT(p9_link("/away/hello", "/away/x") == -EROFS); // as the server says
    EXPECT(p9_rename("/away/hello", "/other/x") == -EROFS);
    EXPECT(p9_rename("/other/hello", "/away/x") == -EROFS);
    EXPECT(p9_rename("/away/hello", "/sub/x") == -EXDEV);
    EXPECT(p9_rename("/away/none/hello", "/sub/x") == -ENOENT);
    EXPECT(p9_rename("/loop/hello", "/other/x") == -ELOOP);
}

TEST("a united directory lists and opens the files of all its parts")
{
    struct p9_file *file;
    uint8_t entries[1024];
    EXPECT(start());
    EXPECT(reads("/both/hello", "hello world\n"));
    EXPECT(reads("/both/extra", "hello extra\n"));
    EXPECT(p9_open("/both", OPEN_READ, 0, &file) == 0);
    int count = 0;
    for (uint64_t offset = 0;;) {
        int64_t size = p9_readdir(file, offset, entries, 100);
        if (size <= 0) break;
        for (int64_t at = 0; at < size; count++) {
            struct fe_9p_entry entry;
            memcpy(&entry, entries + at, sizeof entry);
            offset = entry.next;
            at += (int64_t)((sizeof entry + entry.name_size + 7) & ~(size_t)7);
        }
    }
    p9_close(file);
    EXPECT(count == 9 + 2);
}

TEST("a read that must wait is answered when the node changes, polls are signalled")
{
    struct p9_file *file;
    struct p9_node *node;
    char text[8];
    EXPECT(start());
    has_input = false;
    EXPECT(p9_open("/wait", OPEN_READ, 0, &file) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 8) == -ETIMEDOUT);
    uint64_t waits = fake.token;
    fe_handle event = fake_new(OBJECT_EVENT, 0);
    EXPECT(p9_poll(file, READY_READ, event, 0x40) == 0);
    EXPECT(p9_poll(file, READY_READ, event, 0x80) == 0);
    EXPECT(root->operations->lookup(nullptr, root, p9_name_of("wait"), &node) == 0);
    fake.signalled = 0;
    p9_node_changed(node);
    EXPECT(fake.late_token != waits && fake.signalled == 0);
    has_input = true;
    p9_node_changed(node);
    EXPECT(fake.late_token == waits && fake.late_label == 0 && fake.late_words[0] == 5);
    EXPECT(fake.signalled == 0x80);
    EXPECT(p9_poll(file, READY_READ, event, 1) == READY_READ);
    p9_close(file);
}

TEST("a sync that must wait is answered when the node changes, whether the file waits or not")
{
    struct p9_file *file;
    struct p9_node *node;
    EXPECT(start());
    has_input = false;
    EXPECT(p9_open("/wait", OPEN_READ | OPEN_NONBLOCK, 0, &file) == 0);
    EXPECT(p9_sync(file) == -ETIMEDOUT);
    uint64_t waits = fake.token;
    EXPECT(reads("/hello", "hello world\n"));
    EXPECT(root->operations->lookup(nullptr, root, p9_name_of("wait"), &node) == 0);
    p9_node_changed(node);
    EXPECT(fake.late_token != waits);
    has_input = true;
    p9_node_changed(node);
    EXPECT(fake.late_token == waits && fake.late_label == 0);
    p9_close(file);
}

static enum status call_raw(fe_handle session, uint32_t flags, struct fe_message *message)
{
    *message = (struct fe_message){
        .label = P9_OPEN, .word = {FE_9P_ROOT_FID, 7, flags, (uint64_t)strlen("call") << 32}};
    memcpy(&message->word[4], "call", strlen("call"));
    return fe_channel_call(session, message, FE_FOREVER);
}

TEST("an open that must wait is answered when the node changes; who may not wait is told")
{
    struct fe_message message;
    struct p9_node *node;
    fe_handle session;
    EXPECT(start());
    has_input = false;
    EXPECT(root->operations->lookup(nullptr, root, p9_name_of("call"), &node) == 0);
    EXPECT(p9_session_create(&server, nullptr, nullptr, nullptr, &session) == OK);
    EXPECT(call_raw(session, OPEN_READ_WRITE | OPEN_NONBLOCK, &message) == OK);
    EXPECT(message.label == EAGAIN);
    EXPECT(call_raw(session, OPEN_READ_WRITE, &message) == ERR_TIMED_OUT);
    fake_notice(FE_NOTICE_CANCELLED, 0, fake.token);
    EXPECT(call_raw(session, OPEN_READ_WRITE, &message) == ERR_TIMED_OUT);
    uint64_t waits = fake.token;
    EXPECT(reads("/hello", "hello world\n"));
    fake.late_token = 0;
    p9_node_changed(node);
    EXPECT(fake.late_token == 0);
    has_input = true;
    p9_node_changed(node);
    EXPECT(fake.late_token == waits && fake.late_label == 0);
    EXPECT(call_raw(session, OPEN_READ_WRITE, &message) == OK && message.label == EBADF);
    fake_notice(FE_NOTICE_ENDED, fake.handle[session].badge, 0);
}

TEST("a reader that gave up is forgotten, one that may not wait is told")
{
    struct p9_file *file;
    struct p9_node *node;
    char text[8];
    EXPECT(start());
    has_input = false;
    EXPECT(p9_open("/wait", OPEN_READ, 0, &file) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 8) == -ETIMEDOUT);
    fake_notice(FE_NOTICE_CANCELLED, 0, fake.token);
    EXPECT(root->operations->lookup(nullptr, root, p9_name_of("wait"), &node) == 0);
    has_input = true;
    fake.late_token = 0;
    p9_node_changed(node);
    EXPECT(fake.late_token == 0);
    has_input = false;
    uint32_t flags = OPEN_NONBLOCK;
    struct p9_control set = {.request = CONTROL_FLAGS_SET, .data = &flags, .size = sizeof flags};
    EXPECT(p9_control(file, &set) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 8) == -EAGAIN);
    p9_close(file);
}

TEST("a read that was kept moves the position when it is finished")
{
    struct p9_file *file;
    char text[4] = {};
    EXPECT(start());
    EXPECT(p9_open("/kept", OPEN_READ, 0, &file) == 0);
    EXPECT((file->qid_kind & 0xff) == (QID_DEVICE | QID_BLOCK));
    EXPECT(p9_read(file, FE_9P_POSITION, text, 2) == 2 && memcmp(text, "ab", 2) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 2) == 2 && memcmp(text, "cd", 2) == 0);
    p9_close(file);
}

// Whether the client of that token is told.
static bool finishes(uint32_t number, uint64_t token, const char *text, size_t size)
{
    fake.late_token = 0;
    p9_finish(held[number], (int64_t)size, text, size);
    return fake.late_token == token && fake.late_label == 0 && fake.late_words[0] == size;
}

TEST("requests that are kept at once have room of their own each; one without data is used again")
{
    struct p9_file *file;
    char text[200] = {};
    uint64_t first;
    EXPECT(start());
    EXPECT(p9_open("/kept", OPEN_READ_WRITE, 0, &file) == 0);
    is_held = true;
    EXPECT(p9_read(file, 0, text, 2) == -ETIMEDOUT && p9_read(file, 2, text, 2) == -ETIMEDOUT);
    EXPECT(p9_write(file, 0, "0123456789", 10) == -ETIMEDOUT && held_count == 3);
    first = fake.token - 2;
    EXPECT(held[0] != held[1] && held[0]->word[1] == 0 && held[1]->word[1] == 2);
    struct p9_request *room = held[0];
    EXPECT(finishes(0, first, "ab", 2) && memcmp(&fake.late_words[1], "ab", 2) == 0);
    // A write has data, for which that room is too small; a read takes it.
    memset(text, 'w', sizeof text);
    EXPECT(p9_write(file, 0, text, sizeof text) == -ETIMEDOUT && held[3] != room);
    EXPECT(held[3]->size == sizeof text && memcmp(held[3]->data, text, sizeof text) == 0);
    held_count = 0;
    EXPECT(p9_read(file, 4, text, 2) == -ETIMEDOUT && held[0] == room && room->word[1] == 4);
    EXPECT(memcmp(held[2]->data, "0123456789", 10) == 0);
    EXPECT(reads("/hello", "hello world\n"));
    // One that was given up is answered to nobody, and leaves its room as well.
    fake_notice(FE_NOTICE_CANCELLED, 0, first + 1);
    EXPECT(fake.late_token == first + 1 && fake.late_label == EINTR && held[1]->is_cancelled);
    EXPECT(!finishes(1, first + 1, "cd", 2) && fake.late_token == 0);
    EXPECT(finishes(0, first + 4, "ef", 2));
    EXPECT(finishes(2, first + 2, "", 0) && finishes(3, first + 3, "", 0));
    held_count = 0;
    is_held = false;
    EXPECT(p9_read(file, 2, text, 2) == 2 && memcmp(text, "cd", 2) == 0);
    p9_close(file);
}

TEST("the error that a write ends with after a part of it is told later, once")
{
    struct p9_file *file;
    EXPECT(start());
    EXPECT(p9_open("/kept", OPEN_READ_WRITE, 0, &file) == 0);
    breaks_with = ETIMEDOUT;
    EXPECT(p9_write(file, 0, "0123456789", 10) == 3);
    EXPECT(p9_late_error(file) == -ETIMEDOUT && p9_late_error(file) == 0);
    EXPECT(p9_write(file, 3, "3456789", 7) == -ETIMEDOUT && p9_late_error(file) == 0);
    // The next write finds these by itself.
    static const int found[] = {EAGAIN, EINTR, EPIPE};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        breaks_with = found[i];
        EXPECT(p9_write(file, 0, "0123456789", 10) == 3 && p9_late_error(file) == 0);
    }
    breaks_with = 0;
    p9_close(file);
}

TEST("a shared file keeps one position, in the session of the child")
{
    struct p9_file *file;
    fe_handle handle;
    char text[16];
    EXPECT(start());
    EXPECT(p9_open("/hello", OPEN_READ, 0, &file) == 0);
    EXPECT(p9_read(file, FE_9P_POSITION, text, 6) == 6);
    EXPECT(p9_share(&file, 1, &handle) == 0);
    struct p9_session *session = p9_session_adopt(handle);
    struct p9_file *adopted = p9_file_adopt(session, file->fid, OPEN_READ);
    p9_session_put(session);
    p9_close(file);
    EXPECT(p9_read(adopted, FE_9P_POSITION, text, 16) == 6 && memcmp(text, "world\n", 6) == 0);
    EXPECT(p9_seek(adopted, 0, 0) == 0);
    EXPECT(p9_read(adopted, FE_9P_POSITION, text, 16) == 12);
    uint64_t badge = fake.handle[handle].badge;
    p9_close(adopted);
    fake_notice(FE_NOTICE_ENDED, badge, 0);
}

TEST("an identified connector has only its user's permissions, and cannot become another")
{
    struct p9_file *file;
    fe_handle bound, again;
    char name[] = "sub/deep/file";
    EXPECT(start());
    EXPECT(p9_identify(connector, &(struct p9_user){1000, 1000, nullptr, 0}, &bound) == 0);
    EXPECT(p9_identify(bound, &(struct p9_user){}, &again) == -EPERM);
    EXPECT(p9_attach(bound, name, &file) == 0);
    struct fe_9p_attributes mode = {.mode = 0777};
    EXPECT(p9_file_set_attributes(file, ATTRIBUTE_MODE, &mode) == -EPERM);
    p9_close(file);
    fake_mount_at("/user", bound);
    EXPECT(p9_open("/user/sub/deep/file", OPEN_WRITE, 0, &file) == -EACCES);
    EXPECT(reads("/user/hello", "hello world\n"));
}

TEST("a control request brings value and data back")
{
    struct p9_file *file;
    char reply[8];
    EXPECT(start());
    EXPECT(p9_open("/wait", OPEN_READ, 0, &file) == 0);
    struct p9_control control = {
        .request = 41, .data = "data", .size = 4, .reply = reply, .reply_capacity = sizeof reply};
    EXPECT(p9_control(file, &control) == 0);
    EXPECT(control.value == 42 && control.reply_size == 4 && memcmp(reply, "data", 4) == 0);
    p9_close(file);
}

TEST("an answer that is no error number is an error all the same")
{
    static const uint64_t lies[] = {1ull << 32, 1ull << 63, 5000, UINT32_MAX};
    struct p9_file *file;
    EXPECT(start());
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        fake.lie = lies[i];
        EXPECT(p9_open("/nothing", OPEN_READ, 0, &file) == -EPROTO);
    }
    fake.lie = 0;
    EXPECT(reads("/hello", "hello world\n"));
}

TEST("malformed requests are refused and harm nothing")
{
    EXPECT(start());
    fe_handle session;
    EXPECT(p9_session_create(&server, nullptr, nullptr, nullptr, &session) == OK);
    static const char *const paths[] = {"/", "a//b", "..", ".", "a/../b", "\1\377"};
    for (uint32_t operation = 0; operation < 40; operation++) {
        for (uint32_t i = 0; i < 60; i++) {
            const char *path = paths[i % 6];
            struct fe_transfer transfer = {.send = (uintptr_t)path,
                                           .send_size = (uint32_t)strlen(path)};
            uint8_t buffer[256];
            transfer.receive = (uintptr_t)buffer;
            transfer.receive_capacity = sizeof buffer;
            struct fe_message message = {.label = operation, .transfer = &transfer};
            for (uint32_t w = 0; w < FE_MESSAGE_WORDS; w++) {
                message.word[w] = (i * 7 + w) % 5 == 0 ? UINT64_MAX - i : (i * w) % 4;
            }
            (void)fe_channel_call(session, &message, 0);
        }
    }
    EXPECT(reads("/hello", "hello world\n"));
}

static char long_text[200];

static int64_t place_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          void *to, size_t count)
{
    size_t left = offset < sizeof long_text ? sizeof long_text - (size_t)offset : 0;
    request->bytes = long_text + offset;
    return (int64_t)(count < left ? count : left);
}

TEST("a short read comes in the message's words, a longer one from where the bytes lie")
{
    static const struct p9_operations operations = {.read = place_read};
    static const struct p9_tree_entry entries[] = {
        {.path = "place", .mode = 0444, .operations = &operations}};
    struct p9_node *other;
    struct p9_file *file;
    fe_handle place;
    uint8_t got[sizeof long_text + 1];
    EXPECT(start());
    EXPECT(p9_tree_create(entries, 1, &other) == 0);
    EXPECT(p9_connector(&server, other, 0, 0, &place) == OK);
    fake_mount_at("/place", place);
    for (size_t i = 0; i < sizeof long_text; i++) long_text[i] = (char)(i + 1);
    EXPECT(p9_open("/place/place", OPEN_READ, 0, &file) == 0);
    for (size_t size = 0; size <= sizeof long_text; size++) {
        size_t at = sizeof long_text - size;
        memset(got, 0, sizeof got);
        EXPECT(p9_read(file, at, got, size) == (int64_t)size);
        EXPECT(memcmp(got, long_text + at, size) == 0 && got[size] == 0);
        EXPECT(fake.answer_size == (size <= FE_9P_READ_INLINE ? 0 : size));
    }
    EXPECT(p9_read(file, sizeof long_text - 3, got, FE_9P_READ_INLINE) == 3);
    p9_close(file);
}

TEST("a file that was removed is no more when it is closed, whatever its operations")
{
    static const struct p9_tree_entry entry = {
        .path = "gone/file", .mode = 0666, .operations = &kept_operations};
    struct p9_file *file;
    EXPECT(start());
    struct p9_node *node;
    EXPECT(p9_tree_add(root, &entry, &node) == 0);
    EXPECT(p9_open("/gone/file", OPEN_READ, 0, &file) == 0);
    p9_tree_remove(root, "gone");
    EXPECT(!__asan_address_is_poisoned(node));
    p9_close(file);
    EXPECT(__asan_address_is_poisoned(node));
    EXPECT(p9_open("/gone/file", OPEN_READ, 0, &file) == -ENOENT);
}

TEST("a name is another's when neither is longer, whatever bytes are in it")
{
    EXPECT(p9_name_is((struct p9_name){"note/", 4}, "note") &&
           p9_name_is((struct p9_name){"", 0}, ""));
    EXPECT(!p9_name_is((struct p9_name){"note", 3}, "note"));
    EXPECT(!p9_name_is((struct p9_name){"notes", 5}, "note"));
    EXPECT(!p9_name_is((struct p9_name){"not\0e", 5}, "not"));
    EXPECT(!p9_name_is((struct p9_name){"mote", 4}, "note"));
}

// SPDX-License-Identifier: MIT
// Tests of files whose server dies and is started again: at each message of a few operations, not
// having done or having done what it asks. What is read must be right, or an error.
#include <9p/client.h>
#include <9p/tree.h>
#include <ferrite/path.h>
#include "client_internal.h"
#include "fake_kernel.h"
#include <errno.h>
#include "test/unit.h"

static struct p9_server server = {.name = "test"};
static struct p9_node *root;
static char content[4000];

static int64_t content_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            void *to, size_t count)
{
    size_t left = offset < sizeof content ? sizeof content - (size_t)offset : 0;
    request->bytes = content + offset;
    return (int64_t)(count < left ? count : left);
}

static int64_t content_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                             const void *from, size_t count)
{
    if (offset > sizeof content || count > sizeof content - offset) return -ENOSPC;
    memcpy(content + offset, from, count);
    return (int64_t)count;
}

static uint32_t deadly; // how many servers it was that ended

static void end_server(void);

static int64_t poison_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    end_server();
    return 0;
}

static int poison_open(struct p9_request *request, struct p9_open *open)
{
    end_server();
    return 0;
}

static const struct p9_operations poison_operations = {.read = poison_read};
static const struct p9_operations poison_open_operations = {.open = poison_open};
static const struct p9_operations content_operations = {.read = content_read,
                                                        .write = content_write};
static const struct p9_tree_entry table[] = {
    {.path = "file", .mode = 0666, .operations = &content_operations},
    {.path = "disk", .mode = MODE_BLOCK | 0666, .operations = &content_operations},
    {.path = "stream", .mode = MODE_CHARACTER | 0666, .operations = &content_operations},
    {.path = "poison", .mode = 0444, .operations = &poison_operations},
    {.path = "poison-open", .mode = 0444, .operations = &poison_open_operations},
    {.path = "poison-stream", .mode = MODE_CHARACTER | 0444, .operations = &poison_operations},
    {.path = "a-name-that-is-longer-than-what-an-open-file-has-room-for/file",
     .mode = 0666,
     .operations = &content_operations},
};

static void mount_anew(void)
{
    fe_handle connector;
    if (fake.mount_count != 0) fake.handle[fake.mount[0].session].type = OBJECT_NONE;
    if (p9_connector(&server, nullptr, 0, 0, &connector) != OK) abort();
    fake.mount[0] = (struct fake_mount){"/", connector};
    fake.mount_count = 1;
}

static void end_server(void)
{
    deadly++;
    fake.ends = true;
}

static void start(bool is_lasting)
{
    if (fake.server == nullptr) {
        if (p9_tree_create(table, sizeof table / sizeof table[0], &root) != 0) abort();
        server.root = root;
        fake.server = &server;
        fake.died = mount_anew;
        p9_namespace_set(1);
        fake.handle[1].type = OBJECT_NAMESPACE;
        if (p9_server_init(&server) != OK) abort();
    }
    server.is_lasting = is_lasting;
    fake.dies_at = 0;
    for (size_t i = 0; i < sizeof content; i++) content[i] = (char)(i * 7 + i / 256);
    fake.life++; // nothing cached from the test before
    mount_anew();
}

// Reads in small and large pieces, goes back and reads again. 0, or the first error.
static int64_t read_all(const char *path, uint32_t flags)
{
    static const size_t pieces[] = {10, 200, 3, 1000};
    struct p9_file *file;
    char got[1000];
    uint64_t at = 0;
    int64_t result = p9_open(path, flags, 0, &file);
    if (result != 0) return result;
    for (size_t i = 0; i < 8 && result >= 0; i++) {
        size_t size = pieces[i % 4];
        result = p9_read(file, FE_9P_POSITION, got, size);
        if (result < 0) break;
        if (result != (int64_t)size || memcmp(got, content + at, size) != 0) abort();
        at += size;
        if (i == 5) result = at = (uint64_t)p9_seek(file, 77, 0);
    }
    if (result == -EIO && p9_read(file, FE_9P_POSITION, got, 1) != -EIO) abort();
    p9_close(file);
    return result < 0 ? result : 0;
}

// How often it went well of the deaths at each message; *deaths: how many there were.
static uint32_t count_good(const char *path, bool is_lasting, uint32_t *deaths)
{
    uint32_t good = 0;
    *deaths = 0;
    for (uint32_t which = 0; which < 2; which++) {
        for (uint32_t at = 1;; at++) {
            start(is_lasting);
            fake.dies_answered = which == 1;
            fake.dies_at = at;
            int64_t result = read_all(path, OPEN_READ);
            if (fake.dies_at != 0) break;
            if (result != 0 && result != -EIO) abort();
            good += result == 0;
            (*deaths)++;
        }
    }
    return good;
}

TEST("a file of a server whose files outlive it is read on, whenever the server dies")
{
    uint32_t deaths;
    EXPECT(count_good("/file", true, &deaths) == deaths && deaths >= 20);
    EXPECT(count_good("/a-name-that-is-longer-than-what-an-open-file-has-room-for/file", true,
                      &deaths) == deaths);
}

TEST("a file that died with its server is an error, and stays one")
{
    uint32_t deaths, good = count_good("/file", false, &deaths);
    EXPECT(good < deaths && good >= 4); // attach, open and clunk are repeated
}

TEST("a device is read on from where it was")
{
    uint32_t deaths;
    EXPECT(count_good("/disk", false, &deaths) == deaths);
}

TEST("what was written and not synced is told to be lost; what was synced is read on")
{
    struct p9_file *file;
    char byte;
    for (int synced = 0; synced < 2; synced++) {
        start(true);
        EXPECT(p9_open("/file", OPEN_READ_WRITE, 0, &file) == 0);
        EXPECT(p9_write(file, FE_9P_POSITION, "new", 3) == 3);
        if (synced) EXPECT(p9_sync(file) == 0);
        fake.life++;
        mount_anew();
        EXPECT(p9_sync(file) == (synced ? 0 : -EIO));
        EXPECT(p9_read(file, FE_9P_POSITION, &byte, 1) == (synced ? 1 : -EIO));
        if (synced) EXPECT(byte == content[3]);
        p9_close(file);
    }
}

TEST("closing what was written and not synced tells that it is lost; other files are closed")
{
    static const char *const paths[] = {"/file", "/file", "/disk"};
    for (int i = 0; i < 3; i++) {
        struct p9_file *file;
        start(true);
        EXPECT(p9_open(paths[i], OPEN_READ_WRITE, 0, &file) == 0);
        EXPECT(p9_write(file, FE_9P_POSITION, "new", 3) == 3);
        if (i == 1) EXPECT(p9_sync(file) == 0);
        fake.life++;
        mount_anew();
        EXPECT(p9_close(file) == (i == 0 ? -EIO : 0));
    }
}

TEST("what was set and not synced may be lost, too")
{
    struct p9_file *file;
    const struct fe_9p_attributes attributes = {.mode = 0600};
    start(true);
    EXPECT(p9_open("/file", OPEN_READ_WRITE, 0, &file) == 0);
    EXPECT(p9_file_set_attributes(file, ATTRIBUTE_MODE, &attributes) == 0);
    fake.life++;
    mount_anew();
    EXPECT(p9_sync(file) == -EIO && p9_close(file) == -EIO);
}

TEST("a request that two servers end of is given up, and what waits for something only later")
{
    static const struct {
        const char *path;
        uint32_t deaths, more;
    } expected[] = {{"/poison", 2, 2}, {"/poison-stream", 4, 3}};
    for (int i = 0; i < 2; i++) {
        struct p9_file *file;
        char byte, many[100];
        start(true);
        EXPECT(p9_open(expected[i].path, OPEN_READ, 0, &file) == 0);
        deadly = 0;
        EXPECT(p9_read(file, FE_9P_POSITION, &byte, 1) == -EIO && deadly == expected[i].deaths);
        EXPECT(p9_read(file, FE_9P_POSITION, many, sizeof many) == -EIO);
        EXPECT(deadly == expected[i].deaths + expected[i].more);
        p9_close(file);
    }
    start(true);
    deadly = 0;
    EXPECT(p9_open("/poison-open", OPEN_READ, 0, &(struct p9_file *){}) == -EIO && deadly == 2);
    EXPECT(read_all("/disk", OPEN_READ) == 0); // the next one goes on
}

TEST("a minute later it is another matter")
{
    struct deaths deaths = {};
    EXPECT(deaths_are_few(&deaths, CALL_ABANDONED, false));
    fake.now += 61'000'000'000;
    EXPECT(deaths_are_few(&deaths, CALL_ABANDONED, false) && deaths.count == 1);
    EXPECT(!deaths_are_few(&deaths, CALL_ABANDONED, false));
    deaths = (struct deaths){};
    for (int i = 0; i < 9; i++) EXPECT(deaths_are_few(&deaths, CALL_DEAD, false));
}

TEST("a file of another generation is not taken for the one that was open")
{
    struct p9_file *file;
    char byte;
    start(true);
    server.root = root;
    EXPECT(p9_open("/file", OPEN_READ, 0, &file) == 0);
    struct p9_node *node = nullptr;
    const struct p9_name name = {"file", 4};
    EXPECT(root->operations->lookup(nullptr, root, name, &node) == 0);
    node->generation++;
    fake.life++;
    mount_anew();
    EXPECT(p9_read(file, FE_9P_POSITION, &byte, 1) == -EIO);
    node->generation--;
    p9_node_put(node);
    p9_close(file);
}

TEST("a file that was emptied when it was opened is written to before it is synced")
{
    struct p9_file *file;
    start(true);
    EXPECT(p9_open("/disk", OPEN_READ_WRITE | OPEN_TRUNCATE, 0, &file) == 0);
    EXPECT(file->is_written);
    EXPECT(p9_sync(file) == 0 && !file->is_written);
    p9_close(file);
}

TEST("a shared file is read on where it has no position, and otherwise an error")
{
    static const char *const paths[] = {"/stream", "/disk", "/file"};
    for (int i = 0; i < 3; i++) {
        struct p9_file *file;
        fe_handle handle;
        char byte;
        start(true);
        EXPECT(p9_open(paths[i], OPEN_READ, 0, &file) == 0);
        EXPECT(p9_share(&file, 1, &handle) == 0);
        fake.life++;
        mount_anew();
        EXPECT(p9_read(file, FE_9P_POSITION, &byte, 1) == (i == 0 ? 1 : -EIO));
        p9_close(file);
    }
}

TEST("what a child is given of a dead server it opens again, or it is an error there")
{
    static const char *const paths[] = {"/stream", "/disk", "/file"};
    for (int i = 0; i < 3; i++) {
        struct p9_file *file;
        fe_handle handle;
        char byte;
        start(false);
        EXPECT(p9_open(paths[i], OPEN_READ, 0, &file) == 0);
        fake.life++;
        mount_anew();
        EXPECT(p9_share(&file, 1, &handle) == 0);
        struct p9_session *session = p9_session_adopt(handle);
        struct p9_file *given = p9_file_adopt(session, file->fid, OPEN_READ);
        given->path = strdup(paths[i]);
        given->qid_kind = file->qid_kind;
        EXPECT(p9_read(given, FE_9P_POSITION, &byte, 1) == (i == 0 ? 1 : -EIO));
        p9_close(given);
        p9_session_put(session);
        p9_close(file);
    }
}

TEST("a poll goes on with the new server, and asks it for the event")
{
    struct p9_file *file;
    start(false);
    fe_handle event = fake_new(OBJECT_EVENT, 0);
    EXPECT(p9_open("/stream", OPEN_READ, 0, &file) == 0);
    fake.life++;
    mount_anew();
    EXPECT(p9_poll(file, READY_READ, event, 1) == READY_READ);
    p9_close(file);
    EXPECT(p9_open("/file", OPEN_READ, 0, &file) == 0);
    fake.life++;
    mount_anew();
    EXPECT(p9_poll(file, READY_READ, event, 1) == (READY_ERROR | READY_HANGUP));
    p9_close(file);
}

TEST("a disk that is another one in the same place is not taken for the first")
{
    struct p9_file *file;
    char byte;
    start(true);
    server.instance = 7;
    EXPECT(p9_open("/disk", OPEN_READ, 0, &file) == 0);
    fake.life++;
    mount_anew();
    EXPECT(p9_read(file, 0, &byte, 1) == 1); // another driver, the same disk
    server.instance = 8;
    fake.life++;
    mount_anew();
    EXPECT(p9_read(file, 0, &byte, 1) == -EIO && p9_read(file, 0, &byte, 1) == -EIO);
    p9_close(file);
    EXPECT(p9_open("/disk", OPEN_READ, 0, &file) == 0 && p9_read(file, 0, &byte, 1) == 1);
    p9_close(file);
    server.instance = 0;
}

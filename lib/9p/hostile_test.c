// SPDX-License-Identifier: MIT
// Tests of the client against a server that lies: whatever it answers, the result is right or an
// error, nothing is read that did not come, no handle is kept, and nothing waits for ever.
#include <9p/client.h>
#include <abi/9p_operations.h>
#include <ferrite/handle.h>
#include <ferrite/path.h>
#include "fake_kernel.h"
#include <errno.h>
#include <stdio.h>
#include "test/unit.h"

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static uint32_t handle_count(void)
{
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof fake.handle / sizeof *fake.handle; i++)
        count += fake.handle[i].type != OBJECT_NONE;
    return count;
}

static void start(void (*liar)(const struct fe_message *request, struct fake_answer *answer))
{
    fake.handle[1].type = OBJECT_NAMESPACE;
    fake.liar = liar;
    fake.mount_count = 0;
    p9_namespace_set(1);
    if (fake.handle[2].type == OBJECT_NONE) fake.handle[2].type = OBJECT_SESSION;
    fake_mount_at("/", 2);
    fake_mount_at("/united", 2);
    fake_mount_at("/united", 2);
}

// What an honest server would say to a request for a file.
static void answer_well(const struct fe_message *request, struct fake_answer *answer)
{
    *answer = (struct fake_answer){.message.word = {0, 7, 4096, 100}};
    switch (request->label) {
    case P9_ATTACH: answer->handle_count = 1; break;
    case P9_GETATTR: answer->size = sizeof(struct fe_9p_attributes); break;
    case P9_STATFS: answer->size = sizeof(struct fe_9p_statfs); break;
    default: break;
    }
}

// --- One lie each ------------------------------------------------------------------------------

static struct fake_answer lie;
static uint64_t lied_about;

static void lie_once(const struct fe_message *request, struct fake_answer *answer)
{
    answer_well(request, answer);
    if (request->label == lied_about) *answer = lie;
}

static struct p9_file *open_lying(const char *path, uint64_t about, const struct fake_answer *what)
{
    struct p9_file *file;
    lied_about = 0;
    start(lie_once);
    if (p9_open(path, OPEN_READ, 0, &file) != 0) abort();
    lied_about = about;
    lie = *what;
    return file;
}

static int64_t listed(const char *name, size_t size, size_t claimed)
{
    uint8_t entries[512];
    struct fake_answer what = {};
    struct fe_9p_entry entry = {.next = 1, .name_size = (uint16_t)claimed};
    memcpy(what.data, &entry, sizeof entry);
    memcpy(what.data + sizeof entry, name, size);
    what.size = (uint32_t)(sizeof entry + size + 7) & ~7u;
    struct p9_file *file = open_lying("/folder", P9_READDIR, &what);
    int64_t result = p9_readdir(file, FE_9P_POSITION, entries, sizeof entries);
    p9_close(file);
    return result;
}

TEST("entries of a folder that are no names, or lie outside of the answer, are an error")
{
    char longest[256];
    memset(longest, 'x', sizeof longest);
    EXPECT(listed("good", 4, 4) == 40);
    EXPECT(listed("", 0, 0) == -EPROTO);
    EXPECT(listed("a/b", 3, 3) == -EPROTO);
    EXPECT(listed("a\0b", 3, 3) == -EPROTO);
    EXPECT(listed(".", 1, 1) == -EPROTO && listed("..", 2, 2) == -EPROTO);
    EXPECT(listed("...", 3, 3) == 40);
    EXPECT(listed("short", 5, 60'000) == -EPROTO && listed("short", 5, 9) == -EPROTO);
    EXPECT(listed(longest, 255, 255) > 0 && listed(longest, 256, 256) == -EPROTO);
}

TEST("attributes that are too short are an error, not what was in memory")
{
    struct fe_9p_attributes attributes;
    struct fe_9p_statfs statistics;
    struct fake_answer what = {.size = sizeof attributes - 1};
    struct p9_file *file = open_lying("/file", P9_GETATTR, &what);
    EXPECT(p9_file_stat(file, &attributes) == -EPROTO &&
           p9_stat("/file", 0, &attributes) == -EPROTO);
    p9_close(file);
    what.size = 8;
    file = open_lying("/file", P9_STATFS, &what);
    EXPECT(p9_file_statfs(file, &statistics) == -EPROTO);
    p9_close(file);
}

TEST("more bytes than were asked for, or written, are an error")
{
    char small[10], large[100];
    struct fake_answer what = {.message.word = {11}};
    struct p9_file *file = open_lying("/file", P9_READ, &what);
    EXPECT(p9_read(file, 0, small, sizeof small) == -EPROTO);
    lie = (struct fake_answer){.size = 101};
    EXPECT(p9_read(file, 0, large, sizeof large) < 0);
    lied_about = P9_WRITE;
    lie = (struct fake_answer){.message.word = {101}};
    EXPECT(p9_write(file, 0, large, sizeof large) == -EPROTO);
    p9_close(file);
}

TEST("handles that come with an error, or unasked for, are not kept")
{
    struct fake_answer what = {.message.label = EACCES, .handle_count = 1};
    fe_handle got = FE_NO_HANDLE;
    struct p9_user nobody = {.uid = 1, .gid = 1};
    struct p9_control control = {.request = 999};
    uint64_t offset = 0;
    struct p9_file *file = open_lying("/file", P9_IMAGE, &what);
    uint32_t before = handle_count();
    EXPECT(p9_file_image(file, &got) == -EACCES && p9_image("/file", &got) == -EACCES);
    lied_about = P9_MEMORY;
    EXPECT(p9_memory(file, &offset, 1, 0, &got) == -EACCES);
    lied_about = P9_SHARE;
    EXPECT(p9_share(&file, 1, &got) == -EACCES);
    lied_about = P9_IDENTIFY;
    EXPECT(p9_identify(2, &nobody, &got) == -EACCES);
    lied_about = P9_CONTROL;
    control.receive_most = 4;
    EXPECT(p9_control(file, &control) == -EACCES && control.received_count == 0);
    lie = (struct fake_answer){.handle_count = 3};
    control.receive_most = 1;
    EXPECT(p9_control(file, &control) < 0 && control.received_count == 0);
    EXPECT(handle_count() == before && got == FE_NO_HANDLE);
    p9_close(file);
    lied_about = P9_ATTACH;
    lie = what;
    start(lie_once);
    before = handle_count();
    EXPECT(p9_open("/file", OPEN_READ, 0, &file) == -EACCES && handle_count() == before);
}

TEST("a label that is no errno is an error, also of an identity")
{
    fe_handle got;
    struct p9_user nobody = {.uid = 1, .gid = 1};
    struct fake_answer what = {.message.label = 1ull << 32, .handle_count = 1};
    struct p9_file *file = open_lying("/file", P9_IDENTIFY, &what);
    EXPECT(p9_identify(2, &nobody, &got) == -EPROTO);
    p9_close(file);
}

TEST("links without end are ELOOP, and a server that is always new is EIO in the end")
{
    struct p9_file *file;
    struct fake_answer what = {
        .message = {.label = FE_9P_LINK, .word = {4}}, .data = "self", .size = 4};
    p9_close(open_lying("/none", 0, &what));
    lied_about = P9_OPEN;
    EXPECT(p9_open("/self", OPEN_READ, 0, &file) == -ELOOP);
    lie.message.word[0] = 5; // more than there is
    EXPECT(p9_open("/self", OPEN_READ, 0, &file) == -EPROTO);
    lie = (struct fake_answer){.message.label = ESTALE};
    EXPECT(p9_open("/file", OPEN_READ, 0, &file) == -EIO);
}

// --- Never an answer ---------------------------------------------------------------------------

TEST("a query is asked again when a signal comes; one that hangs is ended by a later signal")
{
    struct fe_9p_attributes attributes;
    struct fake_answer what = {.status = ERR_INTERRUPTED, .times = 1};
    struct p9_file *file = open_lying("/file", P9_GETATTR, &what);
    lie.size = sizeof attributes;
    EXPECT(p9_stat("/file", 0, &attributes) == 0);
    lie.times = UINT32_MAX;
    uint64_t begin = fake.now;
    EXPECT(p9_stat("/file", 0, &attributes) == -EINTR && fake.now - begin >= 500'000'000);
    p9_close(file);
}

// --- Anything ----------------------------------------------------------------------------------

// Mostly near to what is right.
static void lie_at_random(const struct fe_message *request, struct fake_answer *answer)
{
    static const uint64_t odd[] = {0, 1, 56, 57, UINT32_MAX, 1ull << 32, INT64_MAX, UINT64_MAX};
    static const enum status bad[] = {ERR_PEER_CLOSED, ERR_INTERRUPTED, ERR_NO_MEMORY, ERR_QUOTA};
    answer_well(request, answer);
    if (random_next() % 4 == 0) {
        static const uint64_t labels[] = {FE_9P_LINK, FE_9P_LINK, ENOENT,     ESTALE,     EMSGSIZE,
                                          EINTR,      FE_9P_LINK, 1ull << 32, UINT64_MAX, 4096};
        answer->message.label = labels[random_next() % 10];
    }
    if (random_next() % 8 == 0) answer->status = bad[random_next() % 4];
    if (random_next() % 4 == 0) answer->handle_count = random_next() % 5;
    for (uint32_t i = 0; i < FE_MESSAGE_WORDS; i++) {
        if (random_next() % 4 == 0) answer->message.word[i] = odd[random_next() % 8];
        if (random_next() % 8 == 0) answer->message.word[i] = random_next() % 64;
    }
    if (random_next() % 2 == 0) {
        answer->size = random_next() % 600;
        for (uint32_t i = 0; i < answer->size; i++) {
            uint64_t byte = random_next();
            answer->data[i] = byte % 3 == 0 ? 0 : byte % 5 == 0 ? '/' : (uint8_t)(byte >> 8);
        }
    }
    if (random_next() % 16 == 0) answer->size = (uint32_t)(random_next() % FE_9P_DATA_MAX);
}

static void check_entries(const uint8_t *entries, int64_t size)
{
    for (int64_t at = 0; at < size;) {
        struct fe_9p_entry entry;
        memcpy(&entry, entries + at, sizeof entry);
        if (at + (int64_t)sizeof entry + entry.name_size > size ||
            memchr(entries + at + sizeof entry, '/', entry.name_size) != nullptr)
            abort();
        at += (int64_t)(sizeof entry + entry.name_size + 7) & ~7;
    }
}

static void use_file(struct p9_file *file)
{
    static uint8_t buffer[2 * FE_9P_DATA_MAX];
    struct fe_9p_attributes attributes;
    struct fe_9p_statfs statistics;
    struct p9_lock_range range = {};
    struct p9_control control = {.request = 3, .reply = buffer, .reply_capacity = 100};
    fe_handle got = FE_NO_HANDLE;
    uint64_t offset = 0;
    size_t count = (size_t[]){5, 56, 57, 4096, sizeof buffer}[random_next() % 5];
    int64_t result = 0;
    switch (random_next() % 11) {
    case 0: result = p9_read(file, FE_9P_POSITION, buffer, count); break;
    case 1: result = p9_write(file, 0, buffer, count); break;
    case 2:
        result = p9_readdir(file, random_next() % 2 ? 0 : FE_9P_POSITION, buffer, 4096);
        check_entries(buffer, result);
        break;
    case 3: result = p9_file_stat(file, &attributes); break;
    case 4: result = p9_file_statfs(file, &statistics); break;
    case 5: result = p9_lock(file, &range, 0); break;
    case 6:
        control.receive_most = random_next() % 3;
        result = p9_control(file, &control);
        for (size_t i = 0; i < control.received_count; i++) fe_handle_drop(&control.received[i]);
        break;
    case 7: result = p9_poll(file, 1, FE_NO_HANDLE, 0); break;
    case 8: result = p9_memory(file, &offset, 4096, 0, &got); break;
    case 9: result = p9_share(&file, 1, &got); break;
    default: result = p9_file_image(file, &got); break;
    }
    fe_handle_drop(&got);
    if (random_next() % 2) (void)!p9_seek(file, 0, 0);
    if (result < -4095) abort();
}

static void use_names(void)
{
    static const char *const paths[] = {"/a", "/a/b/c", "/united/x", "/united", "/", "/a/../b"};
    struct fe_9p_attributes attributes;
    char text[FE_PATH_MAX];
    fe_handle got = FE_NO_HANDLE;
    struct p9_file *file;
    const char *path = paths[random_next() % 6], *other = paths[random_next() % 6];
    int64_t result = 0;
    switch (random_next() % 9) {
    case 0: result = p9_stat(path, 0, &attributes); break;
    case 1: result = p9_readlink(path, text, 1 + random_next() % sizeof text); break;
    case 2: result = p9_real_path(path, text); break;
    case 3: result = p9_rename(path, other); break;
    case 4: result = p9_image(path, &got); break;
    case 5: result = p9_mkdir(path, 0700); break;
    default:
        result = p9_open(path, random_next() % 2 ? OPEN_READ : OPEN_WRITE | OPEN_CREATE, 0, &file);
        if (result != 0) break;
        for (int i = 0; i < 4; i++) use_file(file);
        p9_close(file);
    }
    fe_handle_drop(&got);
    if (result < -4095) abort();
}

TEST("whatever a server answers, nothing breaks and nothing is left")
{
    start(lie_at_random);
    uint32_t before = handle_count();
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        random_state = seed * 0x9e37'79b9'7f4a'7c15;
        start(lie_at_random);
        for (int i = 0; i < 8; i++) use_names();
        p9_namespace_set(1);
        if (handle_count() != before) printf("seed %llu\n", (unsigned long long)seed);
        EXPECT(handle_count() == before);
    }
}

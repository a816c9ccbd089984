// SPDX-License-Identifier: MIT
#include "kernel/object/namespace.h"
#include "kernel/memory/user.h"
#include "kernel/none/play.h"
#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include "kernel/object/reap.h"
#include "kernel/syscall.h"
#include "test/unit.h"
#include <string.h>

static struct process *process;
static struct namespace *names;
static struct session *session;

static bool setup(void)
{
    none_reset();
    process = play_process(0);
    play_as(play_thread(process, 10));
    struct channel *channel;
    return channel_create(process, &channel) == OK &&
           session_create(channel, process, 1, &session) == OK &&
           namespace_create(process, &names) == OK;
}

static enum status add(const char *path, uint32_t flags, uint64_t *id)
{
    struct path_scan scan = path_begin();
    TRY(path_check(&scan, path, strlen(path)));
    struct mount_plan plan = {.path = path,
                              .path_size = strlen(path),
                              .start = "/",
                              .start_size = 1,
                              .hash = scan.hash,
                              .session = session,
                              .flags = flags};
    return namespace_add(names, &plan, id);
}

static uint64_t find(const char *path, uint32_t index, size_t *prefix)
{
    struct resolution found = {.scan = path_begin()};
    enum status status;
    do status = namespace_find(names, path, strlen(path), index, &found);
    while (status == CALL_RESTART);
    if (status != OK) return 0;
    *prefix = found.prefix.at;
    return found.mount->by_id.key;
}

TEST("the longest prefix by whole components is found")
{
    EXPECT(setup());
    uint64_t root, dev, null;
    size_t prefix;
    EXPECT(find("/dev", 0, &prefix) == 0);
    EXPECT(add("/", 0, &root) == OK && add("/dev", 0, &dev) == OK);
    EXPECT(add("/dev/null", 0, &null) == OK);
    EXPECT(find("/", 0, &prefix) == root && prefix == 1);
    EXPECT(find("/device", 0, &prefix) == root && prefix == 1);
    EXPECT(find("/dev", 0, &prefix) == dev && prefix == 4);
    EXPECT(find("/dev/nul", 0, &prefix) == dev && prefix == 4);
    EXPECT(find("/dev/null/more", 0, &prefix) == null && prefix == 9);
}

TEST("unions keep their order, and replacing leaves one")
{
    EXPECT(setup());
    uint64_t first, before, after, only;
    size_t prefix;
    EXPECT(add("/bin", MOUNT_REPLACE, &first) == OK && add("/bin", MOUNT_BEFORE, &before) == OK);
    EXPECT(add("/bin", MOUNT_AFTER | MOUNT_CREATE, &after) == OK);
    EXPECT(find("/bin/ls", 0, &prefix) == before && find("/bin/ls", 1, &prefix) == first);
    EXPECT(find("/bin/ls", 2, &prefix) == after && find("/bin/ls", 3, &prefix) == 0);
    EXPECT(namespace_remove(names, "/bin", 4, first) == OK);
    EXPECT(namespace_remove(names, "/bin", 4, first) == ERR_NOT_FOUND);
    EXPECT(add("/bin", MOUNT_REPLACE, &only) == OK);
    EXPECT(find("/bin", 0, &prefix) == only && find("/bin", 1, &prefix) == 0);
}

static uint32_t flags_of(uint64_t id)
{
    return namespace_by_id(names, id)->flags;
}

TEST("mounts of a union say that they are not alone")
{
    EXPECT(setup());
    uint64_t one, two, three;
    EXPECT(add("/u", MOUNT_REPLACE, &one) == OK && flags_of(one) == 0);
    EXPECT(add("/u", MOUNT_BEFORE | MOUNT_CREATE, &two) == OK && flags_of(one) == MOUNT_UNION);
    EXPECT(flags_of(two) == (MOUNT_UNION | MOUNT_CREATE));
    EXPECT(add("/u", MOUNT_AFTER, &three) == OK && flags_of(three) == MOUNT_UNION);
    EXPECT(namespace_remove(names, "/u", 2, one) == OK && flags_of(three) == MOUNT_UNION);
    EXPECT(namespace_remove(names, "/u", 2, three) == OK && flags_of(two) == MOUNT_CREATE);
    EXPECT(add("/u", MOUNT_UNION, &one) == ERR_BAD_ARGUMENT);
}

TEST("the longest prefix wins, at whole components, whatever was mounted first")
{
    EXPECT(setup());
    uint64_t deep, root, middle;
    size_t prefix;
    EXPECT(add("/a/bc/d", 0, &deep) == OK && find("/a/bc", 0, &prefix) == 0);
    EXPECT(add("/", 0, &root) == OK && add("/a/bc", 0, &middle) == OK);
    EXPECT(find("/a/bc/d", 0, &prefix) == deep && prefix == 7);
    EXPECT(find("/a/bc/d/e", 0, &prefix) == deep && prefix == 7);
    EXPECT(find("/a/bc/de", 0, &prefix) == middle && prefix == 5);
    EXPECT(find("/a/bcd", 0, &prefix) == root && prefix == 1);
    EXPECT(find("/", 0, &prefix) == root && prefix == 1);
    EXPECT(namespace_remove(names, "/a/bc", 5, middle) == OK);
    EXPECT(find("/a/bc/x", 0, &prefix) == root && prefix == 1);
}

TEST("paths that are not clean are refused")
{
    EXPECT(setup());
    static const char *const bad[] = {"", "bin", "/bin/", "//", "/a//b", "/.", "/a/..", "/a/../b"};
    uint64_t id;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) EXPECT(add(bad[i], 0, &id) != OK);
    EXPECT(add("/...", 0, &id) == OK && add("/.a", 0, &id) == OK);
    EXPECT(add("/x", 7, &id) == ERR_BAD_ARGUMENT);
}

TEST("a path that is passed in pieces comes to the same as one that is passed at once")
{
    EXPECT(setup());
    static char path[1000];
    uint64_t near, far;
    size_t prefix, size = sizeof path - 1;
    memset(path, 'p', size);
    for (size_t i = 0; i < size; i += 90) path[i] = '/';
    struct path_scan whole = path_begin(), pieces = path_begin();
    EXPECT(path_check(&whole, path, size) == OK);
    none_machine.interrupt = true;
    uint32_t tries = 0;
    for (; path_check(&pieces, path, size) == CALL_RESTART; tries++)
        pieces = path_unpack(path_pack(&pieces));
    EXPECT(tries > 10 && pieces.hash == whole.hash && pieces.at == size);
    none_machine.interrupt = false;
    EXPECT(add(path, 0, &far) == OK && find(path, 0, &prefix) == far);
    path[180] = '\0';
    EXPECT(add(path, 0, &near) == OK);
    path[180] = '/';
    none_machine.interrupt = true;
    EXPECT(find(path, 0, &prefix) == far && prefix == size);
    path[size - 1] = 'q';
    EXPECT(find(path, 0, &prefix) == near && prefix == 180);
    none_machine.interrupt = false;
}

static char long_path[900];

// A process with the path and a session, that mounts.
static struct process *play_mounter(fe_handle *handle)
{
    memset(long_path, 'p', sizeof long_path);
    long_path[0] = '/';
    struct process *user = play_process(1);
    play_as(play_thread(user, 10));
    play_store(user, PLAY_MEMORY, long_path, sizeof long_path);
    (void)user_read(long_path, PLAY_MEMORY, sizeof long_path); // it can be seen from now on
    if (handle_reserve(user, 1) == OK) *handle = handle_insert(user, &session->object, RIGHT_ALL);
    return user;
}

static enum status mount(fe_handle handle, uint64_t *id)
{
    const struct user_buffer at = {PLAY_MEMORY, sizeof long_path}, start = {PLAY_MEMORY, 1};
    return sys_namespace_mount(names, at, start, handle, 0, id);
}

static bool is_mounted(uint64_t id)
{
    struct resolution found = {.scan = path_begin()};
    return namespace_find(names, long_path, sizeof long_path, 0, &found) == OK &&
           found.mount->by_id.key == id && found.prefix.at == sizeof long_path;
}

static bool is_kept(void)
{
    return thread_current()->progress.position != 0;
}

TEST("a mount that stops on its way through a path mounts what it has checked")
{
    EXPECT(setup());
    fe_handle handle = 0;
    struct process *user = play_mounter(&handle);
    uint64_t id = 0, used = user->memory_used;
    uint32_t tries = 0;
    none_machine.interrupt = true;
    for (bool was_kept = false; mount(handle, &id) == CALL_RESTART; was_kept = is_kept(), tries++)
        if (!was_kept && is_kept()) play_store(user, PLAY_MEMORY, "/../", 4);
    none_machine.interrupt = false;
    while (reap_step()) continue;
    EXPECT(tries > 10 && is_mounted(id));
    EXPECT(mount(handle, &id) == ERR_BAD_ARGUMENT);
    EXPECT(user->memory_used == used && thread_current()->progress.call == nullptr);
}

TEST("a mount that had no room to keep its path goes on with the path once it has")
{
    EXPECT(setup());
    fe_handle handle = 0;
    struct process *user = play_mounter(&handle);
    uint64_t id = 0, used = user->memory_used, limit = user->quota->limit;
    enum status status = ERR_QUOTA;
    uint32_t refusals = 0;
    none_machine.interrupt = true;
    for (uint64_t room = 0; !is_kept(); room += 64, refusals++) {
        user->quota->limit = user->quota->used + room;
        status = mount(handle, &id);
    }
    user->quota->limit = limit;
    while (status == CALL_RESTART) status = mount(handle, &id);
    none_machine.interrupt = false;
    while (reap_step()) continue;
    EXPECT(refusals > 10 && status == OK && is_mounted(id));
    EXPECT(user->memory_used == used && thread_current()->progress.call == nullptr);
}

TEST("a namespace gives all back, long paths too")
{
    EXPECT(setup());
    uint64_t before = process->memory_used, id;
    char path[200];
    memset(path, 'p', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    EXPECT(add(path, 0, &id) == OK && add("/short", 0, &id) == OK);
    EXPECT(session->object.handles == 2);
    object_put(&names->object);
    while (reap_step()) continue;
    EXPECT(session->object.handles == 0 && process->memory_used < before);
}

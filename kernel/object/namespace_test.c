// SPDX-License-Identifier: MIT
#include "kernel/object/namespace.h"
#include "kernel/none/play.h"
#include "kernel/object/channel.h"
#include "kernel/object/reap.h"
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
    struct mount_plan plan = {.path = path,
                              .path_size = strlen(path),
                              .start = "/",
                              .start_size = 1,
                              .session = session,
                              .flags = flags};
    return namespace_add(names, &plan, id);
}

static uint64_t find(const char *path, uint32_t index, size_t *prefix)
{
    struct resolution found = {};
    if (namespace_find(names, path, strlen(path), index, &found) != OK) return 0;
    *prefix = found.prefix;
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

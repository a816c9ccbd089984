// SPDX-License-Identifier: MIT
// Namespaces: from prefixes of paths to sessions.
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <guest/guest.h>

static fe_handle channel, session;

static enum status session_make(void)
{
    uint64_t id;
    if (channel != FE_NO_HANDLE) return OK;
    TRY(fe_channel_create(&channel));
    return fe_channel_mint(channel, 1, &session, &id);
}

static enum status mount(fe_handle name_space, const char *path, const char *start, uint32_t flags,
                         uint64_t *number)
{
    return fe_namespace_mount(name_space, path, strlen(path), start, strlen(start), session, flags,
                              number);
}

static enum status resolve(fe_handle name_space, const char *path, uint32_t index, uint64_t *number,
                           size_t *length)
{
    uint32_t flags;
    return fe_namespace_resolve(name_space, path, strlen(path), index, number, length, &flags);
}

TEST("the longest prefix of whole names wins")
{
    fe_handle name_space;
    uint64_t root, dev, found;
    size_t length;
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(resolve(name_space, "/dev/x", 0, &found, &length) == ERR_NOT_FOUND);
    EXPECT(mount(name_space, "/", "", MOUNT_REPLACE, &root) == OK);
    EXPECT(mount(name_space, "/dev", "", MOUNT_REPLACE, &dev) == OK);
    EXPECT(resolve(name_space, "/dev/x", 0, &found, &length) == OK);
    EXPECT(found == dev && length == 4);
    EXPECT(resolve(name_space, "/device", 0, &found, &length) == OK && found == root);
    EXPECT(resolve(name_space, "/dev", 0, &found, &length) == OK && found == dev);
    EXPECT(fe_handle_close(name_space) == OK);
}

TEST("a union has its members in order, and they go away one by one")
{
    fe_handle name_space;
    uint64_t first, before, after, found;
    size_t length;
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(mount(name_space, "/bin", "a", MOUNT_REPLACE, &first) == OK);
    EXPECT(mount(name_space, "/bin", "b", MOUNT_BEFORE, &before) == OK);
    EXPECT(mount(name_space, "/bin", "c", MOUNT_AFTER, &after) == OK);
    EXPECT(resolve(name_space, "/bin/x", 0, &found, &length) == OK && found == before);
    EXPECT(resolve(name_space, "/bin/x", 1, &found, &length) == OK && found == first);
    EXPECT(resolve(name_space, "/bin/x", 2, &found, &length) == OK && found == after);
    EXPECT(resolve(name_space, "/bin/x", 3, &found, &length) == ERR_NOT_FOUND);
    EXPECT(fe_namespace_unmount(name_space, "/bin", 4, before) == OK);
    EXPECT(resolve(name_space, "/bin/x", 0, &found, &length) == OK && found == first);
    EXPECT(fe_namespace_unmount(name_space, "/bin", 4, before) == ERR_NOT_FOUND);
    EXPECT(fe_handle_close(name_space) == OK);
}

TEST("a mount gives its session and where to start")
{
    fe_handle name_space, found;
    uint64_t number;
    size_t length;
    char start[16] = {};
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(mount(name_space, "/home", "tree/home", MOUNT_REPLACE, &number) == OK);
    EXPECT(fe_namespace_session(name_space, number, start, sizeof start, &found, &length) == OK);
    EXPECT(length == 9 && memcmp(start, "tree/home", 9) == 0);
    struct fe_handle_info one, two;
    EXPECT(fe_handle_inspect(found, &one) == OK && fe_handle_inspect(session, &two) == OK);
    EXPECT(one.id == two.id);
    EXPECT(fe_namespace_session(name_space, number + 1000, start, sizeof start, &found, &length) ==
           ERR_NOT_FOUND);
    EXPECT(fe_handle_close(found) == OK && fe_handle_close(name_space) == OK);
}

TEST("a clone goes its own way")
{
    fe_handle name_space, clone;
    uint64_t number, further, found;
    size_t length;
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(mount(name_space, "/gone", "", MOUNT_REPLACE, &number) == OK);
    EXPECT(fe_namespace_unmount(name_space, "/gone", 5, number) == OK);
    EXPECT(mount(name_space, "/a", "", MOUNT_REPLACE, &number) == OK);
    EXPECT(fe_namespace_clone(name_space, &clone) == OK);
    EXPECT(mount(clone, "/b", "", MOUNT_REPLACE, &further) == OK && further > number);
    EXPECT(resolve(clone, "/a", 0, &found, &length) == OK && found == number);
    EXPECT(resolve(name_space, "/b", 0, &found, &length) == ERR_NOT_FOUND);
    EXPECT(fe_handle_close(clone) == OK && fe_handle_close(name_space) == OK);
}

TEST("its table can be listed")
{
    fe_handle name_space;
    uint64_t number, found;
    size_t length;
    uint32_t flags;
    char path[32];
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(mount(name_space, "/one", "", MOUNT_REPLACE, &number) == OK);
    EXPECT(fe_namespace_list(name_space, 0, path, sizeof path, &found, &length, &flags) == OK);
    EXPECT(found == number && length == 4 && memcmp(path, "/one", 4) == 0);
    EXPECT(fe_namespace_list(name_space, 1, path, sizeof path, &found, &length, &flags) ==
           ERR_NOT_FOUND);
    EXPECT(fe_handle_close(name_space) == OK);
}

TEST("who may look at it sees where a mount starts, and gets no session")
{
    fe_handle name_space, found;
    uint64_t number;
    size_t length;
    char start[16] = {};
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(mount(name_space, "/home", "tree/home", MOUNT_REPLACE, &number) == OK);
    fe_handle weak = guest_weaken(name_space, RIGHT_INSPECT);
    EXPECT(fe_namespace_start(weak, number, start, sizeof start, &length) == OK);
    EXPECT(length == 9 && memcmp(start, "tree/home", 9) == 0);
    EXPECT(fe_namespace_start(weak, number + 1000, start, sizeof start, &length) == ERR_NOT_FOUND);
    EXPECT(fe_namespace_start(weak, number, start, 8, &length) == ERR_TOO_LARGE);
    EXPECT(fe_namespace_start(weak, number, (void *)kernel_address, 16, &length) ==
           ERR_BAD_ADDRESS);
    EXPECT(fe_namespace_session(weak, number, start, sizeof start, &found, &length) ==
           ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(name_space) == OK);
}

TEST("a process's namespace can be looked at through its handle, and no more")
{
    fe_handle name_space, seen, found;
    uint64_t number, listed;
    size_t length;
    uint32_t flags;
    char path[32];
    struct fe_handle_info one, two;
    struct fe_child child;
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    EXPECT(mount(name_space, "/its", "", MOUNT_REPLACE, &number) == OK);
    const struct fe_spawn options = {.image = fe_start_handle("image"), .name_space = name_space};
    EXPECT(fe_spawn_create(&options, &child) == OK);
    fe_handle weak = guest_weaken(child.process, RIGHT_INSPECT);
    EXPECT(fe_process_namespace(weak, &seen) == OK);
    EXPECT(fe_handle_inspect(seen, &one) == OK && fe_handle_inspect(name_space, &two) == OK);
    EXPECT(one.id == two.id);
    EXPECT(fe_namespace_list(seen, 0, path, sizeof path, &listed, &length, &flags) == OK);
    EXPECT(listed == number && length == 4);
    EXPECT(resolve(seen, "/its", 0, &listed, &length) == ERR_NO_RIGHT);
    EXPECT(fe_namespace_clone(seen, &found) == ERR_NO_RIGHT);
    EXPECT(mount(seen, "/b", "", MOUNT_REPLACE, &listed) == ERR_NO_RIGHT);
    fe_handle blind = guest_weaken(child.process, RIGHT_PROCESS_KILL);
    EXPECT(fe_process_namespace(blind, &found) == ERR_NO_RIGHT);
    EXPECT(fe_process_kill(child.process, 0) == OK);
    EXPECT(fe_process_namespace(weak, &found) == ERR_NOT_FOUND);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(blind) == OK);
    EXPECT(fe_handle_close(child.process) == OK && fe_handle_close(seen) == OK);
    EXPECT(fe_handle_close(name_space) == OK);
}

TEST("rights, wrong kinds, bad paths and bad memory are refused")
{
    fe_handle name_space, clone;
    uint64_t number;
    size_t length;
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    fe_handle weak = guest_weaken(name_space, RIGHT_INSPECT);
    EXPECT(mount(weak, "/a", "", MOUNT_REPLACE, &number) == ERR_NO_RIGHT);
    EXPECT(fe_namespace_unmount(weak, "/a", 2, 1) == ERR_NO_RIGHT);
    EXPECT(resolve(weak, "/a", 0, &number, &length) == ERR_NO_RIGHT);
    EXPECT(fe_namespace_clone(weak, &clone) == ERR_NO_RIGHT);
    EXPECT(mount(name_space, "relative", "", MOUNT_REPLACE, &number) == ERR_BAD_ARGUMENT);
    EXPECT(mount(name_space, "/a", "", 0xf0f0, &number) == ERR_BAD_ARGUMENT);
    EXPECT(fe_namespace_mount(name_space, "/a", 2, "", 0, name_space, 0, &number) ==
           ERR_WRONG_TYPE);
    EXPECT(fe_namespace_mount(name_space, (const char *)kernel_address, 2, "", 0, session, 0,
                              &number) == ERR_BAD_ADDRESS);
    EXPECT(fe_namespace_mount(name_space, (const char *)unmapped_address, 2, "", 0, session, 0,
                              &number) == ERR_BAD_ADDRESS);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(name_space) == OK);
}

TEST(
    "there are as many mounts as memory, in one union and in many places, and a clone has them all")
{
    enum : uint32_t { COUNT = 1500 };
    fe_handle name_space, clone, found;
    uint64_t first = 0, number, last = 0;
    size_t length;
    uint32_t flags;
    char path[32];
    EXPECT(session_make() == OK && fe_namespace_create(&name_space) == OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        fe_format(path, sizeof path, "/many/%u", i);
        EXPECT(mount(name_space, path, "", MOUNT_REPLACE, &number) == OK);
        EXPECT(mount(name_space, "/union", "", MOUNT_AFTER, &last) == OK);
        if (i == 0) first = last;
    }
    EXPECT(resolve(name_space, "/union", COUNT - 1, &number, &length) == OK && number == last);
    EXPECT(resolve(name_space, "/union", COUNT, &number, &length) == ERR_NOT_FOUND);
    EXPECT(resolve(name_space, "/union", 0, &number, &length) == OK && number == first);
    EXPECT(fe_namespace_clone(name_space, &clone) == OK);
    for (uint32_t i = 0; i < 2 * COUNT; i++) {
        EXPECT(fe_namespace_list(clone, i, path, sizeof path, &number, &length, &flags) == OK);
        EXPECT(fe_namespace_session(clone, number, path, sizeof path, &found, &length) == OK);
        EXPECT(fe_handle_close(found) == OK);
    }
    EXPECT(fe_namespace_list(clone, 2 * COUNT, path, sizeof path, &number, &length, &flags) ==
           ERR_NOT_FOUND);
    EXPECT(fe_namespace_list(clone, 0, path, sizeof path, &number, &length, &flags) == OK);
    EXPECT(mount(name_space, "/union", "", MOUNT_REPLACE, &number) == OK);
    EXPECT(resolve(name_space, "/union", 1, &number, &length) == ERR_NOT_FOUND);
    EXPECT(fe_namespace_session(name_space, last, path, sizeof path, &found, &length) ==
           ERR_NOT_FOUND);
    EXPECT(fe_handle_close(name_space) == OK && fe_handle_close(clone) == OK);
}

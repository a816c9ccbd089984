// SPDX-License-Identifier: MIT
// Tries to reach what it was not given: see test/scenario/unshare.py. Started by unshare with the
// folder /tmp/box, in which links lead to /tmp/secret, and the pid of a process outside. Prints
// what it got hold of, and ends with 1 if that is anything.
#include "session.h"

#include <9p/client.h>
#include <9p/mount.h>
#include <9p/tree.h>
#include <abi/9p_operations.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/namespace.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum : uint32_t { FIDS = 3000, HANDLES = 20000 };

static int reached;

static void reach(const char *what, const char *how)
{
    printf("reached %s by %s\n", what, how);
    reached++;
}

// --- Names -------------------------------------------------------------------------------------

static void try_name(const char *path, const char *how)
{
    struct stat status;
    int file = open(path, O_RDONLY);
    if (file >= 0) close(file);
    if (file >= 0 || stat(path, &status) == 0 || mkdir(path, 0700) == 0) reach(path, how);
}

static void try_names(const char *pid)
{
    static const char *const names[] = {"/etc/passwd",
                                        "/etc/secret/shadow",
                                        "/home/user",
                                        "/proc/1/status",
                                        "/proc/self/status",
                                        "/net/clone",
                                        "/net/tcp/clone",
                                        "/srv/pipe",
                                        "/srv",
                                        "/dev/console",
                                        "/dev/null",
                                        "/dev/log",
                                        "/dev/power",
                                        "/dev/services",
                                        "/dev/trace",
                                        "/dev/device",
                                        "/tmp/secret",
                                        "/tmp",
                                        "/tmp/box/../secret",
                                        "/tmp/box/up",
                                        "/tmp/box/whole",
                                        "/tmp/box/../../etc/passwd",
                                        "//etc/passwd",
                                        "/tmp/box/../box/up",
                                        "/tmp/box/./../secret"};
    char path[80];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) try_name(names[i], "its name");
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    try_name(path, "its name");
    if (chdir("/tmp/box") == 0) try_name("../secret", "the working directory");
    if (link("/tmp/box/../secret", "/tmp/box/got") == 0 ||
        rename("/tmp/secret", "/tmp/box/got") == 0)
        reach("/tmp/secret", "a second name");
}

// --- Sessions ----------------------------------------------------------------------------------

// What is answered is within the session, so it knows none of these.
static void try_walks(fe_handle session, const char *how)
{
    static const char *const paths[] = {
        "secret", "../secret", "..", "/secret", "box/../../secret", ".", "box", "//", "etc/passwd"};
    const uint64_t attach[3] = {FE_9P_SAME_IDENTITY, FE_9P_VERSION};
    const uint64_t walk[3] = {FE_9P_ROOT_FID, FE_9P_NO_FID, FE_9P_NO_FOLLOW};
    const uint64_t whole[3] = {FE_9P_ROOT_FID, FE_9P_NO_FID, OPEN_READ};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (ask(session, P9_ATTACH, attach, paths[i]) == 0) reach(paths[i], how);
        if (ask(session, P9_WALK, walk, paths[i]) == 0) reach(paths[i], how);
        if (ask(session, P9_OPEN, whole, paths[i]) == 0) reach(paths[i], how);
    }
    const uint64_t root[3] = {0, FE_9P_VERSION}, identity[3] = {0, 0};
    if (ask(session, P9_ATTACH, root, "") == 0) reach("root's files", how);
    if (ask(session, P9_IDENTIFY, identity, "") == 0) reach("root's identity", how);
}

// Fids that others opened, and numbers that nobody has; `own` are this session's.
static void try_fids(fe_handle session, uint32_t own, const char *how)
{
    for (uint32_t fid = own; fid < FIDS; fid++) {
        const uint64_t word[3] = {fid, 0, 8};
        if (ask(session, P9_GETATTR, word, "") == 0 || ask(session, P9_READ, word, "") == 0)
            reach("a fid of another session", how);
    }
    const uint64_t huge[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    for (uint32_t operation = P9_ATTACH; operation < P9_OPERATION_COUNT; operation++) {
        if (ask(session, operation, huge, "secret") == 0 && operation != P9_FLUSH)
            reach("something", "a fid that cannot be");
    }
}

static void try_mounts(void)
{
    struct p9_mounts mounts;
    char start[4096];
    size_t size;
    if (p9_mounts_read(fe_namespace_self(), &mounts) != 0) return;
    for (size_t i = 0; i < mounts.count; i++) {
        fe_handle session;
        const struct p9_mount_entry *entry = &mounts.entry[i];
        if (fe_namespace_session(fe_namespace_self(), entry->mount, start, sizeof start, &session,
                                 &size) != OK) {
            continue;
        }
        try_walks(session, "the session of a mount");
        try_fids(session, FE_9P_ROOT_FID + 1, "the session of a mount");
    }
}

// The sessions by which it was given its open files have no more than those files.
static void try_files(void)
{
    const uint64_t attach[3] = {FE_9P_SAME_IDENTITY, FE_9P_VERSION};
    const uint64_t root[3] = {FE_9P_ROOT_FID, FE_9P_NO_FID, 0};
    const struct fe_start_handle *entry;
    uint32_t count = 0;
    for (; (entry = fe_start_find_prefix("files/", count)) != nullptr; count++) {
        if (ask(entry->handle, P9_ATTACH, attach, "") == 0)
            reach("a root", "an open file's session");
        if (ask(entry->handle, P9_WALK, root, "secret") == 0)
            reach("a file", "an open file's session");
        if (ask(entry->handle, P9_GETATTR, root, "") == 0)
            reach("a root", "fid 0 of an open file's");
        try_walks(entry->handle, "an open file's session");
    }
    if (count == 0) printf("no files were given\n");
}

// --- Processes, the kernel ---------------------------------------------------------------------

static void try_processes(const char *text)
{
    int pid = atoi(text);
    if (getppid() != 0) reach("its parent's number", "getppid");
    for (int number = 1; number < 300; number++) {
        if (number != getpid() && kill(number, 0) == 0) reach("a process", "its number");
    }
    if (kill(pid, SIGKILL) == 0 || getpgid(pid) >= 0 || getsid(pid) >= 0) reach(text, "its number");
    if (kill(-1, 0) == 0) reach("all processes", "kill -1");
    if (setpgid(pid, 0) == 0) reach(text, "setpgid");
}

// Whatever number it thinks of, there is no resource, no other process, nobody's server end.
static void try_handles(void)
{
    struct fe_handle_info info;
    struct fe_handle_info self;
    struct fe_log_piece piece;
    static char log[4096];
    if (fe_handle_inspect(fe_process_self(), &self) != OK) return;
    for (fe_handle handle = 1; handle < HANDLES; handle++) {
        if (fe_log_read(handle, 0, log, sizeof log, &piece) == OK)
            reach("the kernel's log", "a handle's number");
        if (fe_handle_inspect(handle, &info) != OK) continue;
        if (info.type == OBJECT_RESOURCE || info.type == OBJECT_INTERRUPT)
            reach("a device", "a handle's number");
        if (info.type == OBJECT_PROCESS && info.id != self.id)
            reach("a process", "a handle's number");
    }
}

static void try_network(void)
{
    static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int stream = socket(AF_INET, kinds[i], 0);
        if (stream >= 0) reach("the network", "socket");
    }
}

// --- A server of its own, whose links lead out -------------------------------------------------

static const struct p9_tree_entry traps[] = {
    {.path = "absolute", .mode = MODE_LINK | 0777, .target = "/etc/passwd"},
    {.path = "up", .mode = MODE_LINK | 0777, .target = "../../../../../etc/passwd"},
    {.path = "folder", .mode = MODE_LINK | 0777, .target = "/tmp"},
    {.path = "turn", .mode = MODE_LINK | 0777, .target = "turn"},
    {.path = "file", .mode = 0444, .target = nullptr},
};
static struct p9_server trap = {.name = "trap"};

static void *serve(void *)
{
    p9_serve(&trap);
}

static void try_server(void)
{
    fe_handle connector;
    pthread_t thread;
    if (p9_tree_create(traps, sizeof traps / sizeof *traps, &trap.root) != 0 ||
        p9_server_init(&trap) != OK || p9_connector(&trap, nullptr, 0, 0, &connector) != OK ||
        pthread_create(&thread, nullptr, serve, nullptr) != 0 ||
        p9_mount(connector, "", "/tmp/box/trap", MOUNT_REPLACE) != 0) {
        printf("no server of its own\n");
        reached++;
        return;
    }
    struct stat status;
    if (stat("/tmp/box/trap/file", &status) != 0) reach("nothing", "its own server");
    try_name("/tmp/box/trap/absolute", "its own server");
    try_name("/tmp/box/trap/up", "its own server");
    try_name("/tmp/box/trap/folder/secret", "its own server");
    if (open("/tmp/box/trap/turn", O_RDONLY) >= 0 || errno != ELOOP) reach("a loop", "its server");
}

int main(int count, char **arguments)
{
    setvbuf(stdout, nullptr, _IOLBF, 0);
    if (count != 2) return 2;
    try_names(arguments[1]);
    try_mounts();
    try_files();
    try_processes(arguments[1]);
    try_handles();
    try_network();
    try_server();
    printf("%d reached\n", reached);
    return reached != 0;
}

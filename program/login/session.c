// SPDX-License-Identifier: MIT
// The user's session: a namespace whose connectors are bound to the user, made by init; a process
// of the user's, with a session and the terminal of its own; the shell in it. The shell is made
// here with the kernel's calls, because what it gets is not what login has.
#include "login.h"

#include <9p/client.h>
#include <abi/saving.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <stdio.h>
#include <string.h>

// What the shell starts runs at JOBS_PRIORITY. The shell itself keeps login's, which is above, so
// its prompt answers whatever they do.
enum : uint32_t { TERMINAL_COUNT = 3, SESSION = TERMINAL_COUNT, JOBS, HANDLE_COUNT };
enum : uint32_t { JOBS_PRIORITY = PRIORITY_DEFAULT };

void session_ready(void)
{
    struct p9_control control = {.request = CONTROL_INIT_READY};
    struct p9_file *init = p9_root_of_handle(fe_start_handle("init"));
    if (init == nullptr) return; // started by somebody else
    (void)p9_control(init, &control);
    p9_close(init);
}

static int make_namespace(const struct user *user, fe_handle *name_space)
{
    uint32_t numbers[2 + GROUPS_MOST] = {user->uid, user->gid};
    memcpy(numbers + 2, user->groups, user->group_count * sizeof numbers[0]);
    struct p9_control control = {.request = CONTROL_INIT_NAMESPACE,
                                 .data = numbers,
                                 .size = (2 + user->group_count) * sizeof numbers[0],
                                 .receive_most = 1};
    struct p9_file *init = p9_root_of_handle(fe_start_handle("init"));
    if (init == nullptr) return -EPERM;
    int result = p9_control(init, &control);
    p9_close(init);
    if (result != 0) return result;
    if (control.received_count != 1) return -EPROTO;
    *name_space = control.received[0];
    return 0;
}

// Registers the shell's process and gives back its session to the process service.
static int register_process(fe_handle process, const struct user *user, fe_handle *session)
{
    struct p9_file *own = p9_root_of_handle(fe_start_handle("process"));
    if (own == nullptr) return -EPERM;
    struct p9_registration what = {.command = user->shell};
    int result = p9_process_register(own, process, &what, session);
    p9_close(own);
    return result;
}

// As the shell: a session of its own, the user's identity. *number is the session's.
static int become_user(fe_handle session, const struct user *user, uint32_t *number)
{
    struct fe_process_identity identity = {
        .uid = user->uid, .gid = user->gid, .group_count = user->group_count};
    memcpy(identity.groups, user->groups, user->group_count * sizeof identity.groups[0]);
    struct p9_file *child = p9_root_of_handle(session);
    if (child == nullptr) return -ENOMEM;
    struct p9_control create = {.request = CONTROL_PROCESS_SESSION_NEW};
    struct p9_control set = {
        .request = CONTROL_PROCESS_IDENTITY_SET, .data = &identity, .size = sizeof identity};
    int result = p9_control(child, &create);
    *number = (uint32_t)create.value;
    if (result == 0) result = p9_control(child, &set);
    p9_close(child);
    return result;
}

// The terminal is the user's and the new session's; each descriptor is a session of its own with
// the one open file.
static int give_terminal(const struct user *user, uint32_t number, struct fe_spawn_handle *handles)
{
    static const char *const names[TERMINAL_COUNT] = {"fd/0:/dev/console", "fd/1:/dev/console",
                                                      "fd/2:/dev/console"};
    struct fe_9p_attributes owner = {.uid = user->uid, .gid = user->gid, .mode = 0620};
    struct p9_file *terminal;
    int result = p9_open("/dev/console", OPEN_READ_WRITE, 0, &terminal);
    if (result != 0) return result;
    uint32_t valid = ATTRIBUTE_UID | ATTRIBUTE_GID | ATTRIBUTE_MODE;
    struct p9_control take = {
        .request = CONTROL_SESSION_SET, .data = &number, .size = sizeof number};
    result = p9_file_set_attributes(terminal, valid, &owner);
    if (result == 0) result = p9_control(terminal, &take);
    for (uint32_t i = 0; i < TERMINAL_COUNT && result == 0; i++) {
        handles[i].name = names[i];
        handles[i].value = (uint64_t)OPEN_READ_WRITE << 32 | terminal->fid;
        result = p9_share(&terminal, 1, &handles[i].handle);
    }
    p9_close(terminal);
    return result;
}

static void take_terminal_back(void)
{
    struct fe_9p_attributes owner = {.mode = 0622};
    uint32_t valid = ATTRIBUTE_UID | ATTRIBUTE_GID | ATTRIBUTE_MODE;
    (void)p9_set_attributes("/dev/console", valid, 0, &owner);
}

static int wait_for(fe_handle process)
{
    struct fe_process_info info;
    uint64_t bits;
    FE_HANDLE event = FE_NO_HANDLE;
    enum status status = fe_event_create(&event);
    if (status == OK) status = fe_process_watch(process, event, 1);
    if (status == OK) status = fe_event_wait(event, 1, FE_UNINTERRUPTED, &bits);
    if (status == OK) status = fe_process_inspect(process, &info);
    return status == OK ? info.exit_code & 0xff : -fe_status_errno(status);
}

static int start(const struct fe_spawn *options, struct fe_child *child, const struct user *user,
                 struct fe_spawn_handle *handles)
{
    uint32_t number;
    int result = register_process(child->process, user, &handles[SESSION].handle);
    if (result == 0) result = become_user(handles[SESSION].handle, user, &number);
    if (result == 0) result = give_terminal(user, number, handles);
    if (result != 0) {
        for (uint32_t i = 0; i < HANDLE_COUNT; i++) fe_handle_drop(&handles[i].handle);
        return result;
    }
    return -fe_status_errno(fe_spawn_start(options, child));
}

// Runs one of the session's programs until it ends; its exit code.
static int run(const char *program, struct fe_spawn *options, const struct user *user)
{
    struct fe_spawn_handle handles[HANDLE_COUNT] = {
        [SESSION] = {.name = "process"}, [JOBS] = {.name = "jobs", .value = JOBS_PRIORITY}};
    FE_HANDLE image = FE_NO_HANDLE;
    int result = p9_image(program, &image);
    if (result != 0) return result;
    options->image = image;
    options->handles = handles;
    options->handle_count = HANDLE_COUNT;
    struct fe_child child = {};
    enum status status = fe_spawn_create(options, &child);
    if (status != OK) return -fe_status_errno(status);
    result = start(options, &child, user, handles);
    if (result == 0) {
        fe_handle_drop(&child.thread);
        result = wait_for(child.process);
    } else {
        (void)fe_process_kill(child.process, 1);
    }
    fe_handle_drop(&child.process);
    take_terminal_back();
    return result;
}

// Names that the files of namespace(5) add, where there are any. Whatever becomes of it, the shell
// is next.
static void add_names(struct fe_spawn *options, const struct user *user)
{
    static const char *const newns[] = {"newns", nullptr};
    struct fe_9p_attributes attributes;
    char own[300];
    snprintf(own, sizeof own, "%s/lib/namespace", user->home);
    if (p9_stat("/lib/namespace", 0, &attributes) != 0 && p9_stat(own, 0, &attributes) != 0) return;
    options->arguments = newns;
    int result = run("/bin/newns", options, user);
    if (result < 0) printf("newns cannot be run: %s\n", strerror(-result));
    fflush(stdout);
}

int session_run(const struct user *user)
{
    char home[300], name[100], log_name[100], shell[300], zero[64];
    struct fe_9p_attributes attributes;
    FE_HANDLE name_space = FE_NO_HANDLE;
    const char *base = strrchr(user->shell, '/');
    snprintf(zero, sizeof zero, "-%s", base ? base + 1 : user->shell);
    snprintf(home, sizeof home, "HOME=%s", user->home);
    snprintf(name, sizeof name, "USER=%s", user->name);
    snprintf(log_name, sizeof log_name, "LOGNAME=%s", user->name);
    snprintf(shell, sizeof shell, "SHELL=%s", user->shell);
    const char *const arguments[] = {zero, nullptr};
    const char *const environment[] = {home,        name,         log_name, shell,
                                       "PATH=/bin", "TERM=xterm", nullptr};
    int result = make_namespace(user, &name_space);
    if (result != 0) return result;
    bool has_home = p9_stat(user->home, 0, &attributes) == 0;
    struct fe_spawn options = {
        .environment = environment,
        .directory = has_home ? user->home : "/",
        .name_space = name_space,
        .may_mount = true,
    };
    // What goes on when the user leaves keeps its share, so it is one of what is left: half, or a
    // third where services take half.
    struct fe_process_info own;
    enum status status = fe_memory_reclaim();
    if (status == OK) status = fe_process_inspect(fe_process_self(), &own);
    if (status == OK) options.memory_limit = own.memory_left / (FE_SAVING > 1 ? 3 : 2);
    add_names(&options, user);
    options.arguments = arguments;
    return run(user->shell, &options, user);
}

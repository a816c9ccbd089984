// SPDX-License-Identifier: MIT
// The user's session: a namespace of the user's, and in it, on the terminal, the shell.
#include "login.h"

#include <9p/client.h>
#include <abi/saving.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <login/process.h>
#include <stdio.h>
#include <string.h>

// A session gets half of what is left, and an eighth of all stays for the next who logs in, where
// passwords take memory.
enum : uint32_t { MEMORY_PARTS = 2, MEMORY_KEPT = FE_SAVING > 1 ? 0 : 8 };

void session_ready(void)
{
    struct p9_control control = {.request = CONTROL_INIT_READY};
    struct p9_file *init = p9_root_of_handle(fe_start_handle("init"));
    if (init == nullptr) return; // started by somebody else
    (void)p9_control(init, &control);
    p9_close(init);
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

// Runs one of the session's programs until it ends; its exit code.
static int run(struct login_process *what)
{
    struct p9_file *terminal;
    FE_HANDLE process = FE_NO_HANDLE;
    int result = p9_open(what->terminal, OPEN_READ_WRITE, 0, &terminal);
    if (result != 0) return result;
    for (uint32_t i = 0; i < LOGIN_FILES; i++) what->files[i] = terminal;
    result = login_start(what, &process);
    p9_close(terminal);
    if (result == 0) result = wait_for(process);
    take_terminal_back();
    return result;
}

// Names that the files of namespace(5) add, where there are any. Whatever becomes of it, the shell
// is next.
static void add_names(struct login_process what)
{
    static const char *const newns[] = {"newns", nullptr};
    struct fe_9p_attributes attributes;
    char own[300];
    snprintf(own, sizeof own, "%s/lib/namespace", what.user->home);
    if (p9_stat("/lib/namespace", 0, &attributes) != 0 && p9_stat(own, 0, &attributes) != 0) return;
    what.program = "/bin/newns";
    what.arguments = newns;
    int result = run(&what);
    if (result < 0) printf("newns cannot be run: %s\n", strerror(-result));
    fflush(stdout);
}

int session_run(const struct user *user)
{
    struct login_environment environment;
    FE_HANDLE name_space = FE_NO_HANDLE;
    char zero[64];
    const char *base = strrchr(user->shell, '/');
    snprintf(zero, sizeof zero, "-%s", base ? base + 1 : user->shell);
    const char *const arguments[] = {zero, nullptr};
    login_environment_init(&environment, user, "xterm");
    int result = login_namespace(user, &name_space);
    if (result != 0) return result;
    struct login_process what = {
        .user = user,
        .program = user->shell,
        .arguments = arguments,
        .environment = environment.list,
        .name_space = name_space,
        .memory = login_memory(MEMORY_PARTS, MEMORY_KEPT),
        .terminal = "/dev/console",
    };
    add_names(what);
    return run(&what);
}

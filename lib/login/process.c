// SPDX-License-Identifier: MIT
// A process of a user: registered with the process service, of the user's identity, with a session
// and files of its own; see <login/process.h>.
#include <login/process.h>

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <stdio.h>
#include <string.h>

// What the shell starts runs at JOBS_PRIORITY. The shell itself keeps its maker's, which is above,
// so its prompt answers whatever they do.
enum : uint32_t { SESSION = LOGIN_FILES, JOBS, HANDLE_COUNT };
enum : uint32_t { JOBS_PRIORITY = PRIORITY_DEFAULT };
enum : size_t { HANDLE_NAME = 80 };

void login_environment_init(struct login_environment *environment, const struct user *user,
                            const char *terminal)
{
    struct login_environment *to = environment;
    snprintf(to->home, sizeof to->home, "HOME=%s", user->home);
    snprintf(to->name, sizeof to->name, "USER=%s", user->name);
    snprintf(to->log_name, sizeof to->log_name, "LOGNAME=%s", user->name);
    snprintf(to->shell, sizeof to->shell, "SHELL=%s", user->shell);
    snprintf(to->terminal, sizeof to->terminal, "TERM=%s", terminal);
    const char *const list[] = {to->home,    to->name,     to->log_name, to->shell,
                                "PATH=/bin", to->terminal, nullptr};
    static_assert(sizeof list == sizeof to->list);
    memcpy(to->list, list, sizeof list);
}

int login_namespace(const struct user *user, fe_handle *name_space)
{
    uint32_t numbers[2 + USER_GROUPS_MOST] = {user->uid, user->gid};
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

enum : uint64_t { MEMORY_LEAST = 1 << 20, LEAST_PART = 32 };

uint64_t login_memory(uint32_t parts, uint32_t kept)
{
    struct fe_process_info own;
    enum status status = fe_memory_reclaim();
    if (status == OK) status = fe_process_inspect(fe_process_self(), &own);
    if (status != OK) return 0;
    uint64_t keep = kept == 0 ? 0 : own.memory_limit / kept;
    uint64_t share = own.memory_left > keep ? (own.memory_left - keep) / parts : 0;
    uint64_t least = own.memory_limit / LEAST_PART;
    if (least > MEMORY_LEAST) least = MEMORY_LEAST;
    return share > least ? share : least;
}

// As the process: a session of its own, the user's identity. *number is the session's.
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

// The terminal is the user's and the new session's.
static int give_terminal(struct p9_file *terminal, const struct user *user, uint32_t number)
{
    struct fe_9p_attributes owner = {.uid = user->uid, .gid = user->gid, .mode = 0620};
    uint32_t valid = ATTRIBUTE_UID | ATTRIBUTE_GID | ATTRIBUTE_MODE;
    struct p9_control take = {
        .request = CONTROL_SESSION_SET, .data = &number, .size = sizeof number};
    int result = p9_file_set_attributes(terminal, valid, &owner);
    return result == 0 ? p9_control(terminal, &take) : result;
}

// Each descriptor is a session of its own with the one open file.
static int give_files(const struct login_process *what, struct fe_spawn_handle *handles)
{
    int result = 0;
    for (uint32_t i = 0; i < LOGIN_FILES && result == 0; i++) {
        struct p9_file *file = what->files[i];
        handles[i].value = (uint64_t)file->flags << 32 | file->fid;
        result = p9_share(&file, 1, &handles[i].handle);
    }
    return result;
}

struct giving {
    const struct login_process *what;
    struct fe_spawn_handle *handles;
};

static int give(void *context, fe_handle process)
{
    const struct giving *giving = context;
    const struct login_process *what = giving->what;
    struct fe_spawn_handle *handles = giving->handles;
    uint32_t number;
    int result = p9_process_introduce(process, what->program, &handles[SESSION].handle);
    if (result == 0) result = become_user(handles[SESSION].handle, what->user, &number);
    if (result == 0 && what->terminal) result = give_terminal(what->files[0], what->user, number);
    return result == 0 ? give_files(what, handles) : result;
}

static void name_files(const struct login_process *what, char names[LOGIN_FILES][HANDLE_NAME],
                       struct fe_spawn_handle *handles)
{
    for (uint32_t i = 0; i < LOGIN_FILES; i++) {
        const char *path = what->terminal ? what->terminal : "";
        snprintf(names[i], HANDLE_NAME, "fd/%u%s%s", i, *path ? ":" : "", path);
        handles[i].name = names[i];
    }
}

int login_start(const struct login_process *what, fe_handle *process)
{
    char names[LOGIN_FILES][HANDLE_NAME];
    struct fe_9p_attributes attributes;
    FE_HANDLE image = FE_NO_HANDLE;
    struct fe_spawn_handle handles[HANDLE_COUNT] = {
        [SESSION] = {.name = "process"}, [JOBS] = {.name = "jobs", .value = JOBS_PRIORITY}};
    name_files(what, names, handles);
    int result = p9_image(what->program, &image);
    if (result != 0) return result;
    bool has_home = p9_stat(what->user->home, 0, &attributes) == 0;
    struct fe_spawn options = {
        .image = image,
        .arguments = what->arguments,
        .environment = what->environment,
        .directory = has_home ? what->user->home : "/",
        .name_space = what->name_space,
        .may_mount = true,
        .memory_limit = what->memory,
        .handles = handles,
        .handle_count = HANDLE_COUNT,
    };
    struct giving giving = {what, handles};
    return p9_process_start(&options, give, &giving, process);
}

// SPDX-License-Identifier: MIT
// The process service: pids, parents, groups, sessions, users, wait and signals (abi/9p.h has the
// requests), and /proc. Each process speaks to it on its own session, given at birth; init has the
// first. All outlives the service (keep.c).
#include "process.h"
#include <abi/9p_operations.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/start.h>
#include <kept/kept.h>
#include <string.h>
#include <sys/stat.h>

struct p9_server server;
struct p9_node *tree;

// A pid of 0 means oneself. Nobody is found whom the process does not see.
static struct process *named(struct process *process, uint32_t pid)
{
    struct process *found = pid == 0 ? process : process_find(pid);
    return found != nullptr && process_sees(process, found) ? found : nullptr;
}

static int set_group(struct p9_request *request, struct process *process)
{
    uint32_t data[2];
    if (request->size != sizeof data) return -EINVAL;
    memcpy(data, request->data, sizeof data);
    struct process *target = named(process, data[0]);
    if (target == nullptr || (target != process && target->parent != process)) return -ESRCH;
    uint32_t group = data[1] == 0 ? target->pid : data[1];
    if (target->session == target->pid || target->session != process->session) return -EPERM;
    if (group != target->pid && !group_exists(group, target->session)) return -EPERM;
    target->group = group;
    process_keep(target);
    return 0;
}

static int new_session(struct p9_request *request, struct process *process)
{
    bool is_done = (request->word[2] & CONTROL_REPEATED) != 0 && process->session == process->pid;
    if (!is_done && process->group == process->pid) {
        for (struct process *at = processes; at != nullptr; at = at->next) {
            if (at != process && at->group == process->pid) return -EPERM;
        }
        if (process->session == process->pid) return -EPERM;
    }
    process->session = process->group = process->pid;
    process->terminal = process->foreground = 0;
    process_keep(process);
    request->value = process->pid;
    return 0;
}

static int tell_identity(struct p9_request *request, struct process *process)
{
    uint32_t pid;
    if (request->size != sizeof pid) return -EINVAL;
    memcpy(&pid, request->data, sizeof pid);
    const struct process *target = named(process, pid);
    if (target == nullptr) return -ESRCH;
    struct fe_process_identity identity = {
        .pid = target->pid,
        .parent = process_sees(process, target->parent) ? target->parent->pid : 0,
        .group = target->group,
        .session = target->session,
        .uid = target->uid,
        .gid = target->gid,
        .group_count = target->group_count};
    memcpy(identity.groups, target->groups, sizeof identity.groups);
    terminal_describe(target, &identity);
    return p9_answer(request, &identity, sizeof identity);
}

static int set_identity(struct p9_request *request, struct process *process)
{
    struct fe_process_identity identity;
    if (request->size != sizeof identity) return -EINVAL;
    memcpy(&identity, request->data, sizeof identity);
    bool is_done = (request->word[2] & CONTROL_REPEATED) != 0 && process->uid == identity.uid;
    if (process->uid != 0) return is_done ? 0 : -EPERM;
    if (identity.group_count > GROUP_MAX) return -EINVAL;
    process->uid = identity.uid;
    process->gid = identity.gid;
    process->group_count = identity.group_count;
    memcpy(process->groups, identity.groups, sizeof process->groups);
    process_keep(process);
    return 0;
}

static int process_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    struct process *process = process_of(open);
    keep_settle();
    switch (control) {
    case CONTROL_PROCESS_REGISTER: return life_register(request, process);
    case CONTROL_PROCESS_CHILD: return life_child(request, process);
    case CONTROL_PROCESS_BECOME: return life_become(request, process);
    case CONTROL_PROCESS_EXIT: return life_exit(request, process);
    case CONTROL_PROCESS_WAIT: return life_wait(request, process);
    case CONTROL_PROCESS_SIGNAL: return signal_request(request, process);
    case CONTROL_PROCESS_SIGNALS: return signal_set_page(request, process);
    case CONTROL_PROCESS_GROUP_SET: return set_group(request, process);
    case CONTROL_PROCESS_SESSION_NEW: return new_session(request, process);
    case CONTROL_PROCESS_IDENTITY: return tell_identity(request, process);
    case CONTROL_PROCESS_IDENTITY_SET: return set_identity(request, process);
    case CONTROL_PROCESS_ALARM: return alarm_request(request, process);
    case CONTROL_PROCESS_CONFINE: return process_confine(process);
    case CONTROL_PROCESS_TERMINAL_SESSION_SET:
    case CONTROL_PROCESS_TERMINAL_GROUP_SET:
    case CONTROL_PROCESS_TERMINAL_GROUP_GET:
    case CONTROL_PROCESS_TERMINAL_SIGNAL:
    case CONTROL_PROCESS_TERMINAL_HANG_UP: return terminal_request(request, process, control);
    default: return -ENOTTY;
    }
}

static const struct p9_operations process_operations = {.control = process_control};
struct process init_process = {
    .node = {.operations = &process_operations,
             .references = 1,
             .mode = S_IFCHR | 0600,
             .links = 1,
             .path = 1},
    .parent = &init_process,
    .pid = INIT_PID,
    .group = INIT_PID,
    .session = INIT_PID,
    .state_now = STATE_ALIVE,
    .command = "init",
};

static void signalled(struct p9_server *from, uint64_t bits)
{
    if (bits & BIT_ENDED_MASK) life_ended(bits);
    if (bits & BIT_ALARM) alarm_run();
}

// init's own session, which is no connector: it speaks as pid 1.
static enum status give_init_its_session(void)
{
    fe_handle init = fe_start_handle("init"), session;
    if (init == FE_NO_HANDLE) return OK;
    TRY(p9_session_create(&server, &init_process.node, nullptr, &init_process, &session));
    init_process.badge = p9_session_badge(&server);
    process_keep(&init_process);
    static const char name[] = "session";
    struct fe_transfer transfer = {.send = (uintptr_t)name,
                                   .send_size = sizeof name - 1,
                                   .send_handle_count = 1,
                                   .send_handle = {session}};
    struct fe_message message = {.label = P9_CONTROL, .transfer = &transfer};
    message.word[0] = FE_9P_ROOT_FID;
    message.word[1] = CONTROL_INIT_READY;
    TRY(fe_channel_call(init, &message, FE_FOREVER));
    return message.label == 0 ? OK : ERR_BAD_STATE;
}

int main(void)
{
    if (text_serve() != 0) return 1;
    server = (struct p9_server){.name = "process", .root = tree, .signalled = signalled};
    if (keep_open() != OK || p9_server_init(&server) != OK) return 1;
    p9_session_gone(&server, life_session_gone);
    text_add(&init_process);
    enum status status = kept_is_old() ? keep_restore() : give_init_its_session();
    if (status != OK) return 1;
    if (p9_server_ready(&server, "proc", nullptr) != OK) return 1;
    p9_serve(&server);
}

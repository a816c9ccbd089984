// SPDX-License-Identifier: MIT
// Who the process is, its children, groups and users: all kept by the process service. What never
// changes is asked once.
#include "call.h"
#include "context.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

// A program that nobody registered is the first process, of user 0.
long process_identity(long pid, struct fe_process_identity *identity)
{
    uint32_t data = (uint32_t)pid;
    struct p9_control wish = {.request = CONTROL_PROCESS_IDENTITY,
                              .data = &data,
                              .size = sizeof data,
                              .reply = identity,
                              .reply_capacity = sizeof *identity};
    *identity = (struct fe_process_identity){.pid = 1, .group = 1, .session = 1};
    if (pid < 0 || pid > INT_MAX) return -ESRCH;
    long error = process_control(&wish);
    return error == -ENOSYS && pid == 0 ? 0 : error;
}

int64_t call_getpid(const int64_t *a)
{
    (void)a;
    struct context *context = context_current();
    struct fe_process_identity identity;
    if (context->pid == 0 && process_identity(0, &identity) == 0) context->pid = identity.pid;
    return context->pid != 0 ? (long)context->pid : 1;
}

int64_t call_getppid(const int64_t *a)
{
    (void)a;
    struct fe_process_identity identity;
    return process_identity(0, &identity) == 0 ? (long)identity.parent : 0;
}

int64_t call_getpgid(const int64_t *a)
{
    struct fe_process_identity identity;
    long error = process_identity(a[0], &identity);
    return error < 0 ? error : (long)identity.group;
}

int64_t call_getsid(const int64_t *a)
{
    struct fe_process_identity identity;
    long error = process_identity(a[0], &identity);
    return error < 0 ? error : (long)identity.session;
}

int64_t call_setpgid(const int64_t *a)
{
    if (a[0] < 0 || a[1] < 0) return -EINVAL;
    uint32_t data[2] = {(uint32_t)a[0], (uint32_t)a[1]};
    struct p9_control wish = {
        .request = CONTROL_PROCESS_GROUP_SET, .data = data, .size = sizeof data};
    return process_control(&wish);
}

int64_t call_setsid(const int64_t *a)
{
    (void)a;
    struct p9_control wish = {.request = CONTROL_PROCESS_SESSION_NEW};
    long error = process_control(&wish);
    return error < 0 ? error : (long)wish.value;
}

// --- Users -------------------------------------------------------------------------------------

static long own_identity(struct fe_process_identity *identity)
{
    return process_identity(0, identity);
}

int64_t call_getuid(const int64_t *a)
{
    (void)a;
    struct fe_process_identity identity;
    return own_identity(&identity) == 0 ? (long)identity.uid : 0;
}

int64_t call_getgid(const int64_t *a)
{
    (void)a;
    struct fe_process_identity identity;
    return own_identity(&identity) == 0 ? (long)identity.gid : 0;
}

static long three_of(const int64_t *a, uint32_t id)
{
    for (int i = 0; i < 3; i++) *(uint32_t *)a[i] = id;
    return 0;
}

int64_t call_getresuid(const int64_t *a)
{
    return three_of(a, (uint32_t)call_getuid(nullptr));
}

int64_t call_getresgid(const int64_t *a)
{
    return three_of(a, (uint32_t)call_getgid(nullptr));
}

int64_t call_getgroups(const int64_t *a)
{
    struct fe_process_identity identity;
    long error = own_identity(&identity);
    if (error < 0) return error;
    if (a[0] == 0) return identity.group_count;
    if (a[0] < (long)identity.group_count) return -EINVAL;
    memcpy((void *)a[1], identity.groups, identity.group_count * sizeof(uint32_t));
    return identity.group_count;
}

static long change_identity(const struct fe_process_identity *before,
                            const struct fe_process_identity *identity)
{
    size_t groups = identity->group_count * sizeof(uint32_t);
    if (before->uid == identity->uid && before->gid == identity->gid &&
        before->group_count == identity->group_count &&
        memcmp(before->groups, identity->groups, groups) == 0) {
        return 0;
    }
    struct p9_control wish = {
        .request = CONTROL_PROCESS_IDENTITY_SET, .data = identity, .size = sizeof *identity};
    return process_control(&wish);
}

// Real, effective and saved are one on Ferrite: the last of the arguments that is given counts.
static uint32_t wanted_id(const int64_t *a, uint32_t now, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        if ((uint32_t)a[i] != UINT32_MAX) return (uint32_t)a[i];
    }
    return now;
}

static long set_user(const int64_t *a, int count)
{
    struct fe_process_identity before, identity;
    long error = own_identity(&before);
    if (error < 0) return error;
    identity = before;
    identity.uid = wanted_id(a, before.uid, count);
    return change_identity(&before, &identity);
}

static long set_group(const int64_t *a, int count)
{
    struct fe_process_identity before, identity;
    long error = own_identity(&before);
    if (error < 0) return error;
    identity = before;
    identity.gid = wanted_id(a, before.gid, count);
    return change_identity(&before, &identity);
}

int64_t call_setuid(const int64_t *a)
{
    return set_user(a, 1);
}

int64_t call_setgid(const int64_t *a)
{
    return set_group(a, 1);
}

int64_t call_setresuid(const int64_t *a)
{
    return set_user(a, 2);
}

int64_t call_setresgid(const int64_t *a)
{
    return set_group(a, 2);
}

int64_t call_setgroups(const int64_t *a)
{
    struct fe_process_identity before, identity;
    long error = own_identity(&before);
    if (error < 0) return error;
    identity = before;
    if (a[0] < 0 || a[0] > (long)(sizeof identity.groups / sizeof *identity.groups)) return -EINVAL;
    memset(identity.groups, 0, sizeof identity.groups);
    identity.group_count = (uint32_t)a[0];
    memcpy(identity.groups, (const void *)a[1], (size_t)a[0] * sizeof(uint32_t));
    return change_identity(&before, &identity);
}

// --- Children ----------------------------------------------------------------------------------

static long wait_for(long pid, uint32_t options, struct fe_process_exit *exit)
{
    static uint32_t last; // a child that was told of in answer to this call is told of again
    uint32_t data[3] = {(uint32_t)pid, options, __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED)};
    *exit = (struct fe_process_exit){};
    struct p9_control wish = {.request = CONTROL_PROCESS_WAIT,
                              .data = data,
                              .size = sizeof data,
                              .reply = exit,
                              .reply_capacity = sizeof *exit};
    long error = process_control(&wish);
    if (error == -ENOSYS) return -ECHILD;
    return error == -EINTR ? RESTART : error;
}

// As the C library reads it, on every instruction set: struct rusage where words have 64 bits.
struct c_usage {
    struct {
        int64_t sec, usec;
    } user, system;
    int64_t maxrss, rest[13];
};

static void fill_usage(struct c_usage *usage, uint64_t cpu_time)
{
    *usage = (struct c_usage){
        .user.sec = (int64_t)(cpu_time / 1'000'000'000),
        .user.usec = (int64_t)(cpu_time % 1'000'000'000 / 1000),
    };
}

int64_t call_wait4(const int64_t *a)
{
    struct fe_process_exit exit;
    long error = wait_for(a[0], (uint32_t)a[2], &exit);
    if (error < 0) return error;
    if (exit.pid != 0 && a[1] != 0) *(int *)a[1] = exit.status;
    if (a[3] != 0) fill_usage((struct c_usage *)a[3], exit.cpu_time);
    return exit.pid;
}

static void describe(siginfo_t *info, const struct fe_process_exit *exit)
{
    *info = (siginfo_t){};
    if (exit->pid == 0) return;
    info->si_signo = SIGCHLD;
    info->si_pid = exit->pid;
    if (WIFEXITED(exit->status)) {
        info->si_code = CLD_EXITED;
        info->si_status = WEXITSTATUS(exit->status);
    } else if (WIFSIGNALED(exit->status)) {
        info->si_code = CLD_KILLED;
        info->si_status = WTERMSIG(exit->status);
    } else if (WIFSTOPPED(exit->status)) {
        info->si_code = CLD_STOPPED;
        info->si_status = WSTOPSIG(exit->status);
    } else {
        info->si_code = CLD_CONTINUED;
        info->si_status = SIGCONT;
    }
}

int64_t call_waitid(const int64_t *a)
{
    struct fe_process_exit exit;
    long pid = a[1];
    if (a[0] == P_ALL) pid = -1;
    if (a[0] == P_PGID) pid = a[1] == 0 ? 0 : -a[1];
    long error = wait_for(pid, (uint32_t)a[3], &exit);
    if (error < 0) return error;
    if (a[2] != 0) describe((siginfo_t *)a[2], &exit);
    return 0;
}

int64_t call_kill(const int64_t *a)
{
    int32_t data[2] = {(int32_t)a[0], (int32_t)a[1]};
    if (a[1] < 0 || a[1] >= SIGNAL_COUNT) return -EINVAL;
    struct p9_control wish = {.request = CONTROL_PROCESS_SIGNAL, .data = data, .size = sizeof data};
    return process_control(&wish);
}

// --- Limits and figures ------------------------------------------------------------------------

int64_t call_getrusage(const int64_t *a)
{
    struct fe_process_info info = {};
    if (a[0] == RUSAGE_SELF && fe_process_inspect(fe_process_self(), &info) != OK) return -EINVAL;
    fill_usage((struct c_usage *)a[1], info.cpu_time);
    ((struct c_usage *)a[1])->maxrss = (int64_t)(info.memory_used / 1024);
    return 0;
}

// Limits are quotas that the parent gave for good; asking tells them, and setting accepts what
// changes nothing.
int64_t call_prlimit(const int64_t *a)
{
    struct fe_process_info info = {};
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (a[0] != 0 && a[0] != call_getpid(nullptr)) return -ESRCH;
    switch (a[1]) {
    case RLIMIT_NOFILE: limit = (struct rlimit){DESCRIPTOR_LIMIT, DESCRIPTOR_LIMIT}; break;
    case RLIMIT_STACK: limit.rlim_cur = fe_start()->stack_size; break;
    case RLIMIT_CORE: limit = (struct rlimit){0, 0}; break;
    case RLIMIT_AS:
    case RLIMIT_DATA:
        if (fe_process_inspect(fe_process_self(), &info) == OK && info.memory_limit != 0) {
            limit = (struct rlimit){info.memory_limit, info.memory_limit};
        }
        break;
    default: break;
    }
    if (a[3] != 0) *(struct rlimit *)a[3] = limit;
    return 0;
}

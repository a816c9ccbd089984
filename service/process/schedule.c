// SPDX-License-Identifier: MIT
// How the threads of a process are scheduled: /proc/<pid>/threads tells it, /proc/<pid>/ctl changes
// it. The owner may make his threads less urgent; more urgency, and a budget, are root's to give.
#include "process.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
    [THREAD_NEW] = "new",           [THREAD_RUNNING] = "running",
    [THREAD_READY] = "ready",       [THREAD_PARKED] = "stopped",
    [THREAD_CALLING] = "calling",   [THREAD_SERVED] = "served",
    [THREAD_RECEIVING] = "serving", [THREAD_WATCHING] = "watching",
    [THREAD_RESTING] = "resting",   [THREAD_LOCKING] = "locking",
    [THREAD_FUTEX] = "waiting",     [THREAD_FUTEX_SHARED] = "waiting",
    [THREAD_DEAD] = "dead",
};

// The thread after *id. ERR_NOT_FOUND: there is none.
static enum status thread_next(const struct process *process, uint64_t *id, fe_handle *thread)
{
    if (process->process == FE_NO_HANDLE) return ERR_NOT_FOUND;
    return fe_process_thread(process->process, *id, thread, id);
}

int text_threads(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct process *process = context;
    uint64_t id = 0;
    fe_handle thread;
    while (thread_next(process, &id, &thread) == OK) {
        struct fe_thread_info info;
        enum status status = fe_thread_inspect(thread, &info);
        fe_handle_drop(&thread);
        if (status != OK) continue;
        p9_print(text, "thread %llu state %s priority %u now %u", (unsigned long long)id,
                 state_names[info.state], info.schedule.priority, info.priority);
        p9_print(text, " period %llu deadline %llu budget %llu left %llu",
                 (unsigned long long)info.schedule.period,
                 (unsigned long long)info.schedule.relative_deadline,
                 (unsigned long long)info.schedule.budget, (unsigned long long)info.left);
        p9_print(text, " misses %llu overruns %llu time %llu\n", (unsigned long long)info.misses,
                 (unsigned long long)info.overruns, (unsigned long long)info.cpu_time);
    }
    return 0;
}

// What a command asks for; what it does not name stays.
struct wish {
    uint64_t thread; // 0: all
    bool given[4];
    uint64_t value[4];
};
enum { PRIORITY, PERIOD, DEADLINE, BUDGET };
static const char *const names[] = {"priority", "period", "deadline", "budget"};

static bool number(const char *text, uint64_t *value)
{
    char *end;
    if (text == nullptr || *text < '0' || *text > '9') return false;
    *value = strtoull(text, &end, 10);
    return *end == '\0';
}

// "thread <id>|all", then pairs of a name and a number (ns).
static bool parse(char *text, struct wish *wish)
{
    char *rest, *word = strtok_r(text, " \t\n", &rest);
    if (word == nullptr || strcmp(word, "thread") != 0) return false;
    word = strtok_r(nullptr, " \t\n", &rest);
    if (word == nullptr) return false;
    if (strcmp(word, "all") != 0 && (!number(word, &wish->thread) || wish->thread == 0)) {
        return false;
    }
    while ((word = strtok_r(nullptr, " \t\n", &rest)) != nullptr) {
        size_t i = 0;
        while (i < 4 && strcmp(word, names[i]) != 0) i++;
        if (i == 4 || !number(strtok_r(nullptr, " \t\n", &rest), &wish->value[i])) return false;
        wish->given[i] = true;
    }
    return !wish->given[PRIORITY] || wish->value[PRIORITY] < PRIORITY_COUNT;
}

static int apply(fe_handle thread, const struct wish *wish, bool is_root)
{
    struct fe_thread_info info;
    enum status status = fe_thread_inspect(thread, &info);
    if (status != OK) return -fe_status_errno(status);
    struct fe_schedule schedule = info.schedule;
    if (wish->given[PRIORITY]) schedule.priority = (uint32_t)wish->value[PRIORITY];
    if (wish->given[PERIOD]) schedule.period = wish->value[PERIOD];
    if (wish->given[DEADLINE]) schedule.relative_deadline = wish->value[DEADLINE];
    if (wish->given[BUDGET]) schedule.budget = wish->value[BUDGET];
    bool is_more = schedule.priority > info.schedule.priority || schedule.budget != 0;
    if (is_more && !is_root) return -EPERM;
    if (schedule.budget != 0) schedule.time = fe_start_handle("resource/time");
    return -fe_status_errno(fe_thread_schedule(thread, &schedule));
}

int schedule_command(struct p9_request *request, void *context, const char *text, size_t size)
{
    const struct process *process = context;
    char copy[160];
    struct wish wish = {};
    uint32_t uid = request->identity == nullptr ? 0 : request->identity->uid;
    if (uid != 0 && uid != process->uid) return -EPERM;
    if (size >= sizeof copy) return -EINVAL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (!parse(copy, &wish)) return -EINVAL;
    int result = -ESRCH;
    uint64_t id = 0;
    fe_handle thread;
    while (thread_next(process, &id, &thread) == OK) {
        bool is_meant = wish.thread == 0 || wish.thread == id;
        if (is_meant) result = apply(thread, &wish, uid == 0);
        fe_handle_drop(&thread);
        if (is_meant && result != 0) return result;
    }
    return result;
}

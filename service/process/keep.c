// SPDX-License-Identifier: MIT
// What outlives the service (kept/kept.h): a record for each process and each scope, and handles to
// the processes, their threads and their pages of signals. Every other is found again from these:
// sessions by their badges, ends by looking. A zombie whose parent was told of it leaves a record
// until it is sure that the parent heard it.
#include "process.h"
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <kept/kept.h>
#include <stdlib.h>
#include <string.h>

enum kind : uint32_t { KIND_PROCESS = 1, KIND_SCOPE, KIND_TOLD };

struct entry {
    enum kind kind;
    uint32_t scope; // record; of a scope: the outer one
    uint32_t pid, parent, group, session;
    uint32_t uid, gid, group_count, groups[GROUP_MAX];
    enum life_state state;
    bool tell_stop, tell_continue, is_watched;
    int32_t status, stop_signal;
    uint32_t process, thread, page; // kept handles
    uint32_t wait;                  // in which the parent was told
    char command[64];
    uint32_t terminal, foreground;
    uint64_t badge, alarm, period, cpu_time;
    struct fe_signal_page signals;
};

static uint32_t told; // the record of the zombie that was told last, 0: none
static uint32_t told_parent;
static bool told_is_old; // by an earlier service

// --- What is now is kept -----------------------------------------------------------------------

static void save(uint32_t *record, const struct entry *entry)
{
    if (*record == 0)
        *record = kept_create(entry);
    else
        kept_write(*record, entry);
}

void process_keep(struct process *process)
{
    if (kept_number() == nullptr) return;
    struct entry entry = {
        .kind = KIND_PROCESS,
        .scope = process->scope == nullptr ? 0 : process->scope->kept,
        .pid = process->pid,
        .parent = process->parent->pid,
        .group = process->group,
        .session = process->session,
        .uid = process->uid,
        .gid = process->gid,
        .group_count = process->group_count,
        .state = process->state_now,
        .tell_stop = process->tell_stop,
        .tell_continue = process->tell_continue,
        .is_watched = process->is_watched,
        .status = process->status,
        .stop_signal = process->stop_signal,
        .process = process->kept_process,
        .thread = process->kept_thread,
        .page = process->kept_page,
        .terminal = process->terminal,
        .foreground = process->foreground,
        .badge = process->badge,
        .alarm = process->alarm,
        .period = process->period,
        .cpu_time = process->cpu_time,
        .signals = process->signals,
    };
    memcpy(entry.groups, process->groups, sizeof entry.groups);
    memcpy(entry.command, process->command, sizeof entry.command);
    save(&process->kept, &entry);
}

void scope_keep(struct scope *scope)
{
    struct entry entry = {.kind = KIND_SCOPE,
                          .scope = scope->outer == nullptr ? 0 : scope->outer->kept};
    save(&scope->kept, &entry);
}

void process_forget_told(struct process *process, const struct process *parent, uint32_t wait)
{
    struct entry entry = {.kind = KIND_TOLD,
                          .pid = process->pid,
                          .parent = parent->pid,
                          .status = process->status,
                          .cpu_time = process->cpu_time,
                          .wait = wait};
    keep_settle();
    kept_write(process->kept, &entry);
    told = process->kept;
    told_parent = parent->pid;
    told_is_old = false;
    process->kept = 0;
    process_remove(process);
}

void keep_settle(void)
{
    if (told_is_old) return;
    kept_remove(told);
    told = 0;
}

void keep_settle_of(const struct process *parent)
{
    if (told == 0 || told_parent != parent->pid) return;
    told_is_old = false;
    keep_settle();
}

bool keep_told(const struct process *parent, uint32_t wait, struct fe_process_exit *exit)
{
    const struct entry *entry;
    for (uint32_t at = 0; (entry = kept_next(&at)) != nullptr;) {
        if (entry->kind != KIND_TOLD || entry->parent != parent->pid || entry->wait != wait)
            continue;
        *exit = (struct fe_process_exit){
            .pid = (int32_t)entry->pid, .status = entry->status, .cpu_time = entry->cpu_time};
        return true;
    }
    return false;
}

// --- What was is again -------------------------------------------------------------------------

static void take(uint32_t *number, fe_handle *handle)
{
    if (kept_take(*number, handle) != OK) *number = 0;
}

static void fill(struct process *process, const struct entry *entry, uint32_t record)
{
    process->kept = record;
    process->group = entry->group;
    process->session = entry->session;
    process->uid = entry->uid;
    process->gid = entry->gid;
    process->group_count = entry->group_count;
    memcpy(process->groups, entry->groups, sizeof process->groups);
    process->state_now = entry->state;
    process->status = entry->status;
    process->tell_stop = entry->tell_stop || entry->state == STATE_STOPPED;
    process->tell_continue = entry->tell_continue;
    process->is_watched = entry->is_watched;
    process->stop_signal = entry->stop_signal;
    memcpy(process->command, entry->command, sizeof process->command);
    process->terminal = entry->terminal;
    process->foreground = entry->foreground;
    process->badge = entry->badge;
    process->alarm = entry->alarm;
    process->period = entry->period;
    process->cpu_time = entry->cpu_time;
    process->signals = entry->signals;
    process->kept_process = entry->process;
    process->kept_thread = entry->thread;
    process->kept_page = entry->page;
}

static void take_handles(struct process *process)
{
    FE_HANDLE thread = FE_NO_HANDLE, page = FE_NO_HANDLE;
    take(&process->kept_process, &process->process);
    take(&process->kept_thread, &thread);
    take(&process->kept_page, &page);
    if (process->process != FE_NO_HANDLE && life_watch(process) != OK) process->kept_process = 0;
    if (thread != FE_NO_HANDLE && page != FE_NO_HANDLE)
        signal_map_page(process, fe_handle_take(&thread), page);
}

static enum status restore_process(const struct entry *entry, uint32_t record)
{
    bool is_init = entry->pid == INIT_PID;
    struct process *process = is_init ? &init_process : process_make(entry->pid);
    if (process == nullptr) return ERR_NO_MEMORY;
    fill(process, entry, record);
    take_handles(process);
    if (!is_init) text_add(process);
    struct p9_user user = {.uid = process->uid, .gid = process->gid};
    if (process->badge == 0) return OK;
    return p9_session_restore(&server, process->badge, &process->node, &user, process);
}

static void restore_told(const struct entry *entry, uint32_t record)
{
    told = record;
    told_parent = entry->parent;
    told_is_old = true;
}

static enum status restore_all(struct scope **scopes)
{
    const struct entry *entry;
    for (uint32_t at = 0; (entry = kept_next(&at)) != nullptr;) {
        if (entry->kind == KIND_PROCESS) TRY(restore_process(entry, at));
        if (entry->kind == KIND_TOLD) restore_told(entry, at);
        if (entry->kind != KIND_SCOPE) continue;
        scopes[at] = scope_make(nullptr);
        if (scopes[at] == nullptr) return ERR_NO_MEMORY;
        scopes[at]->kept = at;
        scopes[at]->references = 0;
    }
    return OK;
}

static struct scope *scope_get(struct scope *scope)
{
    if (scope != nullptr) scope->references++;
    return scope;
}

// Who a record names by a number or a pid is found when all are there.
static void connect(struct scope **scopes)
{
    const struct entry *entry;
    for (uint32_t at = 0; (entry = kept_next(&at)) != nullptr;) {
        if (entry->kind == KIND_SCOPE) scopes[at]->outer = scope_get(scopes[entry->scope]);
        if (entry->kind != KIND_PROCESS) continue;
        struct process *process = process_find(entry->pid), *parent = process_find(entry->parent);
        process->scope = scope_get(scopes[entry->scope]);
        process->parent = parent == nullptr ? &init_process : parent;
    }
}

// The last that the service did before it ended may not have been done wholly.
static void complete(struct scope **scopes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (scopes[i] != nullptr && scopes[i]->references == 0) {
            kept_remove(i); // who was to have it has not got it
            free(scopes[i]);
        }
    }
    struct process *next;
    for (struct process *at = processes; at != nullptr; at = next) {
        next = at->next;
        if (at->parent->state_now == STATE_ZOMBIE) at->parent = &init_process;
        if (at->state_now == STATE_ZOMBIE) life_announce(at);
    }
    alarm_run();
}

enum status keep_open(void)
{
    TRY(kept_open(sizeof(struct entry)));
    if (kept_number() != nullptr) last_pid = kept_number();
    return OK;
}

enum status keep_restore(void)
{
    uint32_t count = 1;
    for (uint32_t at = 0; kept_next(&at) != nullptr;) count = at + 1;
    struct scope **scopes = calloc(count, sizeof(struct scope *));
    if (scopes == nullptr) return ERR_NO_MEMORY;
    enum status status = restore_all(scopes);
    if (status == OK) {
        connect(scopes);
        kept_finish();
        complete(scopes, count);
    }
    free(scopes);
    return status;
}

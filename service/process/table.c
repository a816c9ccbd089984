// SPDX-License-Identifier: MIT
// The table of processes: a list by pid. Pids go up and start over; one in use, also as a group or
// a session, is not given again.
#include "process.h"
#include <errno.h>
#include <kept/kept.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct process *processes = &init_process;
static uint32_t first_pid = INIT_PID;
uint32_t *last_pid = &first_pid;

struct process *process_find(uint32_t pid)
{
    struct process *at = processes;
    while (at != nullptr && at->pid != pid) at = at->next;
    return at;
}

struct process *process_of(const struct p9_open *open)
{
    return (struct process *)open->node;
}

bool process_sees(const struct process *viewer, const struct process *target)
{
    const struct scope *at = target->scope;
    while (at != viewer->scope && at != nullptr) at = at->outer;
    return at == viewer->scope;
}

static void scope_put(struct scope *scope)
{
    while (scope != nullptr && --scope->references == 0) {
        struct scope *outer = scope->outer;
        kept_remove(scope->kept);
        free(scope);
        scope = outer;
    }
}

struct scope *scope_make(struct scope *outer)
{
    struct scope *scope = malloc(sizeof *scope);
    if (scope != nullptr) *scope = (struct scope){.outer = outer, .references = 1};
    return scope;
}

int process_confine(struct process *process)
{
    struct scope *scope = scope_make(process->scope);
    if (scope == nullptr) return -ENOMEM;
    scope_keep(scope);
    process->scope = scope;
    process_keep(process);
    return 0;
}

static bool is_used(uint32_t number)
{
    for (struct process *at = processes; at != nullptr; at = at->next) {
        if (at->pid == number || at->group == number || at->session == number) return true;
    }
    return false;
}

bool group_exists(uint32_t group, uint32_t session)
{
    for (struct process *at = processes; at != nullptr; at = at->next) {
        if (at->group == group && at->session == session && at->state_now != STATE_ZOMBIE)
            return true;
    }
    return false;
}

static void release(struct p9_node *node)
{
    free(node);
}

struct process *process_make(uint32_t pid)
{
    static struct p9_operations operations;
    struct process *process = calloc(1, sizeof *process);
    if (process == nullptr) return nullptr;
    operations = *init_process.node.operations;
    operations.release = release;
    process->node = (struct p9_node){.operations = &operations,
                                     .references = 1,
                                     .mode = S_IFCHR | 0600,
                                     .links = 1,
                                     .path = p9_path_new()};
    process->pid = pid;
    process->next = processes;
    processes = process;
    return process;
}

struct process *process_create(struct process *parent)
{
    uint32_t pid = *last_pid;
    do {
        pid = pid < INIT_PID || pid == PID_MAX ? INIT_PID + 1 : pid + 1;
    } while (is_used(pid));
    struct process *process = process_make(pid);
    if (process == nullptr) return nullptr;
    *last_pid = pid;
    process->parent = parent;
    process->scope = parent->scope;
    if (process->scope != nullptr) process->scope->references++;
    process->group = parent->group;
    process->session = parent->session;
    process->uid = parent->uid;
    process->gid = parent->gid;
    process->group_count = parent->group_count;
    memcpy(process->groups, parent->groups, sizeof process->groups);
    text_add(process);
    return process;
}

void process_remove(struct process *process)
{
    struct process **at = &processes;
    while (*at != process) at = &(*at)->next;
    *at = process->next;
    kept_remove(process->kept);
    text_remove(process);
    scope_put(process->scope);
    process->scope = nullptr;
    p9_node_put(&process->node);
}

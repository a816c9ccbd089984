// SPDX-License-Identifier: MIT
// /proc: a folder for each pid, and figures of the whole machine.
#include "process.h"
#include <9p/mount.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {"made", "alive", "stopped", "zombie"};

int text_status(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct process *process = context;
    struct fe_process_info info = {};
    if (process->process != FE_NO_HANDLE && fe_process_inspect(process->process, &info) != OK) {
        info = (struct fe_process_info){};
    }
    uint64_t time = process->state_now == STATE_ZOMBIE ? process->cpu_time : info.cpu_time;
    p9_print(text, "pid %u\nparent %u\ngroup %u\nsession %u\nuid %u\ngid %u\nstate %s\n",
             process->pid, process->parent->pid, process->group, process->session, process->uid,
             process->gid, state_names[process->state_now]);
    p9_print(text, "time %llu\nmemory %llu\nlimit %llu\nhandles %u\nthreads %u\nstarted %llu\n",
             (unsigned long long)time, (unsigned long long)info.memory_used,
             (unsigned long long)info.memory_limit, info.handles_used, info.threads_used,
             (unsigned long long)info.start_time);
    p9_print(text, "id %llu\nname %s\ncommand %s\n", (unsigned long long)info.id, info.name,
             process->command);
    return 0;
}

static int text_command(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct process *process = context;
    p9_print(text, "%s\n", process->command);
    return 0;
}

// The commands that make its namespace; none of one that has ended, or does not run yet.
static int text_namespace(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct process *process = context;
    FE_HANDLE name_space = FE_NO_HANDLE;
    if (process->process == FE_NO_HANDLE) return 0;
    enum status status = fe_process_namespace(process->process, &name_space);
    if (status != OK) return status == ERR_NOT_FOUND ? 0 : -fe_status_errno(status);
    size_t size;
    char *commands = p9_mount_text(name_space, &size);
    if (commands == nullptr) return -ENOMEM;
    p9_print_bytes(text, commands, size);
    free(commands);
    return 0;
}

void text_add(struct process *process)
{
    static const struct {
        const char *name;
        uint32_t mode;
        int (*text)(struct p9_request *request, void *context, struct p9_text *text);
        int (*command)(struct p9_request *request, void *context, const char *text, size_t size);
    } files[] = {{"status", 0444, text_status, nullptr},
                 {"command", 0444, text_command, nullptr},
                 {"threads", 0444, text_threads, nullptr},
                 {"ns", 0444, text_namespace, nullptr},
                 {"ctl", 0222, nullptr, schedule_command}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[32];
        struct p9_node *node;
        snprintf(path, sizeof path, "%u/%s", process->pid, files[i].name);
        struct p9_tree_entry entry = {.path = path,
                                      .mode = files[i].mode,
                                      .text = files[i].text,
                                      .command = files[i].command,
                                      .context = process};
        process->has_files = p9_tree_add(tree, &entry, &node) == 0;
    }
}

void text_remove(struct process *process)
{
    char path[16];
    snprintf(path, sizeof path, "%u", process->pid);
    p9_tree_remove(tree, path);
}

// --- The machine -------------------------------------------------------------------------------

static int inspect(struct fe_system_info *info)
{
    fe_handle resource = fe_start_handle("resource/system");
    if (resource == FE_NO_HANDLE || fe_system_inspect(resource, info) != OK) return -EIO;
    return 0;
}

static int text_memory(struct p9_request *request, void *context, struct p9_text *text)
{
    struct fe_system_info info = {};
    int error = inspect(&info);
    if (error != 0) return error;
    p9_print(
        text, "MemTotal: %llu kB\nMemFree: %llu kB\nMemAvailable: %llu kB\nKernel: %llu kB\n",
        (unsigned long long)info.memory_total / 1024, (unsigned long long)info.memory_free / 1024,
        (unsigned long long)info.memory_free / 1024, (unsigned long long)info.memory_kernel / 1024);
    return 0;
}

static int text_uptime(struct p9_request *request, void *context, struct p9_text *text)
{
    struct fe_system_info info = {};
    int error = inspect(&info);
    if (error != 0) return error;
    p9_print(text, "%llu.%02llu %llu.%02llu\n", (unsigned long long)info.uptime / 1'000'000'000,
             (unsigned long long)info.uptime / 10'000'000 % 100,
             (unsigned long long)info.idle_time / 1'000'000'000,
             (unsigned long long)info.idle_time / 10'000'000 % 100);
    return 0;
}

static int text_system(struct p9_request *request, void *context, struct p9_text *text)
{
    struct fe_system_info info = {};
    int error = inspect(&info);
    if (error != 0) return error;
    p9_print(text, "machine %s\narch %s\ncpus %u\nprocesses %u\nthreads %u\n", info.machine,
             info.arch, info.cpu_count, info.process_count, info.thread_count);
    p9_print(text,
             "switches %llu\ninterrupts %llu\ncalls %llu\nfaults %llu\nuptime %llu\nidle %llu\n",
             (unsigned long long)info.context_switches, (unsigned long long)info.interrupts,
             (unsigned long long)info.calls, (unsigned long long)info.page_faults,
             (unsigned long long)info.uptime, (unsigned long long)info.idle_time);
    return 0;
}

static void print_features(struct p9_text *text, fe_handle resource, uint32_t cpu,
                           enum fe_feature_state state, const char *word)
{
    struct fe_cpu_feature feature;
    p9_print(text, "%s %u", word, cpu);
    for (uint32_t i = 0; fe_cpu_feature(resource, cpu, i, &feature) == OK; i++) {
        if (feature.state == state) p9_print(text, " %s", feature.name);
    }
    p9_print(text, "\n");
}

// A line of figures for each CPU, what a figure is before it; then three about what each is.
static int text_cpu(struct p9_request *request, void *context, struct p9_text *text)
{
    struct fe_cpu_info info = {};
    fe_handle resource = fe_start_handle("resource/system");
    if (resource == FE_NO_HANDLE) return -EIO;
    for (uint32_t i = 0; fe_cpu_inspect(resource, i, &info) == OK; i++) {
        p9_print(text, "cpu %u idle %llu switches %llu interrupts %llu calls %llu faults %llu ", i,
                 (unsigned long long)info.idle_time, (unsigned long long)info.context_switches,
                 (unsigned long long)info.interrupts, (unsigned long long)info.calls,
                 (unsigned long long)info.page_faults);
        p9_print(text, "ready %u thread %llu priority %u lockwaits %llu locktime %llu id %llx\n",
                 info.ready, (unsigned long long)info.thread, info.priority,
                 (unsigned long long)info.lock_waits, (unsigned long long)info.lock_time,
                 (unsigned long long)info.hardware_id);
    }
    for (uint32_t i = 0; fe_cpu_inspect(resource, i, &info) == OK; i++) {
        p9_print(text, "model %u %s\n", i, info.model);
        print_features(text, resource, i, FEATURE_USED, "used");
        print_features(text, resource, i, FEATURE_UNUSED, "unused");
    }
    return 0;
}

// As Linux says it, so that uname and scripts find the release in the second word.
static int text_version(struct p9_request *request, void *context, struct p9_text *text)
{
    struct fe_system_info info = {};
    int error = inspect(&info);
    if (error != 0) return error;
    p9_print(text, "Ferrite %s %s\n", info.version, info.arch);
    return 0;
}

int text_serve(void)
{
    static const struct p9_tree_entry table[] = {
        {.path = "meminfo", .mode = 0444, .text = text_memory},
        {.path = "uptime", .mode = 0444, .text = text_uptime},
        {.path = "system", .mode = 0444, .text = text_system},
        {.path = "cpu", .mode = 0444, .text = text_cpu},
        {.path = "version", .mode = 0444, .text = text_version},
    };
    return p9_tree_create(table, sizeof table / sizeof *table, &tree);
}

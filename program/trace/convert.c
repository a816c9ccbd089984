// SPDX-License-Identifier: MIT
// From records to events. On the track of each CPU: who ran, interrupts and timers. On that of each
// thread: its system calls; what it did as a server between a message and its next one; faults and
// wake-ups. Arrows go from callers to servers and back. Slices nest and every one that begins ends,
// whatever was lost: then all that was open is closed.
#include "trace.h"
#include <abi/9p_operations.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <string.h>
#include <trace/syscalls.h>

struct thread {
    uint64_t id; // first
    uint64_t process;
    bool calling;
    bool waits, again; // the call is over when the thread runs again; or is to be made again
    uint32_t call;
    bool serving, is_asked;        // a slice is open; a message has come with the present call
    uint64_t caller, token, label; // of the message
    uint64_t woken;                // ns: since then it may run; 0: it does, or waits
};

struct cpu {
    uint64_t number; // first: its index + 1
    uint64_t running;
};

struct conversion {
    struct json *json;
    struct table threads, cpus;
    uint64_t now, lost; // ns; records
};

static void thread_close(void *entry, void *context);

// A thread that turns out to be another process's goes on on another track: what was open ends.
static struct thread *thread_of(struct conversion *to, uint64_t id, uint64_t process)
{
    struct thread *thread = table_get(&to->threads, id);
    if (process == 0 || process == thread->process) return thread;
    thread_close(thread, to);
    thread->process = process;
    return thread;
}

static void begin_event(struct conversion *to, char phase, const struct thread *thread,
                        const char *name, const char *category)
{
    struct json_event event = {phase, to->now, thread->process, thread->id, name, category};
    json_event(to->json, &event);
}

static void begin_cpu_event(struct conversion *to, char phase, uint32_t cpu, const char *name)
{
    struct json_event event = {phase, to->now, CPU_TRACK, CPU_TRACK + cpu, name, "cpu"};
    json_event(to->json, &event);
}

// --- Calls -----------------------------------------------------------------------------------

static const char *call_name(uint32_t number)
{
    size_t count = sizeof syscall_names / sizeof *syscall_names;
    const char *name = number < count ? syscall_names[number] : nullptr;
    return name != nullptr ? name : "no such call";
}

static const char *label_name(uint64_t label)
{
    static const char *const operations[] = {
#define OPERATION(number, name) [number] = #name,
        P9_OPERATION_TABLE(OPERATION)
#undef OPERATION
    };
    size_t count = sizeof operations / sizeof *operations;
    const char *name = label < count ? operations[label] : nullptr;
    return name != nullptr ? name : "message";
}

// An arrow from `from` to `to_thread`, at one moment; letters keep requests and replies apart.
static void arrow(struct conversion *to, char letter, uint64_t token, const struct thread *ends[2])
{
    for (int i = 0; i < 2; i++) {
        begin_event(to, i == 0 ? 's' : 'f', ends[i], letter == 'q' ? "request" : "reply", "ipc");
        json_id(to->json, letter, token);
        json_event_end(to->json);
    }
}

static void serve_end(struct conversion *to, struct thread *thread)
{
    if (!thread->serving) return;
    thread->serving = false;
    begin_event(to, 'E', thread, nullptr, nullptr);
    json_event_end(to->json);
}

// The message that came with the call which is now over is dealt with from here on.
static void serve_begin(struct conversion *to, struct thread *thread)
{
    if (!thread->is_asked) return;
    serve_end(to, thread);
    thread->is_asked = false;
    thread->serving = true;
    const struct thread *caller = table_find(&to->threads, thread->caller);
    begin_event(to, 'B', thread, label_name(thread->label), "serve");
    json_number(to->json, "label", (int64_t)thread->label);
    json_number(to->json, "caller", (int64_t)thread->caller);
    if (caller != nullptr) json_text(to->json, "from", name_of(caller->process));
    json_event_end(to->json);
    if (caller != nullptr && caller->process != 0 && caller->calling) {
        arrow(to, 'q', thread->token, (const struct thread *[2]){caller, thread});
    }
}

static void call_end(struct conversion *to, struct thread *thread, const uint64_t *result)
{
    if (thread->calling) {
        thread->calling = thread->waits = thread->again = false;
        begin_event(to, 'E', thread, nullptr, nullptr);
        if (result != nullptr)
            json_text(to->json, "status", fe_status_text((enum status)(int32_t)*result));
        json_event_end(to->json);
    }
    serve_begin(to, thread);
}

static bool takes_message(uint32_t call)
{
    return call == FE_CALL_CHANNEL_RECEIVE || call == FE_CALL_CHANNEL_REPLY ||
           call == FE_CALL_CHANNEL_REPLY_RECEIVE;
}

static void on_call(struct conversion *to, const struct fe_trace_record *record,
                    struct thread *thread)
{
    bool goes_on = thread->again && thread->call == record->detail;
    thread->again = false;
    if (goes_on) return; // one that an interrupt cut short is one call
    call_end(to, thread, nullptr);
    if (takes_message(record->detail)) serve_end(to, thread);
    thread->calling = true;
    thread->call = record->detail;
    begin_event(to, 'B', thread, call_name(record->detail), "call");
    static const char *const names[] = {"r0", "r1", "r2", "r3"};
    for (int i = 0; i < 4; i++) json_hex(to->json, names[i], record->word[i]);
    json_event_end(to->json);
}

static void on_return(struct conversion *to, const struct fe_trace_record *record,
                      struct thread *thread)
{
    if (record->word[0] == TRACE_WAITS)
        thread->waits = thread->calling;
    else if (record->word[0] == TRACE_AGAIN)
        thread->again = thread->calling;
    else
        call_end(to, thread, &record->word[0]);
}

// --- Threads ---------------------------------------------------------------------------------

static void on_request(struct conversion *to, const struct fe_trace_record *record,
                       struct thread *thread)
{
    thread->is_asked = true;
    thread->caller = record->word[0];
    thread->token = record->word[1];
    thread->label = record->word[2];
    if (!thread->calling) serve_begin(to, thread);
}

static void on_reply(struct conversion *to, const struct fe_trace_record *record,
                     struct thread *thread)
{
    const struct thread *caller = table_find(&to->threads, record->word[0]);
    if (!thread->calling) serve_end(to, thread);
    if (caller == nullptr || caller->process == 0 || !caller->calling || !thread->calling) return;
    arrow(to, 'a', record->word[1], (const struct thread *[2]){thread, caller});
}

static void cpu_stop(struct conversion *to, struct cpu *cpu)
{
    if (cpu->running == 0) return;
    cpu->running = 0;
    begin_cpu_event(to, 'E', (uint32_t)(cpu->number - 1), nullptr);
    json_event_end(to->json);
}

static void on_switch(struct conversion *to, const struct fe_trace_record *record)
{
    struct cpu *cpu = table_get(&to->cpus, record->cpu + 1u);
    cpu_stop(to, cpu);
    if (record->thread == 0) return;
    struct thread *thread = thread_of(to, record->thread, record->process);
    cpu->running = record->thread;
    begin_cpu_event(to, 'B', record->cpu, name_of(record->process));
    json_number(to->json, "thread", (int64_t)record->thread);
    json_number(to->json, "priority", (int64_t)record->word[1]);
    if (thread->woken != 0) json_number(to->json, "waited", (int64_t)(to->now - thread->woken));
    json_event_end(to->json);
    thread->woken = 0;
    if (thread->waits) call_end(to, thread, nullptr);
}

static void on_wake(struct conversion *to, const struct fe_trace_record *record)
{
    struct thread *thread = thread_of(to, record->word[0], record->word[1]);
    thread->woken = to->now;
    begin_event(to, 'i', thread, "woken", "wake");
    json_number(to->json, "by", (int64_t)record->thread);
    json_number(to->json, "priority", (int64_t)record->word[2]);
    json_event_end(to->json);
}

static void on_fault(struct conversion *to, const struct fe_trace_record *record,
                     const struct thread *thread)
{
    static const char *const names[] = {[FAULT_READ] = "fault: read",
                                        [FAULT_WRITE] = "fault: write",
                                        [FAULT_EXECUTE] = "fault: execute",
                                        [FAULT_INSTRUCTION] = "fault: instruction",
                                        [FAULT_ALIGNMENT] = "fault: alignment",
                                        [FAULT_BREAKPOINT] = "fault: breakpoint",
                                        [FAULT_ARITHMETIC] = "fault: arithmetic"};
    size_t count = sizeof names / sizeof *names;
    const char *name = record->detail < count ? names[record->detail] : nullptr;
    begin_event(to, 'i', thread, name != nullptr ? name : "fault", "fault");
    json_hex(to->json, "address", record->word[0]);
    json_hex(to->json, "pc", record->word[1]);
    json_text(to->json, "status", fe_status_text((enum status)(int32_t)record->word[2]));
    json_event_end(to->json);
}

static void on_priority(struct conversion *to, const struct fe_trace_record *record)
{
    const struct thread *thread = thread_of(to, record->word[0], 0);
    begin_event(to, 'i', thread, "priority", "priority");
    json_number(to->json, "from", (int64_t)record->word[1]);
    json_number(to->json, "to", (int64_t)record->word[2]);
    if (record->word[3] != 0) json_number(to->json, "deadline", (int64_t)record->word[3]);
    json_event_end(to->json);
}

static void on_budget(struct conversion *to, const struct fe_trace_record *record)
{
    const struct thread *thread = thread_of(to, record->word[0], 0);
    const char *name = "budget used up";
    if (record->kind == TRACE_RELEASE) name = "release";
    if (record->kind == TRACE_MISS) name = "deadline missed";
    begin_event(to, 'i', thread, name, "period");
    if (record->kind == TRACE_MISS) json_number(to->json, "count", (int64_t)record->word[1]);
    if (record->kind == TRACE_RELEASE) {
        json_number(to->json, "release", (int64_t)record->word[1]);
        json_number(to->json, "deadline", (int64_t)record->word[2]);
    }
    json_event_end(to->json);
}

// Made, or ended, by who ran.
static void on_process(struct conversion *to, const struct fe_trace_record *record)
{
    const struct thread *thread = table_find(&to->threads, record->thread);
    if (thread == nullptr) return;
    bool is_new = record->kind == TRACE_PROCESS;
    begin_event(to, 'i', thread, is_new ? "process made" : "process ended", "process");
    json_number(to->json, "process", (int64_t)record->process);
    json_text(to->json, "name", name_of(record->process));
    if (!is_new) json_number(to->json, "code", (int64_t)record->word[0]);
    json_event_end(to->json);
}

// --- CPUs ------------------------------------------------------------------------------------

static void on_cpu_instant(struct conversion *to, const struct fe_trace_record *record)
{
    bool is_timer = record->kind == TRACE_TIMER;
    (void)table_get(&to->cpus, record->cpu + 1u);
    begin_cpu_event(to, 'i', record->cpu, is_timer ? "timer" : "interrupt");
    if (is_timer)
        json_number(to->json, "late", (int64_t)record->word[1]);
    else
        json_number(to->json, "number", (int64_t)record->detail);
    json_event_end(to->json);
}

static void thread_close(void *entry, void *context)
{
    struct thread *thread = entry;
    thread->is_asked = false;
    thread->woken = 0;
    call_end(context, thread, nullptr);
    serve_end(context, thread);
}

static void cpu_close(void *entry, void *context)
{
    cpu_stop(context, entry);
}

// What was going on is not known any more, or is over.
static void close_all(struct conversion *to)
{
    table_each(&to->threads, thread_close, to);
    table_each(&to->cpus, cpu_close, to);
}

static void on_lost(struct conversion *to, const struct fe_trace_record *record)
{
    close_all(to);
    to->lost += record->word[0];
    (void)table_get(&to->cpus, record->cpu + 1u);
    begin_cpu_event(to, 'i', record->cpu, "records lost");
    json_number(to->json, "count", (int64_t)record->word[0]);
    json_event_end(to->json);
}

static void on_record(struct conversion *to, const struct fe_trace_record *record)
{
    bool is_own = record->kind != TRACE_PROCESS && record->kind != TRACE_EXIT;
    bool is_call = record->kind >= TRACE_CALL && record->kind <= TRACE_REPLY;
    struct thread nobody = {}, *thread = &nobody;
    if (is_call && record->thread == 0) return;
    if (record->thread != 0) thread = thread_of(to, record->thread, is_own ? record->process : 0);
    switch (record->kind) {
    case TRACE_SWITCH: on_switch(to, record); break;
    case TRACE_CALL: on_call(to, record, thread); break;
    case TRACE_RETURN: on_return(to, record, thread); break;
    case TRACE_REQUEST: on_request(to, record, thread); break;
    case TRACE_REPLY: on_reply(to, record, thread); break;
    case TRACE_WAKE: on_wake(to, record); break;
    case TRACE_INTERRUPT:
    case TRACE_TIMER: on_cpu_instant(to, record); break;
    case TRACE_FAULT: on_fault(to, record, thread); break;
    case TRACE_PRIORITY: on_priority(to, record); break;
    case TRACE_RELEASE:
    case TRACE_MISS:
    case TRACE_OVERRUN: on_budget(to, record); break;
    case TRACE_PROCESS:
    case TRACE_EXIT: on_process(to, record); break;
    case TRACE_LOST: on_lost(to, record); break;
    default: break; // of a newer kernel
    }
}

// --- Names -----------------------------------------------------------------------------------

static void name_write(struct conversion *to, const char *what, const struct thread *thread,
                       const char *name)
{
    struct json_event event = {'M', to->json->start, thread->process, thread->id, what, nullptr};
    json_event(to->json, &event);
    json_text(to->json, "name", name);
    json_event_end(to->json);
}

// Said once for each thread, which does no harm.
static void thread_name(void *entry, void *context)
{
    const struct thread *thread = entry;
    char name[80];
    uint32_t pid = name_pid(thread->process);
    if (thread->process == 0) return;
    snprintf(name, sizeof name, pid == 0 ? "%s" : "%s (pid %u)", name_of(thread->process), pid);
    name_write(context, "process_name", thread, name);
    snprintf(name, sizeof name, "%s/%llu", name_of(thread->process),
             (unsigned long long)thread->id);
    name_write(context, "thread_name", thread, name);
}

static void cpu_name(void *entry, void *context)
{
    const struct cpu *cpu = entry;
    char name[24];
    const struct thread track = {.process = CPU_TRACK, .id = CPU_TRACK + cpu->number - 1};
    snprintf(name, sizeof name, "CPU %u", (unsigned)(cpu->number - 1));
    name_write(context, "process_name", &track, "CPUs");
    name_write(context, "thread_name", &track, name);
}

static void names_gather(const struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct fe_trace_record *record = &records->record[i];
        char name[32];
        memcpy(name, record->word, sizeof name);
        if (record->kind == TRACE_PROCESS) name_note(record->process, name);
    }
}

uint64_t convert(const struct records *records, const size_t *order, struct json *json)
{
    struct conversion to = {.json = json,
                            .threads = {.size = sizeof(struct thread)},
                            .cpus = {.size = sizeof(struct cpu)}};
    names_gather(records);
    for (size_t i = 0; i < records->count; i++) {
        const struct fe_trace_record *record = &records->record[order[i]];
        if (record->counter != 0) to.now = fe_clock_from_counter(record->counter);
        if (i == 0) json->start = to.now;
        on_record(&to, record);
    }
    close_all(&to);
    table_each(&to.threads, thread_name, &to);
    table_each(&to.cpus, cpu_name, &to);
    free(to.threads.entries);
    free(to.cpus.entries);
    return to.lost;
}

// SPDX-License-Identifier: MIT
// The system calls on processes, but for those that change mappings (mapping.c).
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/user.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/image.h"
#include "kernel/object/namespace.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/time/timer.h"
#include <kernel/syscalls.h>

static enum status plan_child(struct process *parent, fe_handle image,
                              const struct fe_process_options *options, struct process_plan *plan)
{
    struct object *object;
    if (options->name[sizeof options->name - 1] != '\0') return ERR_BAD_ARGUMENT;
    if (options->priority >= PRIORITY_COUNT) return ERR_BAD_ARGUMENT;
    if (parent->ending) return ERR_BAD_STATE;
    TRY(handle_find(image, OBJECT_IMAGE, RIGHT_IMAGE_SPAWN, &object));
    *plan = (struct process_plan){
        .image = (struct image *)object,
        .parent = parent,
        .name_space = parent->name_space,
        .memory_limit = options->memory_limit,
        .handle_limit = options->handle_limit,
        .thread_limit = options->thread_limit,
        .priority = options->priority,
        .name = options->name,
    };
    if (options->name_space != FE_NO_HANDLE) {
        TRY(handle_find(options->name_space, OBJECT_NAMESPACE, RIGHT_NAMESPACE_RESOLVE, &object));
        plan->name_space = (struct namespace *)object;
    }
    return OK;
}

// Whoever makes processes one after the other also clears away those that ended before, so that the
// dead do not pile up where nothing is ever idle. False: an interrupt waits, and the call comes
// again.
enum : uint32_t { REAP_STEPS = 16 };

static bool make_room(struct progress *progress)
{
    ASSERT(progress->position <= REAP_STEPS);
    while (progress->position < REAP_STEPS && reap_step()) {
        progress->position++;
        if (progress_should_stop()) return false;
    }
    return true;
}

enum status sys_process_create(struct process *parent, fe_handle image,
                               const struct fe_process_options *options, fe_handle *handle,
                               uintptr_t *base)
{
    struct process_plan plan;
    TRY(plan_child(parent, image, options, &plan));
    TRY(handle_reserve(process_current(), 1));
    struct progress *progress = progress_get(
        (const void *)sys_process_create,
        (uint64_t[3]){parent->object.id, plan.image->object.id, (uintptr_t)options->name_space}, 0);
    if (progress->object == nullptr) {
        struct process *made;
        if (!make_room(progress)) return CALL_RESTART;
        TRY(process_begin(&plan, &made));
        progress->object = &made->object;
        if (progress_should_stop()) return CALL_RESTART;
    }
    struct process *child = (struct process *)progress->object;
    enum status status = OK;
    while (status == OK && !child->is_filled) {
        status = process_fill(child);
        if (!child->is_filled)
            status = progress_go_on(status); // a filled one has to get its handle
    }
    if (status == CALL_RESTART) return status;
    if (status == OK) {
        *base = child->image_base;
        *handle = handle_insert(process_current(), &child->object, RIGHT_ALL);
    }
    progress_end(progress);
    return status;
}

enum status sys_process_grant(struct process *process, fe_handle handle, fe_handle *granted)
{
    struct handle_entry entry;
    TRY(handle_find_any(handle, RIGHT_TRANSFER, &entry));
    if (process->state != PROCESS_BUILDING) return ERR_BAD_STATE;
    if (!process_may_hold(process, entry.object)) return ERR_NOT_ENTITLED;
    TRY(handle_reserve(process, 1));
    handle_remove(process_current(), handle);
    *granted = handle_insert(process, entry.object, entry.rights);
    if (entry.object == &process->object) process_discount(process);
    object_put_handle(entry.object);
    return OK;
}

enum status sys_process_start(struct process *process, uintptr_t stack_pointer, uintptr_t argument,
                              fe_handle *handle)
{
    struct process *current = process_current();
    if (process->state != PROCESS_BUILDING || process->ending) return ERR_BAD_STATE;
    if (!user_range_is_valid(stack_pointer - 1, 1)) return ERR_BAD_ADDRESS;
    uint32_t priority = thread_current()->schedule.priority;
    struct fe_thread_options options = {
        .entry = process->image_entry,
        .stack_pointer = stack_pointer,
        .argument = argument,
        .priority = priority < process->priority_ceiling ? priority : process->priority_ceiling,
    };
    TRY(handle_reserve(current, 1));
    TRY(handle_reserve(process, 1));
    struct thread *thread;
    TRY(thread_make(process, &options, &thread));
    *handle = handle_insert(current, &thread->object, RIGHT_ALL);
    thread->frame.reg[1] = handle_insert(process, &thread->object, RIGHT_ALL); // abi/start.h
    object_put(&thread->object);
    process_recount(process);
    process->state = PROCESS_RUNNING;
    thread_start(thread);
    return OK;
}

// Runs the end of `process` until its watchers are told.
static enum status end(struct process *process, int32_t code)
{
    bool own = process == process_current();
    process_end(process, code);
    while (!process_end_step(process)) {
        if (lock_should_pass()) return CALL_RESTART;
    }
    return own ? CALL_DEFERRED : OK;
}

enum status sys_process_exit(int32_t code)
{
    return end(process_current(), code);
}

enum status sys_process_kill(struct process *process, int32_t code)
{
    return end(process, code);
}

static bool stop_done(struct process *process)
{
    return process->stopped && schedule_park_some(process);
}

// Stopping oneself: the registers are complete before the thread is parked.
enum status sys_process_stop(struct process *process)
{
    if (process->state != PROCESS_RUNNING || process->ending) return ERR_BAD_STATE;
    if (!process->stopped) {
        process->stopped = true;
        process->parking = process->thread_count;
    }
    struct thread *thread = thread_current();
    uint64_t before = thread->frame.reg[0];
    thread->frame.reg[0] = OK;
    while (!stop_done(process)) {
        if (!lock_should_pass()) continue;
        if (thread_current() != thread) return CALL_DEFERRED;
        thread->frame.reg[0] = before;
        return CALL_RESTART;
    }
    return thread_current() == thread ? OK : CALL_DEFERRED;
}

enum status sys_process_continue(struct process *process)
{
    process->stopped = false;
    process->parking = 0;
    while (!schedule_unpark_some(process)) {
        if (lock_should_pass()) return CALL_RESTART;
    }
    return OK;
}

enum status sys_process_watch(struct process *process, fe_handle handle, uint64_t bits)
{
    struct event *event;
    TRY(event_find(handle, &event));
    return watch_add(&process->watchers, thread_current(), event, bits);
}

enum status sys_process_inspect(struct process *process, struct fe_process_info *info)
{
    const struct quota *quota = process->quota;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu->current != nullptr && cpu->current->process == process) schedule_account(cpu);
    }
    *info = (struct fe_process_info){
        .id = process->object.id,
        .state = process->state,
        .exit_code = process->exit_code,
        .cpu_time = clock_ticks_to_ns(process->cpu_ticks),
        .memory_used = process->memory_used,
        .memory_limit = quota->limit,
        .handles_used = process->handles.used,
        .handle_limit = process->handles.limit,
        .threads_used = process->thread_count,
        .thread_limit = process->thread_limit,
        .start_time = process->start_time,
        .image_base = process->image_base,
        .memory_left = process_chargeable(process),
    };
    for (size_t i = 0; i < sizeof info->name; i++) info->name[i] = process->name[i];
    return OK;
}

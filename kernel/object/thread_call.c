// SPDX-License-Identifier: MIT
// The system calls on threads.
#include "kernel/memory/user.h"
#include "kernel/object/channel.h"
#include "kernel/object/event.h"
#include "kernel/object/futex.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/place.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

enum status sys_thread_current(uint64_t *id)
{
    *id = thread_current()->object.id;
    return OK;
}

static enum status check_options(const struct process *process,
                                 const struct fe_thread_options *options)
{
    if ((options->flags & ~THREAD_UNHELD) != 0) return ERR_BAD_ARGUMENT;
    if (options->priority >= PRIORITY_COUNT) return ERR_BAD_ARGUMENT;
    if (!user_range_is_valid(options->entry, 1)) return ERR_BAD_ADDRESS;
    if (!user_range_is_valid(options->stack_pointer - 1, 1)) return ERR_BAD_ADDRESS;
    if (options->thread_pointer >= ARCH_USER_END) return ERR_BAD_ADDRESS;
    if (options->priority > process->priority_ceiling) return ERR_NO_RIGHT;
    return OK;
}

enum status sys_thread_create(struct process *process, const struct fe_thread_options *options,
                              fe_handle *handle, uint64_t *id)
{
    bool is_held = (options->flags & THREAD_UNHELD) == 0;
    struct fe_thread_options made = *options;
    if (made.priority == 0) {
        uint32_t own = thread_current()->schedule.priority;
        made.priority = own < process->priority_ceiling ? own : process->priority_ceiling;
    }
    TRY(check_options(process, &made));
    if (process->state != PROCESS_RUNNING) return ERR_BAD_STATE;
    if (is_held) TRY(handle_reserve(process_current(), 1));
    struct thread *thread;
    TRY(thread_make(process, &made, &thread));
    *handle = FE_NO_HANDLE;
    if (is_held) *handle = handle_insert(process_current(), &thread->object, RIGHT_ALL);
    *id = thread->object.id;
    object_put(&thread->object);
    thread_start(thread);
    return OK;
}

enum status sys_thread_exit(uintptr_t clear)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    if (process->thread_count == 1) return sys_process_exit(0);
    object_get(&thread->object);
    while (!channel_forget_some(thread)) {
        if (lock_should_pass()) {
            object_put(&thread->object);
            return CALL_RESTART;
        }
    }
    uint32_t zero = 0;
    if (clear != 0 && clear % sizeof zero == 0 && user_write(clear, &zero, sizeof zero) == OK) {
        futex_wake(process, clear, 1);
    } else if (user_copy_stopped()) {
        object_put(&thread->object);
        return CALL_RESTART;
    }
    bool dead = thread_kill_step(thread);
    object_put(&thread->object);
    return dead ? CALL_DEFERRED : CALL_RESTART;
}

enum status sys_thread_yield(void)
{
    schedule_yield();
    return OK;
}

// Interrupting oneself: registers are to be complete before the upcall saves them, so this goes by
// the flag.
enum status sys_thread_interrupt(struct thread *thread)
{
    if (thread->state == THREAD_DEAD) return ERR_BAD_STATE;
    thread_interrupt(thread);
    return OK;
}

enum status sys_thread_schedule(struct thread *thread, const struct fe_schedule *schedule)
{
    if (schedule->priority >= PRIORITY_COUNT || schedule->flags != 0) return ERR_BAD_ARGUMENT;
    if (schedule->reserved != 0) return ERR_BAD_ARGUMENT;
    uint32_t rights = handle_rights((uint32_t)thread_current()->frame.reg[0]);
    if (schedule->priority > RIGHT_CEILING_OF(rights)) return ERR_NO_RIGHT;
    if (schedule->priority > process_current()->priority_ceiling) return ERR_NO_RIGHT;
    if (thread->state == THREAD_DEAD) return ERR_BAD_STATE;
    struct resource *time;
    TRY(budget_prepare(thread, schedule, &time));
    budget_apply(thread, schedule, time);
    return OK;
}

// The caller's own registers are complete before it may be taken to another CPU.
enum status sys_thread_affinity(struct thread *thread, uint32_t first, uint32_t count)
{
    if (count == 0 || first >= cpu_count()) return ERR_BAD_ARGUMENT;
    if (thread->state == THREAD_DEAD) return ERR_BAD_STATE;
    const struct budget *budget = thread->budget;
    if (budget != nullptr && budget->share != 0 && budget->cpu->index - first >= count) {
        return ERR_BUSY;
    }
    thread->cpu_first = first;
    thread->cpu_count = count;
    place_apply(thread);
    return OK;
}

static void inspect_period(const struct budget *budget, struct fe_thread_info *info)
{
    info->release = budget->release;
    info->left = clock_ticks_to_ns(budget->left);
    info->misses = budget->misses;
    info->overruns = budget->overruns;
}

enum status sys_thread_inspect(struct thread *thread, struct fe_thread_info *info)
{
    bool has_deadline = urgency_has_deadline(thread->urgency);
    *info = (struct fe_thread_info){
        .id = thread->object.id,
        .state = thread->state,
        .priority = urgency_priority(thread->urgency),
        .deadline = has_deadline ? thread->urgency & URGENCY_NO_DEADLINE : FE_FOREVER,
        .schedule = thread->schedule,
        .cpu_time = clock_ticks_to_ns(thread->cpu_ticks),
    };
    info->schedule.time = FE_NO_HANDLE; // a number of the process that set it
    if (thread->budget != nullptr) inspect_period(thread->budget, info);
    return OK;
}

// Who may make threads in a process may also control those that are there.
enum status sys_process_thread(struct process *process, uint64_t after, fe_handle *handle,
                               uint64_t *id)
{
    bool controls =
        (handle_rights((uint32_t)thread_current()->frame.reg[0]) & RIGHT_PROCESS_THREAD) != 0;
    struct tree_node *node = tree_find(&process->by_number, (after & LOCK_OWNER) + 1);
    if (node == nullptr) return ERR_NOT_FOUND;
    struct thread *thread = CONTAINER(node, struct thread, by_number);
    TRY(handle_reserve(process_current(), 1));
    uint32_t seeing = RIGHT_INSPECT | RIGHT_DUPLICATE | RIGHT_TRANSFER;
    *handle = handle_insert(process_current(), &thread->object, controls ? RIGHT_ALL : seeing);
    *id = thread->object.id;
    return OK;
}

enum status sys_thread_watch(struct thread *thread, fe_handle handle, uint64_t bits)
{
    struct event *event;
    TRY(event_find(handle, &event));
    return watch_add(&thread->watchers, thread_current(), event, bits);
}

enum status sys_thread_pointer_set(uintptr_t pointer)
{
    if (pointer >= ARCH_USER_END) return ERR_BAD_ADDRESS;
    arch_frame_set_thread_pointer(&thread_current()->frame, pointer);
    arch_cpu()->reschedule = true; // the whole way out loads it
    return OK;
}

enum status sys_thread_upcall_set(uintptr_t entry)
{
    if (entry != 0 && !user_range_is_valid(entry, 1)) return ERR_BAD_ADDRESS;
    thread_current()->upcall_entry = entry;
    thread_current()->upcalling = false;
    arch_cpu()->reschedule = true; // it may be due already
    return OK;
}

enum status sys_thread_fault_set(uintptr_t entry, uintptr_t stack)
{
    if (entry != 0 && !user_range_is_valid(entry, 1)) return ERR_BAD_ADDRESS;
    if (stack != 0 && !user_range_is_valid(stack - 1, 1)) return ERR_BAD_ADDRESS;
    process_current()->fault_entry = entry;
    thread_current()->fault_stack = stack;
    return OK;
}

// The frame comes from user memory: it is made harmless, and all its registers are the thread's
// now.
enum status sys_thread_upcall_return(uintptr_t address, uint32_t flags)
{
    struct thread *thread = thread_current();
    struct frame frame;
    if ((flags & ~(uint32_t)UPCALL_KEEP) != 0) return ERR_BAD_ARGUMENT;
    if (!thread->upcalled) return ERR_BAD_STATE;
    TRY(user_read(&frame, address, sizeof frame));
    arch_frame_sanitise(&frame);
    thread->frame = frame;
    thread->upcalling = false;
    arch_cpu()->reschedule = true; // the next may be due already
    if ((flags & UPCALL_KEEP) != 0) thread->kept = true;
    return CALL_DEFERRED;
}

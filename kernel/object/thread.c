// SPDX-License-Identifier: MIT
// Threads as objects: making, starting, interrupting and ending them. What they wait for is in
// wait.c, how they are chosen in kernel/schedule/.
#include "kernel/object/thread.h"
#include "kernel/log.h"
#include "kernel/memory/user.h"
#include "kernel/object/channel.h"
#include "kernel/object/futex.h"
#include "kernel/object/mutex.h"
#include "kernel/object/process.h"
#include "kernel/object/slot.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/float.h"
#include "kernel/schedule/place.h"
#include "kernel/schedule/schedule.h"

static uint32_t total;

uint32_t thread_total(void)
{
    return total;
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = (struct thread *)object;
    ASSERT(thread->state == THREAD_DEAD);
    ASSERT(tree_is_empty(&thread->donors) && list_is_empty(&thread->channels));
    struct process *process = thread->process;
    watch_fini(&thread->watchers);
    object_free(object);
    process_release(process);
}

const struct object_operations thread_operations = {
    .name = "thread",
    .size = (sizeof(struct thread) + 63) / 64 * 64,
    .destroy = thread_destroy,
};

static void init(struct thread *thread, struct process *process)
{
    thread->process = process;
    thread->state = THREAD_NEW;
    thread->noticeless = true;
    process_hold(process);
    const struct thread *maker = thread_current();
    thread->cpu = arch_cpu();
    thread->cpu_first = maker == nullptr ? 0 : maker->cpu_first;
    thread->cpu_count = maker == nullptr ? UINT32_MAX : maker->cpu_count;
    list_node_init(&thread->run);
    list_node_init(&thread->unsettled);
    list_node_init(&thread->in_process);
    list_node_init(&thread->ipc.served);
    list_init(&thread->channels);
    list_init(&thread->mutexes);
    watch_init(&thread->watchers, &thread->object);
    wait_init(thread);
    list_append(&process->threads, &thread->in_process);
    tree_add(&process->by_number, &thread->by_number, thread->object.id & LOCK_OWNER);
    process->thread_count++;
    total++;
}

enum status thread_make(struct process *process, const struct fe_thread_options *options,
                        struct thread **result)
{
    if (process->ending) return ERR_BAD_STATE;
    if (process->thread_count >= process->thread_limit) return ERR_QUOTA;
    TRY(object_create(OBJECT_THREAD, process, result));
    struct thread *thread = *result;
    enum status status = mutex_make_spare(thread);
    if (status == OK) {
        status = slot_take(thread);
        if (status != OK) mutex_free_spare(thread);
    }
    if (status != OK) {
        object_free(&thread->object);
        return status;
    }
    init(thread, process);
    arch_frame_init(&thread->frame, options->entry, options->stack_pointer, options->argument);
    thread->frame.reg[2] = thread->object.id;
    arch_frame_set_thread_pointer(&thread->frame, options->thread_pointer);
    thread->schedule.priority = options->priority;
    thread->own_urgency = thread->urgency = urgency_of(options->priority, UINT64_MAX);
    object_get(&thread->object); // the thread's own, until it is dead
    return OK;
}

void thread_start(struct thread *thread)
{
    ASSERT(thread->state == THREAD_NEW);
    schedule_ready(thread);
}

static bool is_waiting(const struct thread *thread)
{
    return thread->state >= THREAD_CALLING && thread->state <= THREAD_FUTEX_SHARED;
}

// Everything that others may hold of a dead thread is gone but its structure.
static void leave_process(struct thread *thread)
{
    struct process *process = thread->process;
    ASSERT(!is_waiting(thread) && !timer_is_armed(&thread->timeout));
    thread->state = THREAD_DEAD;
    if (thread->ipc.notice != nullptr) notice_destroy(thread->ipc.notice);
    thread->ipc.notice = nullptr;
    float_forget(thread);
    budget_drop(thread);
    inherit_forget(thread);
    progress_end(&thread->progress);
    slot_give_back(thread);
    mutex_free_spare(thread);
    list_remove(&thread->in_process);
    tree_take(&process->by_number, &thread->by_number);
    process->thread_count--;
    total--;
    watch_fire(&thread->watchers);
    object_put(&thread->object);
}

bool thread_kill_step(struct thread *thread)
{
    if (!channel_forget_some(thread) || !futex_disown_some(thread)) return false;
    if (is_waiting(thread)) {
        wait_abandon(thread);
        thread->state = THREAD_NEW;
    } else {
        schedule_remove(thread);
    }
    leave_process(thread);
    return true;
}

void thread_interrupt(struct thread *thread)
{
    if (is_waiting(thread) && !thread->uninterrupted)
        wait_interrupt(thread);
    else
        thread->interrupted = true;
    if (thread->state == THREAD_RUNNING) place_reschedule(thread->cpu); // looks for upcalls
}

// Room below the red zone for the frame, which user space gives back by thread_upcall_return, and
// below that for what it is about.
enum : uintptr_t { RED_ZONE = 128, STACK_ALIGN = 16 };

static bool call_up(struct thread *thread, uintptr_t entry, const struct fe_upcall *about,
                    uintptr_t stack)
{
    enum : uintptr_t { SIZE = sizeof thread->frame + sizeof *about };
    if (stack < SIZE + STACK_ALIGN) return false;
    uintptr_t at = (stack - sizeof thread->frame) & ~(STACK_ALIGN - 1), below = at - sizeof *about;
    if (user_write(at, &thread->frame, sizeof thread->frame) != OK) return false;
    if (user_write(below, about, sizeof *about) != OK) return false;
    thread->upcalled = true;
    thread->ipc.copied_with = 0;
    progress_end(&thread->progress); // the call may be made anew, or never
    arch_frame_init(&thread->frame, entry, below, at);
    return true;
}

static uintptr_t stack_of(const struct thread *thread)
{
    uintptr_t stack = arch_frame_place(&thread->frame).stack;
    return stack < RED_ZONE ? 0 : stack - RED_ZONE;
}

bool thread_upcall(struct thread *thread)
{
    ASSERT(thread->upcall_entry != 0 && !thread->upcalling);
    struct frame_place place = arch_frame_place(&thread->frame);
    const struct fe_upcall about = {.place = place.pc, .stack = place.stack};
    if (!call_up(thread, thread->upcall_entry, &about, stack_of(thread))) return false;
    thread->interrupted = false;
    thread->upcalling = true;
    return true;
}

bool thread_upcall_fault(struct thread *thread, const struct fe_upcall *fault)
{
    uintptr_t entry = thread->process->fault_entry;
    if (call_up(thread, entry, fault, stack_of(thread)) || user_copy_stopped()) return true;
    if (thread->fault_stack == 0) return false;
    return call_up(thread, entry, fault, thread->fault_stack) || user_copy_stopped();
}

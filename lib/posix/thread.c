// SPDX-License-Identifier: MIT
// Threads: the C library makes the stack and the thread's own block and asks here for a thread on
// them. Every struct thread is on one list, under context_lock.
#include "thread.h"
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "signals.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/lock.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <ferrite/thread.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>

static struct thread *threads = &thread_first;
struct thread thread_first = {.link = &threads};
bool thread_is_started, thread_has_others;

// Every thread but the first is described in its own block, which the C library makes for it,
// zeroed, and frees when the thread is no more.
static _Thread_local struct {
    struct thread *self;
    struct thread own;
} block;

// A detached thread that is about to end: only one at a time, because the C library holds its
// list's lock.
static struct {
    bool is_active;
    uintptr_t clear;
} leaving;

// Kept apart: before the thread pointer is set, not even a look at the block is allowed.
[[gnu::noinline]] struct thread *thread_own(void)
{
    return block.self;
}

struct thread *thread_list(void)
{
    return threads;
}

static uint32_t number_of_id(uint64_t id)
{
    return (uint32_t)id & LOCK_OWNER;
}

// Before the first thread's own block can be used, each caller asks for itself.
uint32_t fe_thread_number(void)
{
    struct thread *thread = thread_self();
    uint64_t id = 0;
    if (thread->number == 0 && fe_thread_current(&id) == OK) thread->number = number_of_id(id);
    return thread->number;
}

// The C library's first call after the thread pointer is set.
int64_t call_set_tid_address(const int64_t *a)
{
    if (!thread_is_started) {
        block.self = &thread_first;
        thread_first.handle = fe_start_handle("thread");
        thread_is_started = true;
    }
    block.self->clear = (uintptr_t)a[0];
    return fe_thread_number();
}

int64_t call_gettid(const int64_t *a)
{
    (void)a;
    return fe_thread_number();
}

// What a new thread finds at the top of its stack.
struct beginning {
    int (*function)(void *argument);
    void *argument;
    int *number; // the C library's own
};

[[noreturn]] void posix_thread_begin(const struct beginning *beginning, uint64_t id);
void posix_thread_entry(void); // arch/<isa>/user/context.S: aligns and calls posix_thread_begin

// Its creator may not have come to noting the number yet, or another thread to the list.
void posix_thread_begin(const struct beginning *beginning, uint64_t id)
{
    block.own.number = number_of_id(id);
    *beginning->number = (int)block.own.number;
    signal_arm(&block.own);
    beginning->function(beginning->argument);
    call_exit((const int64_t[6]){});
    __builtin_unreachable();
}

// The description of a thread to be, in the block at its thread pointer: all blocks are alike.
static struct thread *thread_prepare(uintptr_t pointer, uintptr_t clear)
{
    uintptr_t distance = pointer - (uintptr_t)__builtin_thread_pointer();
    typeof(block) *other = (typeof(block) *)((uintptr_t)&block + distance);
    struct thread *thread = other->self = &other->own;
    thread->clear = clear;
    const struct thread *self = thread_self();
    thread->blocked = self->blocked;
    thread->policy = self->policy;
    thread->priority = self->priority;
    return thread;
}

static void link_thread(struct thread *thread)
{
    thread->next = threads;
    threads->link = &thread->next;
    thread->link = &threads;
    threads = thread;
}

static void thread_destroy(struct thread *thread)
{
    signal_disarm(thread);
    thread_enter(thread_self()); // an upcall wants the lock, too
    context_lock();
    *thread->link = thread->next;
    if (thread->next != nullptr) thread->next->link = thread->link;
    context_unlock();
    thread_leave(thread_self());
    signal_leave(thread);
    if (thread == &thread_first) return;
    fe_handle_drop(&thread->event);
    fe_handle_drop(&thread->handle);
}

// Whoever looks for the thread finds it on the list with its number, because he waits for the lock.
static enum status start_thread(struct thread *thread, const struct fe_thread_options *options)
{
    uint64_t id;
    struct thread *self = thread_self();
    thread_has_others = true;
    context_alone = nullptr;
    thread_enter(self); // an upcall wants the lock, too
    context_lock();
    enum status status = fe_thread_create(fe_process_self(), options, &thread->handle, &id);
    if (status == OK) {
        thread->number = number_of_id(id);
        link_thread(thread);
    }
    context_unlock();
    thread_leave(self);
    (void)signal_ended_wait(self); // what came meanwhile: the C library lets nothing in here
    return status;
}

// musl's own entry for new threads; the flags are always those of pthread_create.
int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list list;
    va_start(list, argument);
    int *number = va_arg(list, int *);
    uintptr_t pointer = (uintptr_t)va_arg(list, void *);
    uintptr_t clear = (uintptr_t)va_arg(list, int *);
    va_end(list);
    if ((flags & (CLONE_VM | CLONE_THREAD)) != (CLONE_VM | CLONE_THREAD)) return -ENOSYS;
    struct thread *thread = thread_prepare(pointer, clear);
    struct beginning *top = (void *)(((uintptr_t)stack & ~15ul) - 32);
    static_assert(sizeof *top <= 32);
    *top = (struct beginning){function, argument, number};
    struct fe_thread_options options = {.entry = (uintptr_t)posix_thread_entry,
                                        .stack_pointer = (uintptr_t)top,
                                        .argument = (uintptr_t)top,
                                        .thread_pointer = pointer,
                                        .flags = THREAD_UNHELD};
    struct thread *creator = thread_self();
    if (creator->ceiling != 0) options.priority = creator->base;
    thread_enter(creator);
    enum status status = start_thread(thread, &options);
    thread_leave(creator);
    if (status != OK) return -fe_status_errno(status);
    return *number = (int)thread->number;
}

void thread_leave_if_within(uintptr_t address, size_t size)
{
    if (!thread_is_started || block.self == &thread_first) return;
    if ((uintptr_t)&block - address >= size) return;
    leaving.clear = block.own.clear;
    leaving.is_active = true;
    thread_destroy(&block.own);
}

int64_t call_exit(const int64_t *a)
{
    (void)a;
    uintptr_t clear;
    if (leaving.is_active) {
        leaving.is_active = false;
        clear = leaving.clear;
    } else {
        clear = block.self->clear;
        thread_destroy(block.self);
    }
    for (;;) {
        if (fe_thread_exit(clear) != OK) continue;
    }
}

int64_t call_sched_yield(const int64_t *a)
{
    (void)a;
    return -fe_status_errno(fe_thread_yield());
}

int64_t call_sched_getaffinity(const int64_t *a)
{
    struct fe_system_info info = {};
    size_t size = (size_t)a[1];
    if (size < sizeof(uint64_t) || size % sizeof(uint64_t) != 0) return -EINVAL;
    memset((void *)a[2], 0, size);
    fe_handle resource = fe_start_handle("resource/system");
    uint32_t count = 1;
    if (resource != FE_NO_HANDLE && fe_system_inspect(resource, &info) == OK)
        count = info.cpu_count;
    for (uint32_t i = 0; i < count && i / 8 < size; i++)
        ((uint8_t *)a[2])[i / 8] |= (uint8_t)(1u << i % 8);
    return sizeof(uint64_t);
}

// Found by its number, the next after the one below.
enum status thread_handle(struct thread *thread, fe_handle *handle)
{
    uint64_t id = 0;
    if (thread->handle == FE_NO_HANDLE) {
        TRY(fe_process_thread(fe_process_self(), thread->number - 1, &thread->handle, &id));
        if (number_of_id(id) != thread->number) fe_handle_drop(&thread->handle);
    }
    *handle = thread->handle;
    return thread->handle == FE_NO_HANDLE ? ERR_BAD_STATE : OK;
}

enum status thread_interrupt(struct thread *thread)
{
    fe_handle handle;
    TRY(thread_handle(thread, &handle));
    return fe_thread_interrupt(handle);
}

enum status thread_event(struct thread *thread, fe_handle *event)
{
    if (thread->event == FE_NO_HANDLE) TRY(fe_event_create(&thread->event));
    *event = thread->event;
    return OK;
}

long thread_sleep_until(uint64_t deadline)
{
    uint32_t never = 0;
    for (;;) {
        enum status status = fe_futex_wait((uintptr_t)&never, 0, deadline);
        if (status == ERR_TIMED_OUT) return 0;
        if (status == ERR_INTERRUPTED && signal_ended_wait(thread_self())) {
            return RESTART_UNLESS_HANDLED;
        }
        if (status != OK && status != ERR_INTERRUPTED) return -fe_status_errno(status);
    }
}

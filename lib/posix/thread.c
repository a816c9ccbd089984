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
#include <stdlib.h>
#include <string.h>

struct thread thread_first;
bool thread_is_started, thread_has_others;
static struct thread *threads = &thread_first;
static _Thread_local struct thread *self;

// A detached thread that is about to end: only one at a time, because the C library holds its
// list's lock.
static struct {
    bool is_active;
    uintptr_t clear;
} leaving;

// Kept apart: before the thread pointer is set, not even a look at `self` is allowed.
[[gnu::noinline]] struct thread *thread_own(void)
{
    return self;
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
long call_set_tid_address(const long *a)
{
    if (!thread_is_started) {
        self = &thread_first;
        thread_first.handle = fe_start_handle("thread");
        thread_is_started = true;
    }
    self->clear = (uintptr_t)a[0];
    return fe_thread_number();
}

long call_gettid(const long *a)
{
    (void)a;
    return fe_thread_number();
}

// What a new thread finds at the top of its stack.
struct beginning {
    int (*function)(void *argument);
    void *argument;
    struct thread *thread;
    int *number; // the C library's own
};

[[noreturn]] void posix_thread_begin(const struct beginning *beginning);
void posix_thread_entry(void); // arch/<isa>/user/context.S: aligns and calls posix_thread_begin

void posix_thread_begin(const struct beginning *beginning)
{
    self = beginning->thread;
    *beginning->number = (int)fe_thread_number();
    beginning->function(beginning->argument);
    call_exit((const long[6]){});
    __builtin_unreachable();
}

static struct thread *thread_create(uintptr_t clear)
{
    struct thread *thread = calloc(1, sizeof *thread);
    if (thread == nullptr) return nullptr;
    thread->clear = clear;
    thread->blocked = thread_self()->blocked;
    return thread;
}

static void unlink_thread(struct thread *thread)
{
    struct thread **at = &threads;
    while (*at != nullptr && *at != thread) at = &(*at)->next;
    if (*at == thread) *at = thread->next;
}

static void thread_destroy(struct thread *thread)
{
    context_lock();
    unlink_thread(thread);
    context_unlock();
    if (thread == &thread_first) return;
    fe_handle_drop(&thread->event);
    fe_handle_drop(&thread->handle);
    free(thread);
}

static enum status start_thread(struct thread *thread, const struct fe_thread_options *options)
{
    thread_has_others = true;
    context_alone = nullptr;
    context_lock();
    struct fe_handle_info info;
    enum status status = fe_thread_create(fe_process_self(), options, &thread->handle);
    if (status == OK) status = fe_handle_inspect(thread->handle, &info);
    if (status == OK) {
        thread->number = number_of_id(info.id);
        thread->next = threads;
        threads = thread;
    }
    context_unlock();
    return status;
}

// musl's own entry for new threads; the flags are always those of pthread_create.
int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list list;
    va_start(list, argument);
    int *number = va_arg(list, int *);
    void *pointer = va_arg(list, void *);
    int *clear = va_arg(list, int *);
    va_end(list);
    if ((flags & (CLONE_VM | CLONE_THREAD)) != (CLONE_VM | CLONE_THREAD)) return -ENOSYS;
    struct thread *self_thread = thread_self();
    self_thread->depth++;
    struct thread *thread = thread_create((uintptr_t)clear);
    self_thread->depth--;
    if (thread == nullptr) return -ENOMEM;
    struct beginning *top = (void *)(((uintptr_t)stack & ~15ul) - 32);
    static_assert(sizeof *top <= 32);
    *top = (struct beginning){function, argument, thread, number};
    struct fe_thread_options options = {.entry = (uintptr_t)posix_thread_entry,
                                        .stack_pointer = (uintptr_t)top,
                                        .argument = (uintptr_t)top,
                                        .thread_pointer = (uintptr_t)pointer};
    enum status status = start_thread(thread, &options);
    if (status == OK) {
        *number = (int)thread->number;
        return *number;
    }
    free(thread);
    return -fe_status_errno(status);
}

void thread_leave_if_within(uintptr_t address, size_t size)
{
    if (!thread_is_started || self == &thread_first) return;
    if ((uintptr_t)&self - address >= size) return;
    leaving.clear = self->clear;
    leaving.is_active = true;
    thread_destroy(self);
}

long call_exit(const long *a)
{
    (void)a;
    uintptr_t clear;
    if (leaving.is_active) {
        leaving.is_active = false;
        clear = leaving.clear;
    } else {
        clear = self->clear;
        thread_destroy(self);
    }
    for (;;) {
        if (fe_thread_exit(clear) != OK) continue;
    }
}

long call_sched_yield(const long *a)
{
    (void)a;
    return -fe_status_errno(fe_thread_yield());
}

long call_sched_getaffinity(const long *a)
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
        if (status == ERR_INTERRUPTED && signal_deliverable(thread_self()) != 0) {
            return RESTART_UNLESS_HANDLED;
        }
        if (status != OK && status != ERR_INTERRUPTED) return -fe_status_errno(status);
    }
}

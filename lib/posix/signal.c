// SPDX-License-Identifier: MIT
// Signals: dispositions, masks, and running handlers. The process service sets a bit in the shared
// page and interrupts the first thread; a thread that computes gets an upcall, one that waits comes
// back with ERR_INTERRUPTED and runs the handlers when its call ends (dispatch.c). An upcall that
// finds a call under way keeps the interrupt for that call's next wait, so a signal that comes just
// before a wait still ends it.
#include "signals.h"
#include "call.h"
#include "context.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

enum : int { CANCEL = 33 }; // the C library's own, for pthread_cancel: always ends a wait

static struct fe_signal_page private_page; // until a shared one is needed
struct fe_signal_page *signal_page = &private_page;

static_assert(FE_CALL_THREAD_UPCALL_RETURN == 64); // context.S has the number
void posix_upcall_entry(void); // arch/<isa>/user/context.S: saves all registers, calls posix_upcall
uint32_t posix_upcall(void);

static struct fe_signal_page *shared(void)
{
    return __atomic_load_n(&signal_page, __ATOMIC_ACQUIRE);
}

static bool is_ignored_by_default(int number)
{
    return number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT;
}

uint64_t signal_ignored(const struct context *context)
{
    uint64_t ignored = 0;
    for (int i = 1; i < SIGNAL_COUNT; i++) {
        if (context->actions[i].handler == SIG_IGN) ignored |= signal_bit(i);
    }
    return ignored;
}

static uint64_t caught(const struct context *context)
{
    uint64_t result = 0;
    for (int i = 1; i < SIGNAL_COUNT; i++) {
        void (*handler)(int) = context->actions[i].handler;
        if (handler != SIG_DFL && handler != SIG_IGN) result |= signal_bit(i);
    }
    return result;
}

void signal_reset_handlers(struct context *context)
{
    for (int i = 1; i < SIGNAL_COUNT; i++) {
        if (context->actions[i].handler != SIG_IGN) context->actions[i] = (struct signal_action){};
    }
}

void signal_inherit(struct context *context, uint64_t ignored, uint64_t blocked)
{
    for (int i = 1; i < SIGNAL_COUNT; i++) {
        if (ignored & signal_bit(i)) context->actions[i].handler = SIG_IGN;
    }
    if ((ignored | blocked) != 0) signal_publish(context);
    signal_set_blocked(thread_self(), blocked);
}

// --- The shared page ---------------------------------------------------------------------------

// The service asks for what all threads block.
static void publish_blocked(void)
{
    uint64_t all = UINT64_MAX;
    context_lock();
    for (struct thread *at = thread_list(); at != nullptr; at = at->next)
        all &= fe_flags_read(&at->blocked, __ATOMIC_RELAXED);
    fe_flags_write(&shared()->blocked, all, __ATOMIC_SEQ_CST);
    context_unlock();
}

static long make_page(struct context *context)
{
    fe_handle thread = fe_start_handle("thread");
    if (context->process == nullptr || thread == FE_NO_HANDLE) return 0;
    void *address;
    FE_HANDLE memory = FE_NO_HANDLE, copy = FE_NO_HANDLE, control = FE_NO_HANDLE;
    enum status status = fe_memory_create(FE_PAGE_SIZE, 0, &memory);
    if (status == OK)
        status = fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address);
    if (status == OK) status = fe_handle_copy(memory, &copy);
    if (status == OK) status = fe_handle_copy(thread, &control);
    if (status == OK) status = fe_thread_upcall_set((uintptr_t)posix_upcall_entry);
    if (status != OK) return -fe_status_errno(status);
    struct fe_signal_page *made = address;
    *made = private_page;
    made->ignored = signal_ignored(context);
    made->caught = caught(context);
    fe_handle handles[2] = {fe_handle_take(&control), fe_handle_take(&copy)};
    struct p9_control wish = {.request = CONTROL_PROCESS_SIGNALS, .send = handles, .send_count = 2};
    int error = p9_control(context->process, &wish);
    if (error < 0) {
        status = fe_memory_unmap(address, FE_PAGE_SIZE);
        return error;
    }
    __atomic_store_n(&signal_page, made, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    publish_blocked();
    return 0;
}

// A child being made has its masks told when it begins.
long signal_publish(struct context *context)
{
    if (context->parent != nullptr) return 0;
    if (shared() == &private_page) {
        long error = make_page(context);
        if (error < 0) return error;
    }
    fe_flags_write(&shared()->caught, caught(context), __ATOMIC_SEQ_CST);
    fe_flags_write(&shared()->ignored, signal_ignored(context), __ATOMIC_SEQ_CST);
    return 0;
}

// The fence is that of whoever makes the page while this thread changes its mask: one of the two
// sees what the other did.
void signal_set_blocked(struct thread *thread, uint64_t blocked)
{
    blocked &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
    fe_flags_write(&thread->blocked, blocked, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (shared() != &private_page) publish_blocked();
}

// --- Delivery ----------------------------------------------------------------------------------

int signal_take(struct thread *thread, uint64_t wanted)
{
    for (;;) {
        uint64_t ready = signal_deliverable(thread) & wanted;
        if (ready == 0) return 0;
        int number = __builtin_ctzll(ready) + 1;
        uint64_t bit = signal_bit(number);
        if (fe_flags_clear(&thread->pending, bit)) return number;
        if (fe_flags_clear(&shared()->pending, bit)) return number;
    }
}

// The default action is the process service's to do; without one, a signal that ends ends the
// process.
static void act_by_default(int number)
{
    if (is_ignored_by_default(number)) return;
    int32_t data[2] = {(int32_t)call_getpid(nullptr), number};
    struct p9_control wish = {.request = CONTROL_PROCESS_SIGNAL, .data = data, .size = sizeof data};
    if (process_control(&wish) < 0) fe_exit(128 + number);
}

// The handler itself runs as if no call were under way: it may make calls, and may never come back.
static void call_handler(struct thread *thread, int number, const struct signal_action *action)
{
    uint64_t before = thread->restores ? thread->restored : thread->blocked;
    thread->restores = false;
    uint64_t during = thread->blocked | action->mask;
    if ((action->flags & SA_NODEFER) == 0) during |= signal_bit(number);
    signal_set_blocked(thread, during);
    uint32_t depth = thread->depth;
    thread->depth = 0;
    if (action->flags & SA_SIGINFO) {
        siginfo_t info = {.si_signo = number};
        ucontext_t machine = {};
        memcpy(&machine.uc_sigmask, &before, sizeof before);
        void (*handler)(int, siginfo_t *, void *) = (void *)action->handler;
        handler(number, &info, &machine);
        memcpy(&before, &machine.uc_sigmask, sizeof before);
    } else {
        action->handler(number);
    }
    thread->depth = depth;
    signal_set_blocked(thread, before);
}

static enum signal_outcome deliver(struct thread *thread, int number)
{
    struct context *context = context_current();
    struct signal_action action = context->actions[number];
    if (action.handler == SIG_IGN) return SIGNAL_NONE;
    if (action.handler == SIG_DFL) {
        act_by_default(number);
        return SIGNAL_NONE;
    }
    if (action.flags & SA_RESETHAND) {
        context->actions[number] = (struct signal_action){};
        signal_publish(context);
    }
    call_handler(thread, number, &action);
    return (action.flags & SA_RESTART) && number != CANCEL ? SIGNAL_RESTART : SIGNAL_INTERRUPT;
}

enum signal_outcome signal_run(struct thread *thread)
{
    enum signal_outcome outcome = SIGNAL_NONE;
    do {
        thread->depth++;
        int number;
        while ((number = signal_take(thread, UINT64_MAX)) != 0) {
            enum signal_outcome one = deliver(thread, number);
            if (one > outcome) outcome = one;
        }
        if (thread->restores) {
            thread->restores = false;
            signal_set_blocked(thread, thread->restored);
        }
        thread->depth--;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    } while (signal_deliverable(thread) != 0);
    return outcome;
}

// In the middle of anything, on the thread's own stack. The result is thread_upcall_return's flags.
uint32_t posix_upcall(void)
{
    struct thread *thread = thread_self();
    if (thread->depth != 0) return UPCALL_KEEP;
    if (signal_deliverable(thread) == 0) return 0;
    int error = errno;
    // A handler may be interrupted in turn, and may never come back (siglongjmp).
    if (fe_thread_upcall_set((uintptr_t)posix_upcall_entry) == OK) signal_run(thread);
    errno = error;
    return 0;
}

long signal_send_thread(struct thread *thread, int number)
{
    fe_flags_set(&thread->pending, signal_bit(number));
    if (thread == thread_self()) return 0;
    return -fe_status_errno(thread_interrupt(thread));
}

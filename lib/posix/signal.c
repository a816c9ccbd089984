// SPDX-License-Identifier: MIT
// Signals: dispositions, masks, and running handlers. The process service sets a bit in the shared
// page and interrupts one thread, at first the first one, which passes it on if it blocks the
// signal; a thread that computes gets an upcall, one that waits comes back with ERR_INTERRUPTED and
// runs the handlers when its call ends (dispatch.c). An upcall that
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
#include <ferrite/signal.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

enum : int { CANCEL = 33 }; // the C library's own, for pthread_cancel: always ends a wait

static struct fe_signal_page private_page; // until a shared one is needed
struct fe_signal_page *signal_page = &private_page;
static fe_handle page_memory;            // of the shared one
static const struct thread *told_thread; // whom the service interrupts
_Thread_local volatile uint32_t signal_held;
bool (*signal_taker)(struct fe_signal_slot *known) = signal_take_known;

static_assert(FE_CALL_THREAD_UPCALL_RETURN == 64); // context.S has the number
uint32_t posix_upcall(uintptr_t frame);
void posix_run_on(void (*function)(void *), void *argument, uintptr_t top); // there, too

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

void signal_arm(struct thread *thread)
{
    if (thread->is_armed || shared() == &private_page) return;
    thread->is_armed = fe_thread_upcall_set((uintptr_t)posix_upcall_entry) == OK;
}

// Its stack may be gone before it is.
void signal_disarm(struct thread *thread)
{
    if (thread->is_armed && fe_thread_upcall_set(0) == OK) thread->is_armed = false;
}

// Tells the service where the page is and whom to interrupt.
static long tell_page(const struct context *context, fe_handle thread)
{
    const struct p9_loan loans[2] = {{thread, RIGHT_ALL}, {page_memory, RIGHT_ALL}};
    struct p9_control wish = {.request = CONTROL_PROCESS_SIGNALS, .lend = loans, .lend_count = 2};
    return p9_control(context->process, &wish);
}

static long make_page(struct context *context)
{
    fe_handle thread = fe_start_handle("thread");
    if (context->process == nullptr || thread == FE_NO_HANDLE) return 0;
    void *address;
    enum status status = fe_memory_create(FE_PAGE_SIZE, 0, &page_memory);
    if (status == OK)
        status = fe_memory_map(page_memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address);
    if (status != OK) {
        fe_handle_drop(&page_memory);
        return -fe_status_errno(status);
    }
    struct fe_signal_page *made = address;
    *made = private_page;
    made->ignored = signal_ignored(context);
    made->caught = caught(context);
    long error = tell_page(context, thread);
    if (error < 0) {
        status = fe_memory_unmap(address, FE_PAGE_SIZE);
        fe_handle_drop(&page_memory);
        return error;
    }
    told_thread = &thread_first;
    __atomic_store_n(&signal_page, made, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    signal_arm(thread_self());
    publish_blocked();
    return 0;
}

// The list's first is the newest: one that will be there for some time.
void signal_leave(const struct thread *thread)
{
    if (shared() == &private_page) return;
    if (thread == told_thread) {
        FE_HANDLE copy = FE_NO_HANDLE;
        fe_handle handle;
        context_lock();
        struct thread *heir = thread_list();
        bool found = heir != nullptr && thread_handle(heir, &handle) == OK &&
                     fe_handle_copy(handle, &copy) == OK;
        if (found) told_thread = heir;
        context_unlock();
        if (found && tell_page(context_current(), copy) < 0) return;
    }
    publish_blocked();
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

// A real-time signal of which nothing is known was taken with the one
// before it: who sends notes first what is known.
bool signal_take_known(struct fe_signal_slot *known)
{
    struct fe_signal_page *page = shared();
    if (page == &private_page) return true;
    if (!fe_signal_take(page, known)) return known->number < SIGNAL_REAL_TIME;
    if (known->number >= SIGNAL_REAL_TIME && fe_signal_has(page, known->number, nullptr))
        fe_flags_set(&page->pending, signal_bit((int)known->number));
    return true;
}

int signal_take(struct thread *thread, uint64_t wanted, struct fe_signal_slot *known)
{
    for (;;) {
        uint64_t ready = signal_pending(thread) & wanted;
        if (ready == 0) return 0;
        int number = __builtin_ctzll(ready) + 1;
        uint64_t bit = signal_bit(number);
        *known = (struct fe_signal_slot){.number = (uint32_t)number, .code = SI_TKILL};
        if (fe_flags_clear(&thread->pending, bit)) {
            known->pid = (uint32_t)call_getpid(nullptr);
            return number;
        }
        known->code = SI_USER;
        if (!fe_flags_clear(&shared()->pending, bit)) continue;
        if (__atomic_load_n(&signal_taker, __ATOMIC_ACQUIRE)(known)) return number;
    }
}

bool signal_is_queued(uint32_t number, uint64_t value)
{
    return shared() != &private_page && fe_signal_has(shared(), number, &value);
}

void signal_describe(const struct fe_signal_slot *known, siginfo_t *info)
{
    *info = (siginfo_t){.si_signo = (int)known->number, .si_code = known->code};
    info->si_pid = (pid_t)known->pid;
    info->si_uid = known->uid;
    if (known->code > 0 && fault_is_signal((int)known->number)) {
        info->si_pid = 0;
        info->si_uid = 0;
        info->si_addr = (void *)(uintptr_t)known->value;
    } else if (known->number == SIGCHLD && known->code > 0) {
        info->si_status = (int)known->value;
    } else {
        info->si_value.sival_ptr = (void *)(uintptr_t)known->value;
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

struct handler_call {
    const struct fe_signal_slot *known;
    const struct signal_action *action;
    uint64_t mask; // that it returns to
    stack_t stack;
};

static void run_handler(void *argument)
{
    struct handler_call *call = argument;
    int number = (int)call->known->number;
    if ((call->action->flags & SA_SIGINFO) == 0) {
        call->action->handler(number);
        return;
    }
    siginfo_t info;
    ucontext_t machine = {.uc_stack = call->stack};
    signal_describe(call->known, &info);
    memcpy(&machine.uc_sigmask, &call->mask, sizeof call->mask);
    void (*handler)(int, siginfo_t *, void *) = (void *)call->action->handler;
    handler(number, &info, &machine);
    memcpy(&call->mask, &machine.uc_sigmask, sizeof call->mask);
}

// The handler itself runs as if no call were under way: it may make calls, and may never come back.
static void call_handler(struct thread *thread, const struct fe_signal_slot *known,
                         const struct signal_action *action)
{
    int number = (int)known->number;
    uint64_t before = thread->restores ? thread->restored : thread->blocked;
    thread->restores = false;
    uint64_t during = thread->blocked | action->mask;
    if ((action->flags & SA_NODEFER) == 0) during |= signal_bit(number);
    signal_set_blocked(thread, during);
    uint32_t depth = thread->depth;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->depth = 0;
    struct handler_call call = {known, action, before, signal_stack(thread)};
    if ((action->flags & SA_ONSTACK) && call.stack.ss_flags == 0)
        posix_run_on(run_handler, &call, signal_stack_top(&call.stack));
    else
        run_handler(&call);
    thread->depth = depth;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    signal_set_blocked(thread, call.mask);
}

enum signal_outcome signal_deliver(struct thread *thread, const struct fe_signal_slot *known)
{
    int number = (int)known->number;
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
    call_handler(thread, known, &action);
    return (action.flags & SA_RESTART) && number != CANCEL ? SIGNAL_RESTART : SIGNAL_INTERRUPT;
}

enum signal_outcome signal_run(struct thread *thread)
{
    enum signal_outcome outcome = SIGNAL_NONE;
    do {
        thread_enter(thread);
        struct fe_signal_slot known;
        while (signal_take(thread, ~thread->blocked, &known) != 0) {
            enum signal_outcome one = signal_deliver(thread, &known);
            if (one > outcome) outcome = one;
        }
        if (thread->restores) {
            thread->restores = false;
            signal_set_blocked(thread, thread->restored);
        }
        thread_leave(thread);
    } while (signal_deliverable(thread) != 0);
    return outcome;
}

// Interrupts a thread that lets a pending signal of the process in or awaits it; this one does not.
static void pass_on(const struct thread *thread)
{
    uint64_t pending = fe_flags_read(&shared()->pending, __ATOMIC_RELAXED);
    if (pending == 0) return;
    enum status status = ERR_BAD_STATE;
    context_lock();
    for (struct thread *at = thread_list(); at != nullptr && status != OK; at = at->next) {
        uint64_t blocked = fe_flags_read(&at->blocked, __ATOMIC_RELAXED);
        uint64_t awaited = fe_flags_read(&at->awaited, __ATOMIC_RELAXED);
        if (at != thread && (pending & (~blocked | awaited)) != 0) status = thread_interrupt(at);
    }
    context_unlock();
}

bool signal_ended_wait(struct thread *thread)
{
    if ((signal_pending(thread) & (~thread->blocked | thread->awaited)) != 0) return true;
    if (!thread_has_others) return false;
    thread_enter(thread); // an upcall in between would come here again, and want the same lock
    signal_arm(thread);
    pass_on(thread);
    thread_leave(thread);
    return false;
}

// In the middle of anything, on the thread's own stack. The result is thread_upcall_return's flags.
uint32_t posix_upcall(uintptr_t frame)
{
    const struct fe_upcall *about = (const struct fe_upcall *)frame - 1;
    if (about->reason != 0) {
        fault_run(about);
        return 0;
    }
    struct thread *thread = thread_self();
    if (thread->depth != 0) {
        thread->is_owed = true;
        return UPCALL_KEEP;
    }
    if (signal_held != 0) {
        signal_held |= SIGNAL_WAITS;
        return 0;
    }
    if (!signal_ended_wait(thread)) return 0;
    int error = errno;
    // A handler may be interrupted in turn, and may never come back (siglongjmp).
    if (fe_thread_upcall_set((uintptr_t)posix_upcall_entry) == OK) signal_run(thread);
    errno = error;
    return 0;
}

void signal_run_held(void)
{
    struct thread *thread = thread_self();
    int error = errno;
    signal_held = 0;
    if (thread->depth == 0 && signal_deliverable(thread) != 0) signal_run(thread);
    errno = error;
}

long signal_send_thread(struct thread *thread, int number)
{
    fe_flags_set(&thread->pending, signal_bit(number));
    if (thread == thread_self()) return 0;
    return -fe_status_errno(thread_interrupt(thread));
}

// SPDX-License-Identifier: MIT
// Signals as this process sees them. The masks that the process service must know are in a page
// shared with it (struct fe_signal_page), made when a program first catches, ignores or blocks one.
#pragma once

#include "thread.h"
#include <abi/9p.h>
#include <ferrite/wide.h>
#include <signal.h>

struct context;

enum : int { SIGNAL_COUNT = 65 };

// As the C library passes it (struct k_sigaction).
struct signal_action {
    void (*handler)(int); // SIG_DFL, SIG_IGN, or a function
    unsigned long flags;  // SA_*
    void (*restorer)(void);
    uint64_t mask;
};

static inline uint64_t signal_bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

// Signals for `thread` that are not blocked. Cheap: looked at after every call.
extern struct fe_signal_page *signal_page;
static inline uint64_t signal_pending(const struct thread *thread)
{
    const struct fe_signal_page *page = __atomic_load_n(&signal_page, __ATOMIC_ACQUIRE);
    return fe_flags_read(&thread->pending, __ATOMIC_RELAXED) |
           fe_flags_read(&page->pending, __ATOMIC_RELAXED);
}
static inline uint64_t signal_deliverable(const struct thread *thread)
{
    return signal_pending(thread) & ~thread->blocked;
}

// After a wait that was interrupted: whether a signal that `thread` lets in or awaits is the
// reason. If not, a signal for the process goes on to a thread that lets it in.
bool signal_ended_wait(struct thread *thread);

// While it is not 0 no handler runs on the thread, whatever it does: what it works on is not to be
// looked at by a handler's calls. Raised by one and lowered by one (port/musl's heap); if it is not
// 0 then, a handler waits, and signal_run_held runs it.
enum : uint32_t { SIGNAL_WAITS = 1u << 31 };
extern _Thread_local volatile uint32_t signal_held;
void signal_run_held(void);

// The calling thread gets upcalls from now on, if signals matter to the process; or never again.
void signal_arm(struct thread *thread);
void signal_disarm(struct thread *thread);

// `thread`, off the list already, ends: signals for the process are told to another.
void signal_leave(const struct thread *thread);

// Faults (fault.c). Whether a signal is one that they send; the calling thread's process catches
// one, or the thread has another stack; and an upcall for one.
struct fe_upcall;
bool fault_is_signal(int number);
void fault_arm(struct thread *thread);
void fault_stack_changed(struct thread *thread);
void fault_run(const struct fe_upcall *fault);

// arch/<isa>/user/context.S: saves all registers, calls posix_upcall.
void posix_upcall_entry(void);

// What the handlers that ran mean for an interrupted call.
enum signal_outcome : uint32_t { SIGNAL_NONE, SIGNAL_RESTART, SIGNAL_INTERRUPT };

// Takes the lowest pending one of `wanted`, and what is known of it; 0: none.
int signal_take(struct thread *thread, uint64_t wanted, struct fe_signal_slot *known);

// What is known of signal `known->number`, for the process, whose bit was cleared; false: it was
// taken already. Once there are timers these do it in their own way, in a call (timer.c).
bool signal_take_known(struct fe_signal_slot *known);
extern bool (*signal_taker)(struct fe_signal_slot *known);

// The same as the C library tells it.
void signal_describe(const struct fe_signal_slot *known, siginfo_t *info);

// Whether a signal with this value is pending for the process.
bool signal_is_queued(uint32_t number, uint64_t value);

// Does with one signal what the process wants of it.
enum signal_outcome signal_deliver(struct thread *thread, const struct fe_signal_slot *known);

// Runs the handlers of all deliverable signals in the calling thread.
enum signal_outcome signal_run(struct thread *thread);

// Makes the masks of `context` known to the process service. 0 or a negative errno.
long signal_publish(struct context *context);

// Signals whose action is SIG_IGN, for a program to be started.
uint64_t signal_ignored(const struct context *context);

// After exec: handlers become the default.
void signal_reset_handlers(struct context *context);

// At start: what the parent ignored and blocked.
void signal_inherit(struct context *context, uint64_t ignored, uint64_t blocked);

// Sends to a thread of this process: the calling one, or one on the list under context_lock.
long signal_send_thread(struct thread *thread, int number);

// The stack that handlers with SA_ONSTACK run on; its flags: SS_DISABLE: there is none, SS_ONSTACK:
// the caller is on it.
stack_t signal_stack(const struct thread *thread);
static inline uintptr_t signal_stack_top(const stack_t *stack)
{
    return ((uintptr_t)stack->ss_sp + stack->ss_size) & ~(uintptr_t)15;
}

// Sets this thread's mask.
void signal_set_blocked(struct thread *thread, uint64_t blocked);

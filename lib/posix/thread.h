// SPDX-License-Identifier: MIT
// What is kept for each thread. A thread's number is what the words of locks call it
// (ferrite/thread.h), and what gettid and pthread_kill use.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct context;

struct thread {
    uint32_t number;
    uint32_t depth;   // calls under way; handlers of signals wait until there is none
    uint64_t blocked; // signals: bit (signal - 1)
    uint64_t awaited; // blocked or not, they end its wait (sigwait)
    uint64_t pending; // sent to this thread alone; atomic
    bool is_armed;    // gets upcalls
    bool is_owed;     // an upcall came in a call: at its end it is seen whom the signal is for
    uint8_t policy, priority; // as the C library calls them (sched.c)
    uint8_t ceiling;          // the highest that it is under, likewise (ceiling.c); 0: none
    uint8_t base;             // as the kernel calls it: its priority without a ceiling, if known
    bool restores; // `restored` becomes the mask after the next handlers (sigsuspend, ppoll)
    uint64_t restored;
    struct context *child;            // the innermost that is being made (vfork)
    uintptr_t stack_base, stack_size; // that handlers may have; size 0: none
    fe_handle handle;                 // to interrupt it; others than the first: made on first use
    fe_handle event;                  // for poll, made on first use
    uintptr_t clear;                  // zeroed and woken when it ends
    struct thread *next, **link;      // link: what points to this one
};

// The calling thread. Early on its own block cannot be used yet.
extern struct thread thread_first;
extern bool thread_is_started;
struct thread *thread_own(void);
static inline struct thread *thread_self(void)
{
    return thread_is_started ? thread_own() : &thread_first;
}

// From the first to the second a call is under way, for upcalls on this thread, too: nothing in
// between moves out.
static inline void thread_enter(struct thread *thread)
{
    thread->depth++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
static inline void thread_leave(struct thread *thread)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->depth--;
}

extern bool thread_has_others;    // true for good once a second one was made
struct thread *thread_list(void); // under context_lock

// A handle to a thread on the list, which remains the thread's. Under context_lock.
enum status thread_handle(struct thread *thread, fe_handle *handle);

// Makes it as urgent as `base` and `ceiling` have it. Under context_lock; 0 or a negative errno.
long sched_apply(struct thread *thread);

// Interrupts a thread on the list. Under context_lock.
enum status thread_interrupt(struct thread *thread);

// The event on which this thread waits for several files at once.
enum status thread_event(struct thread *thread, fe_handle *event);

// Waits until `deadline` or a signal. 0, or RESTART_UNLESS_HANDLED.
long thread_sleep_until(uint64_t deadline);

// A detached thread frees its own stack and block just before it ends: forgets it in time.
void thread_leave_if_within(uintptr_t address, size_t size);

// SPDX-License-Identifier: MIT
// Threads (their states: abi/object.h): user registers, scheduling state and what is waited for. A
// thread waits for one thing at a time, so one tree node (its place in a wait queue, or among those
// who lend it urgency) and one timer are enough. The first fields are those that IPC touches.
// Guarded by the kernel lock.
#pragma once

#include "kernel/list.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/space.h"
#include "kernel/object/object.h"
#include "kernel/object/watch.h"
#include "kernel/schedule/cpu.h"
#include "kernel/time/timer.h"
#include "kernel/tree.h"
#include <abi/message.h>
#include <abi/object.h>
#include <arch/arch.h>

struct budget;
struct channel;
struct process;
struct session;
struct event;
struct mutex;
struct notice;

// A message under way: what of it is not in registers.
struct ipc {
    struct channel *channel; // calling, served or receiving at
    struct thread *server;   // served: who received it, and runs at our urgency; may become nullptr
    struct thread *answering; // the caller received last, not answered yet
    uintptr_t transfer_at;    // address of the struct fe_transfer; 0: none
    uint64_t token;           // names the current call: kernel/object/slot.h
    struct session *session;  // calling through; a reference
    struct list_node served;  // in channel->served
    struct notice *notice;    // spare, for when this thread gives up a received call
    struct fe_transfer transfer;
    struct page_view result_view, buffer_view[2]; // of its struct, and of its buffers' pages
    uint64_t copied_with; // restartable copy: the partner's call or wait, and how far it went
    uint32_t copied;
    uint32_t gave_way; // how often in a row the partner was left to another copy
};

struct thread {
    struct object object;
    struct frame frame;
    struct process *process;
    // The state, and beside it whatever keeps a thread from the fast path: one load tells that
    // there is nothing (kernel/object/fast.c).
    union {
        struct {
            enum thread_state state;
            // For the next upcall, or without an entry the next interruptible wait.
            bool interrupted;
            bool kept;          // for the next interruptible wait
            bool limited;       // has a payer: its time has to be counted as it runs
            bool noticeless;    // has no spare notice
            bool listed;        // SERVED, RECEIVING: is in the channel's lists and trees
            bool buffered;      // SERVED, not listed: the answer concerns its struct fe_transfer
            bool uninterrupted; // the present wait cannot be interrupted
        };
        uint32_t server_condition; // the first four: what matters when it answers
        uint64_t caller_condition; // all: when it calls
    };
    uint64_t urgency; // effective; smaller is more urgent: schedule/queue.h
    uint64_t own_urgency;
    uint64_t cpu_ticks;
    struct ipc ipc;
    struct tree donors;     // callers served and channels with callers queued: they lend urgency
    uint8_t float_switches; // so many more bring the FP registers along
    bool upcalling;         // between upcall and thread_upcall_return, or its setting anew
    bool upcalled;          // has been called up at all
    bool owns_shared;       // others may wait for its end by its number: futex_own_shared
    struct budget *payer;   // whose time it uses now, a reference: schedule/budget.h
    struct budget *budget;  // its own period, nullptr: none
    struct list_node unsettled;    // in the list of those whose urgency has to be looked at again
    struct list_node run;          // in a run queue without deadline, or parked
    struct tree_node node;         // run queue with deadline, wait queue, or server's donors
    struct cpu *cpu;               // where it runs, is queued, or ran last
    uint32_t cpu_first, cpu_count; // the CPUs that it may run on, by index
    struct list channels;          // whose last receiver this thread is
    struct timer timeout;
    struct list mutexes;             // that it has and others wait for
    struct mutex *wait_mutex;        // LOCKING
    struct mutex *spare_mutex;       // not LOCKING: for when it waits for a lock
    struct event *wait_event;        // WATCHING: a reference
    uint64_t wait_mask;              // WATCHING: wanted bits; FUTEX_SHARED: its address
    struct progress progress;        // of a long call
    uint32_t slot;                   // number in tokens
    uint32_t waits;                  // counts waits: names one for restartable copies
    struct float_state *float_state; // nullptr until FP is used
    struct cpu *float_cpu;           // that loaded them last
    uint64_t slice_left; // counter, READY: of the slice in which it was preempted; 0: a new one
    struct fe_schedule schedule;
    uintptr_t upcall_entry;
    uintptr_t fault_stack;      // where a fault's upcall begins if it has no room on its own
    struct tree_node by_shared; // owns_shared: its number, among those of all processes
    struct list dependents;     // then: who waits for it, each by its of_owner
    struct list_node of_owner;  // FUTEX_SHARED
    struct list_node in_process;
    struct tree_node by_number; // in process->by_number; key: its id's low bits, as in locks
    struct watch_list watchers;
};

static inline struct thread *thread_current(void)
{
    return arch_cpu()->current;
}

static inline struct process *process_current(void)
{
    return thread_current()->process;
}

// Makes a thread that does not run yet; charged to its process, which gets it.
enum status thread_make(struct process *process, const struct fe_thread_options *options,
                        struct thread **thread);

void thread_start(struct thread *thread);

// A bounded part of ending a thread, whatever it does or waits for; true when it is dead. Its
// structure goes with its last reference.
bool thread_kill_step(struct thread *thread);

// Interrupts a thread as abi/object.h says.
void thread_interrupt(struct thread *thread);

// Redirects the current thread, about to return to user mode, to its upcall. False: no room on its
// stack.
bool thread_upcall(struct thread *thread);

// The same after a fault, on the other stack that it named if its own has no room. True with
// nothing done: an interrupt came, and it is to fault again.
bool thread_upcall_fault(struct thread *thread, const struct fe_upcall *fault);

// The thread that a token's upper half names; nullptr: none.
struct thread *thread_by_slot(uint32_t slot);

uint32_t thread_total(void);

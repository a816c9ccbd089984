// SPDX-License-Identifier: MIT
// Events: 64 bits that are set by signals, timers, interrupts and ends of others, and taken by
// those who wait for them, or by the channel that the event is bound to. Guarded by the kernel
// lock.
#pragma once

#include "kernel/object/object.h"
#include "kernel/schedule/later.h"
#include "kernel/time/timer.h"
#include "kernel/tree.h"

struct channel;
struct thread;

struct event {
    struct object object;
    uint64_t bits;
    struct tree waiters;     // threads, by urgency
    struct tree_node *next;  // waiter to be looked at next; nullptr: all have been
    struct later rest;       // of a signal, while there is a next
    struct channel *channel; // bound to; it holds a reference to the event
    uint64_t channel_mask;
    struct timer timer;
    uint64_t timer_bits, timer_period; // period in ns, 0: once
    bool timer_rests;                  // until its last signal is taken
};

// Shorter periods would leave no time for anything else, ns.
enum : uint64_t { EVENT_PERIOD_MIN = 10'000 };

enum status event_create(struct process *owner, struct event **event);

// Sets bits and gives them to whom they wake, a few at once, the others on the way out. Bounded.
void event_signal(struct event *event, uint64_t bits);

// The same for who does nothing afterwards that depends on who is current: schedule_wake().
void event_raise(struct event *event, uint64_t bits);

// The urgency of a waiter has changed.
void event_reorder(struct event *event, struct thread *thread);

// The bound channel's bits, taken; 0: none.
uint64_t event_take(struct event *event);

// A waiter leaves without bits.
void event_leave(struct event *event, struct thread *thread);

// Looks `handle` up in the current process: an event that it may signal.
enum status event_find(uint32_t handle, struct event **event);

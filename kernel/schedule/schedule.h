// SPDX-License-Identifier: MIT
// The scheduler: who runs, who is ready, who lends urgency to whom. A trap handler changes states by these
// functions; on the way out schedule_exit() (kernel/trap.h) acts on them. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

void schedule_init(struct cpu *cpu);

// `thread` leaves its wait and may run. It must be in no queue.
void schedule_ready(struct thread *thread);

// The current thread stops running: it waits for `state`, or is dead.
void schedule_block(enum thread_state state);

// Control passes from the current thread, which has left (or is ready), straight to `thread`.
void schedule_switch_to(struct thread *thread);

// Takes a ready or running thread off: dead or stopped.
void schedule_remove(struct thread *thread);

// The current thread goes behind its equals.
void schedule_yield(void);

// Computes `thread`'s urgency from its own and its donors', and carries a change to where it matters:
// its queue, and those whom it waits for in turn.
void schedule_update(struct thread *thread);

// `node` lends `urgency` to `server` until donation_end; it may be in it already (urgency changed).
void donation_begin(struct thread *server, struct tree_node *node, uint64_t urgency);
void donation_end(struct thread *server, struct tree_node *node);

void schedule_timer(void); // from trap_timer

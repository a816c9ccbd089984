// SPDX-License-Identifier: MIT
// The scheduler: who runs, who is ready, who lends urgency to whom. A trap handler changes states
// by these functions; on the way out schedule_exit() (kernel/trap.h) acts on them. Guarded by the
// kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"

void schedule_init(struct cpu *cpu);

// `thread`, in no queue, may run from now on (or will, when its process is continued).
void schedule_ready(struct thread *thread);

// The current thread stops running: it waits in `state`, or is dead.
void schedule_block(enum thread_state state);

// Control passes straight to `thread`, in no queue; nobody is current.
void schedule_switch_to(struct thread *thread);

// The same if nobody ready is more urgent; otherwise it is made ready.
void schedule_resume(struct thread *thread);

// Takes a ready, running or parked thread off the CPU; its state is the caller's to set.
void schedule_remove(struct thread *thread);

// The current thread goes behind its equals.
void schedule_yield(void);

// Computes `thread`'s urgency from its own and its donors', and carries a change to where it
// matters: its queue, and those whom it waits for in turn.
void schedule_update(struct thread *thread);

// `node` lends `urgency` to `server` until donation_end; it may be lending already, less or more.
void donation_begin(struct thread *server, struct tree_node *node, uint64_t urgency);
void donation_end(struct thread *server, struct tree_node *node);

// All threads of `process` stop, or go on, in bounded steps; true when done.
bool schedule_park_some(struct process *process);
bool schedule_unpark_some(struct process *process);

// SPDX-License-Identifier: MIT
// The ring of one CPU: made by trace_create, gone with the last handle to its memory. Guarded by
// the kernel lock.
#pragma once

#include "kernel/list.h"
#include "kernel/time/timer.h"
#include <abi/trace.h>

struct cpu;
struct event;
struct memory;
struct process;

struct trace_ring {
    struct fe_trace_head *head; // what readers see; never read by the kernel
    struct fe_trace_record *records;
    uint64_t next,
        told;          // number of the next record, and of that at which the listener was last told
    uint32_t capacity; // records, a power of two
    uint64_t running;  // thread, 0: idle
    struct cpu *cpu;
    struct memory *memory; // its handles keep the ring
    struct process *owner; // charged for this structure
    struct event *event;   // the listener: a reference, or nullptr
    uint64_t bits;
    struct timer timer; // tells the listener
    struct list_node all;
};

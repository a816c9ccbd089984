// SPDX-License-Identifier: MIT
// One CPU's own data. The first fields are at fixed offsets because entry code uses them;
// static_asserts in kernel/schedule/cpu.c hold them there. Everything in it belongs to its CPU
// alone.
#pragma once

#include "kernel/schedule/queue.h"
#include "kernel/tree.h"
#include <stdint.h>

struct page;
struct thread;
struct space;
struct trace_ring;

struct cpu {
    struct cpu *self;    // offset 0
    struct frame *frame; // offset 8: where the running thread's user registers are saved on entry
    uintptr_t kernel_stack;     // offset 16: top of the kernel stack
    uintptr_t user_scratch;     // offset 24: entry code's own
    struct thread *current;     // offset 32: nullptr when idle
    uintptr_t arch[4];          // offset 40: entry code's own
    struct space *space;        // whose translations are loaded
    struct thread *float_owner; // whose FP registers are in the CPU
    uint32_t index;
    uint32_t hardware_id;
    bool reschedule;  // somebody else may have to run
    bool timer_stale; // the hardware timer may have to be set anew
    bool rotate;      // the current thread's slice is over
    bool float_enabled;
    uint32_t trace_kinds; // bits by enum fe_trace_kind: what is recorded; 0 without a ring
    uint64_t since;     // counter: when `current` (or idling) began
    uint64_t slice_end; // ns
    uint64_t timer_set; // ns: what the hardware timer is set to
    struct tree timers;
    struct run_queue queue;
    struct page *page_cache; // single free pages: kernel/memory/page.c
    uint32_t page_cached;
    uint64_t idle_ticks, switches, interrupts, calls, faults;
    struct trace_ring *trace; // nullptr: none was made
};

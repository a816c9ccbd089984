// SPDX-License-Identifier: MIT
// One CPU's own data, and the list of all CPUs. The first fields are at fixed offsets because entry
// code uses them; static_asserts in kernel/schedule/cpu.c hold them there. Its own CPU uses it
// under the kernel lock, or in a fast path (lock.h); another only while it holds that lock.
#pragma once

#include "kernel/schedule/queue.h"
#include "kernel/time/agree.h"
#include "kernel/time/timer.h"
#include "kernel/tree.h"
#include <abi/bootinfo.h>
#include <abi/object.h>
#include <abi/status.h>
#include <stdint.h>

struct page;
struct thread;
struct space;
struct trace_ring;

struct cpu {
    struct cpu *self;    // offset 0
    struct frame *frame; // offset 8: where the running thread's user registers are saved on entry
    struct thread *current;     // offset 16: nullptr when idle
    uintptr_t kernel_stack;     // offset 24: top of the kernel stack
    uintptr_t user_scratch;     // offset 32: entry code's own
    uintptr_t arch[8];          // offset 40: entry code's own
    struct space *space;        // whose translations are loaded
    struct thread *float_owner; // whose FP registers are in the CPU
    struct cpu *next;           // in the list of all, by index
    uint64_t hardware_id;       // MPIDR affinity, APIC id, hart id
    void *interrupt_port;       // the interrupt controller's own
    // What no call can pass without a look: one load tells that there is nothing. Entry code knows
    // where it is.
    union {
        struct {
            uint32_t trace_kinds; // bits by enum fe_trace_kind: what is recorded; 0 without a ring
            bool shared;          // other CPUs run too, so that the kernel lock has to be taken
            bool reschedule;      // somebody else may have to run
            bool timer_stale;     // the hardware timer may have to be set anew
            bool leftover;        // there is work left over: kernel/schedule/later.h
        };
        uint64_t concerns;
    };
    uint32_t index;
    bool inside;      // it holds the kernel lock
    bool in_call;     // it waits for the lock to begin a system call
    bool asked;       // atomic: is to answer what lock_ask() asks
    bool fast;        // atomic: is in a fast path
    bool waiting;     // waits for the kernel lock
    bool sleeping;    // atomic: so long that it sleeps
    uint32_t ticket;  // waiting: its turn
    uint8_t presence; // atomic: enum cpu_presence
    bool rotate;      // the current thread's slice is over
    bool float_enabled;
    uint32_t promised;        // parts per million of its time, to budgets
    uint64_t since;           // counter: when `current` (or idling) began
    uint64_t slice_end;       // counter
    uint64_t timer_set;       // counter: what the hardware timer is set to; UINT64_MAX: nothing
    uint64_t alarm_ns, alarm; // the first timer's expiry when it was last looked at, and as counter
    uint64_t handovers;       // by the fast path, each a call and a switch: kernel/object/fast.c
    struct run_queue queue;
    struct page *page_cache; // single free pages: kernel/memory/page.c
    uint32_t page_cached;
    uint64_t idle_ticks, switches, interrupts, calls, faults; // but those of handovers
    struct trace_ring *trace;                                 // nullptr: none was made
    uint64_t lock_waits, lock_ticks;  // turns of the lock waited for; counter: while it was held
    uint64_t lock_since;              // counter
    struct agreement agreement;       // asked before it is one of the others
    uint64_t features, features_used; // bits by arch_feature: what it has; what is made use of
    char model[FE_CPU_MODEL_MAX];     // what it says that it is, ended by 0
    struct timers timers;
};

enum cpu_presence : uint8_t { CPU_ABSENT, CPU_STARTING, CPU_ONLINE };

// The boot CPU; the others follow it by `next`. Only those that run are in the list.
extern struct cpu *cpu_list;
uint32_t cpu_count(void);

// Makes `cpu` the first of the list, and the only one.
void cpu_init_first(struct cpu *cpu);

// Starts every CPU that `info`, or else the port's own tables, tell of. Nobody else runs yet.
void cpu_start_all(const struct bootinfo *info);

// Whether this CPU has feature number `feature` of arch_feature, to be made use of from now on.
// What the first CPU makes use of, the others have to have, or are left out; they make use of
// nothing that it does not. For the port, on the CPU itself.
bool cpu_feature_use(uint32_t feature);

// What `cpu` is, for people.
[[gnu::format(printf, 2, 3)]] void cpu_set_model(struct cpu *cpu, const char *format, ...);

// Called by the port for each CPU that its tables tell of, the boot CPU among them.
void cpu_found(uint64_t hardware_id);

// A CPU that was started, its own devices ready: it joins the others, and waits for work.
[[noreturn]] void cpu_join(struct cpu *cpu);

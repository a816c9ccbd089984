// SPDX-License-Identifier: MIT
// Tracing: what the kernel does, as records in a ring for each CPU (abi/trace.h). Each place that
// can be traced calls one of the functions below; while its kind is off that costs a load and a
// branch. Rings are written by their own CPU only. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"
#include <arch/arch.h>
#include <abi/trace.h>

struct event;
struct memory;
struct process;

// Whether this CPU records events of `kind`.
static inline bool trace_is_on(const struct cpu *cpu, enum fe_trace_kind kind)
{
    return __builtin_expect((cpu->trace_kinds & 1u << kind) != 0, false);
}

// A system call that is traced: as syscall_dispatch.
[[gnu::cold, gnu::noinline]] enum status trace_call(struct frame *frame, uint64_t number);

// What writes saves all registers itself and is not inlined, so that the places that may call it
// are compiled as if they did not.
#define TRACE_WRITER [[gnu::cold, gnu::noinline]] ARCH_RARE
TRACE_WRITER void trace_write_switch(struct cpu *cpu, const struct thread *thread);
TRACE_WRITER void trace_write_message(enum fe_trace_kind kind, const struct thread *caller,
                                      const struct thread *server);
TRACE_WRITER void trace_write_wake(const struct thread *thread);
TRACE_WRITER void trace_write_timer(uint64_t due, uint64_t now);
TRACE_WRITER void trace_write_interrupt(uint32_t number, const struct event *event);
TRACE_WRITER void trace_write_fault(enum fault_reason reason, uintptr_t address,
                                    enum status status);
TRACE_WRITER void trace_write_priority(const struct thread *thread, uint64_t urgency);
TRACE_WRITER void trace_write_budget(const struct thread *thread, enum fe_trace_kind kind,
                                     const uint64_t words[2]);
TRACE_WRITER void trace_write_process(const struct process *process, enum fe_trace_kind kind);

// `thread` (nullptr: nobody) runs from here on.
static inline void trace_switch(struct cpu *cpu, const struct thread *thread)
{
    if (trace_is_on(cpu, TRACE_SWITCH)) trace_write_switch(cpu, thread);
}

// `caller`'s message has come to `server`.
static inline void trace_request(const struct thread *caller, const struct thread *server)
{
    if (trace_is_on(arch_cpu(), TRACE_REQUEST)) trace_write_message(TRACE_REQUEST, caller, server);
}

// `server`'s answer has come to `caller`, which is still the one that waits for it.
static inline void trace_reply(const struct thread *caller, const struct thread *server)
{
    if (trace_is_on(arch_cpu(), TRACE_REPLY)) trace_write_message(TRACE_REPLY, caller, server);
}

// `thread`, in the state in which it waited, is about to be made ready.
static inline void trace_wake(const struct thread *thread)
{
    if (trace_is_on(arch_cpu(), TRACE_WAKE)) trace_write_wake(thread);
}

// A timer that was due at `due` fires at `now`, ns.
static inline void trace_timer(uint64_t due, uint64_t now)
{
    if (trace_is_on(arch_cpu(), TRACE_TIMER)) trace_write_timer(due, now);
}

static inline void trace_interrupt(uint32_t number, const struct event *event)
{
    if (trace_is_on(arch_cpu(), TRACE_INTERRUPT)) trace_write_interrupt(number, event);
}

// A fault of the current thread was dealt with, with `status`.
static inline void trace_fault(enum fault_reason reason, uintptr_t address, enum status status)
{
    if (trace_is_on(arch_cpu(), TRACE_FAULT)) trace_write_fault(reason, address, status);
}

// `thread` is about to become of `urgency`.
static inline void trace_priority(const struct thread *thread, uint64_t urgency)
{
    if (trace_is_on(arch_cpu(), TRACE_PRIORITY)) trace_write_priority(thread, urgency);
}

// TRACE_RELEASE, TRACE_MISS or TRACE_OVERRUN of `thread`, with what comes after its id.
static inline void trace_budget(const struct thread *thread, enum fe_trace_kind kind,
                                uint64_t word1, uint64_t word2)
{
    if (trace_is_on(arch_cpu(), kind))
        trace_write_budget(thread, kind, (const uint64_t[2]){word1, word2});
}

// TRACE_PROCESS or TRACE_EXIT.
static inline void trace_process(const struct process *process, enum fe_trace_kind kind)
{
    if (trace_is_on(arch_cpu(), kind)) trace_write_process(process, kind);
}

// Once at boot: the slab of rings.
void trace_init(void);

// The last handle to the memory of a ring is gone: its CPU is traced no more.
void trace_forget(struct memory *memory);

// SPDX-License-Identifier: MIT
// Faults: pages are brought in, FP registers loaded; whatever else a thread does that it may not
// its process is told by an upcall, or it ends, with a report by which the place is found in its
// image.
#include "kernel/object/fault.h"
#include "kernel/log.h"
#include "kernel/memory/user.h"
#include "kernel/object/image.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/lock.h"
#include "kernel/trace.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"

enum : uint32_t { USER_BACKTRACE_DEPTH = 16 };

static const char *const reasons[] = {
    [FAULT_READ] = "reads memory it may not",       [FAULT_WRITE] = "writes memory it may not",
    [FAULT_EXECUTE] = "executes memory it may not", [FAULT_INSTRUCTION] = "undefined instruction",
    [FAULT_ALIGNMENT] = "unaligned access",         [FAULT_BREAKPOINT] = "breakpoint",
    [FAULT_ARITHMETIC] = "arithmetic error",        [FAULT_OUT_OF_MEMORY] = "out of memory",
    [FAULT_BUS] = "what is mapped does not answer",
};

static void print_address(const struct process *process, uintptr_t address)
{
    uint64_t size = process->image == nullptr ? 0 : process->image->layout.data;
    if (address - process->image_base < size) {
        log_print(" %s+0x%lx", process->name, (unsigned long)(address - process->image_base));
    } else {
        log_print(" 0x%lx", (unsigned long)address);
    }
}

// The next frame record in user memory: the caller's record, then the return address. False: there
// is none. True with nothing done: an interrupt came while it was read.
static bool print_record(struct process *process)
{
    struct fault_report *report = &process->report;
    uintptr_t base = report->base, record[2];
    if (report->depth > USER_BACKTRACE_DEPTH || base % sizeof(uintptr_t) != 0) return false;
    enum status status = user_read(record, base - ARCH_RECORD_BELOW, sizeof record);
    if (status != OK && user_copy_stopped()) return true;
    if (status != OK || record[1] == 0) return false;
    report->depth++;
    // What is above an address is the signature of a program that signs them.
    if (record[1] >= ARCH_USER_END) record[1] &= ARCH_USER_END - 1;
    print_address(process, record[1]);
    report->base = record[0];
    return record[0] > base;
}

// A line of the report, or a piece of the last; true when all is told.
static bool report_step(struct process *process, const struct frame *frame,
                        enum fault_reason reason, uintptr_t address)
{
    struct fault_report *report = &process->report;
    if (report->line == 0) {
        log_print("fault: process %lu (%s), thread %lu: %s, address 0x%lx\n",
                  (unsigned long)process->object.id, process->name,
                  (unsigned long)thread_current()->object.id, reasons[reason],
                  (unsigned long)address);
    } else if (report->depth > 0) {
        if (print_record(process)) return false;
        log_print("\n");
        return true;
    } else if (!arch_frame_print(frame, report->line - 1, log_print)) {
        log_print("    backtrace:");
        print_address(process, arch_frame_place(frame).pc);
        report->base = arch_frame_place(frame).base;
        report->depth = 1;
    }
    report->line++;
    return false;
}

// A step of the end of the process, true after the last. The report waits until the other threads
// are gone, which may have faulted too; its next line waits until the console has the last.
static bool end_step(struct process *process, const struct frame *frame, enum fault_reason reason,
                     uintptr_t address)
{
    struct fault_report *report = &process->report;
    if (process->phase == PROCESS_END_THREADS || !report->is_due) return process_end_step(process);
    if (report->is_behind) {
        report->is_behind = log_show();
    } else {
        report->is_due = !report_step(process, frame, reason, address);
        report->is_behind = true;
    }
    return false;
}

void fault_report(struct frame *frame, enum fault_reason reason, uintptr_t address)
{
    struct process *process = process_current();
    if (!process->ending) {
        process_end(process, FE_EXIT_FAULT - (int32_t)reason);
        process->report = (struct fault_report){.is_due = true, .is_behind = true};
    }
    while (!end_step(process, frame, reason, address)) {
        if (lock_should_pass()) return; // faults again
    }
}

static const uint32_t access[] = {
    [FAULT_READ] = MAP_READ, [FAULT_WRITE] = MAP_WRITE, [FAULT_EXECUTE] = MAP_EXECUTE};

static enum status bring_in(enum fault_reason reason, uintptr_t address)
{
    if (reason > FAULT_EXECUTE) return ERR_BAD_ADDRESS;
    return space_fault(&process_current()->space, address, access[reason]);
}

// False: nobody wants to know, or can be told.
static bool tell(struct frame *frame, struct fe_upcall *fault)
{
    struct thread *thread = thread_current();
    if (thread->process->fault_entry == 0 || thread->process->ending) return false;
    if (fault->reason == FAULT_BREAKPOINT || fault->reason == FAULT_OUT_OF_MEMORY) return false;
    fault->place = arch_frame_place(frame).pc;
    fault->stack = arch_frame_place(frame).stack;
    arch_cpu()->reschedule = true; // every register is loaded on the whole way out
    return thread_upcall_fault(thread, fault);
}

// Why the page could not be had, although what is mapped there allows it: there is none behind it.
static void look_closer(struct fe_upcall *fault)
{
    fault->access = space_protection(&process_current()->space, (uintptr_t)fault->address);
    if (fault->reason <= FAULT_EXECUTE && (fault->access & access[fault->reason]) != 0)
        fault->reason = FAULT_BUS;
}

void trap_fault(struct frame *frame, enum fault_reason reason, uintptr_t address)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_enter(cpu)) return;
    cpu->faults++;
    enum status status = bring_in(reason, address);
    trace_fault(reason, address, status);
    if (status >= OK) return;
    bool starved = status == ERR_NO_MEMORY || status == ERR_QUOTA;
    uint64_t limit = 0;
    if (starved && reap_make_room(&limit)) return; // and faults again
    struct fe_upcall fault = {.reason = reason, .address = address};
    if (starved)
        fault.reason = FAULT_OUT_OF_MEMORY;
    else
        look_closer(&fault);
    if (!tell(frame, &fault)) fault_report(frame, fault.reason, address);
}

bool trap_user_copy_fault(uintptr_t address, bool write)
{
    arch_cpu()->faults++;
    enum fault_reason reason = write ? FAULT_WRITE : FAULT_READ;
    enum status status = bring_in(reason, address);
    trace_fault(reason, address, status);
    if (status == OK && !lock_should_pass()) return true;
    if (status == OK || status == CALL_RESTART) user_copy_stop();
    return false;
}

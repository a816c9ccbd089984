// SPDX-License-Identifier: MIT
// Faults: pages are brought in, FP registers loaded; whatever else a thread does that it may not
// ends its process, with a report by which the place is found in its image.
#include "kernel/object/fault.h"
#include "kernel/log.h"
#include "kernel/memory/user.h"
#include "kernel/object/image.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/lock.h"
#include "kernel/trace.h"
#include "kernel/trap.h"

enum : uint32_t { USER_BACKTRACE_DEPTH = 16 };

static const char *const reasons[] = {
    [FAULT_READ] = "reads memory it may not",       [FAULT_WRITE] = "writes memory it may not",
    [FAULT_EXECUTE] = "executes memory it may not", [FAULT_INSTRUCTION] = "undefined instruction",
    [FAULT_ALIGNMENT] = "unaligned access",         [FAULT_BREAKPOINT] = "breakpoint",
    [FAULT_ARITHMETIC] = "arithmetic error",        [FAULT_OUT_OF_MEMORY] = "out of memory",
};

static void print_address(const struct process *process, uintptr_t address)
{
    uint64_t size = process->image == nullptr ? 0 : process->image->layout.memory_size;
    if (address - process->image_base < size) {
        log_print(" %s+0x%lx", process->name, (unsigned long)(address - process->image_base));
    } else {
        log_print(" 0x%lx", (unsigned long)address);
    }
}

// Frame records in user memory: the caller's record, then the return address.
static void print_backtrace(const struct process *process, const struct frame *frame)
{
    log_print("    backtrace:");
    print_address(process, arch_frame_pc(frame));
    uintptr_t base = arch_frame_base(frame);
    for (uint32_t depth = 0; depth < USER_BACKTRACE_DEPTH; depth++) {
        uintptr_t record[2];
        if (base % sizeof(uintptr_t) != 0 || user_read(record, base, sizeof record) != OK) break;
        if (record[1] == 0) break;
        print_address(process, record[1]);
        if (record[0] <= base) break;
        base = record[0];
    }
    log_print("\n");
}

void fault_report(struct frame *frame, enum fault_reason reason, uintptr_t address)
{
    struct process *process = process_current();
    if (!process->ending) {
        log_print("fault: process %lu (%s), thread %lu: %s, address 0x%lx\n",
                  (unsigned long)process->object.id, process->name,
                  (unsigned long)thread_current()->object.id, reasons[reason],
                  (unsigned long)address);
        arch_frame_print(frame, log_print);
        print_backtrace(process, frame);
        process_end(process, FE_EXIT_FAULT - (int32_t)reason);
    }
    while (!process_end_step(process)) {
        if (lock_should_pass()) return;
    }
}

static enum status bring_in(enum fault_reason reason, uintptr_t address)
{
    static const uint32_t access[] = {
        [FAULT_READ] = MAP_READ, [FAULT_WRITE] = MAP_WRITE, [FAULT_EXECUTE] = MAP_EXECUTE};
    if (reason > FAULT_EXECUTE) return ERR_BAD_ADDRESS;
    return space_fault(&process_current()->space, address, access[reason]);
}

void trap_fault(struct frame *frame, enum fault_reason reason, uintptr_t address)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_enter(cpu)) return;
    cpu->faults++;
    enum status status = bring_in(reason, address);
    trace_fault(reason, address, status);
    if (status == OK) return;
    bool starved = status == ERR_NO_MEMORY || status == ERR_QUOTA;
    uint64_t limit = 0;
    if (starved && reap_make_room(&limit)) return; // and faults again
    fault_report(frame, starved ? FAULT_OUT_OF_MEMORY : reason, address);
}

bool trap_user_copy_fault(uintptr_t address, bool write)
{
    arch_cpu()->faults++;
    enum fault_reason reason = write ? FAULT_WRITE : FAULT_READ;
    enum status status = bring_in(reason, address);
    trace_fault(reason, address, status);
    return status == OK;
}

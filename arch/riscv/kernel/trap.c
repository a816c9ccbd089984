// SPDX-License-Identifier: MIT
// What a trap means (The RISC-V Instruction Set Manual, volume II, section 12.1.8), and who is
// told. Runs on the CPU's kernel stack with interrupts masked.
#include "kernel/trap.h"
#include "kernel/device/device.h"
#include "kernel/device/riscv/driver.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"
#include "port.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include <arch/kernel/frame.h>

static_assert(offsetof(struct frame, reg) == FRAME_REG);
static_assert(offsetof(struct frame, ra) == FRAME_RA);
static_assert(offsetof(struct frame, stack) == FRAME_SP);
static_assert(offsetof(struct frame, gp) == FRAME_GP);
static_assert(offsetof(struct frame, thread_pointer) == FRAME_TP);
static_assert(offsetof(struct frame, base) == FRAME_S0);
static_assert(offsetof(struct frame, pc) == FRAME_PC);
static_assert(offsetof(struct frame, status) == FRAME_STATUS);
static_assert(offsetof(struct frame, whole) == FRAME_WHOLE);
static_assert(sizeof(struct frame) == FRAME_SIZE);
static_assert(CALL_CHANNEL_CALL == FE_CALL_CHANNEL_CALL &&
              CALL_CHANNEL_REPLY_RECEIVE == FE_CALL_CHANNEL_REPLY_RECEIVE);
static_assert(CALL_EVENT_SIGNAL == FE_CALL_EVENT_SIGNAL && CALL_EVENT_WAIT == FE_CALL_EVENT_WAIT &&
              CALL_THREAD_YIELD == FE_CALL_THREAD_YIELD);
static_assert(offsetof(struct cpu, frame) == CPU_FRAME);
static_assert(offsetof(struct cpu, current) == CPU_CURRENT);
static_assert(offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK);
static_assert(offsetof(struct cpu, user_scratch) == CPU_SCRATCH);
static_assert(offsetof(struct cpu, concerns) == CPU_CONCERNS);
static_assert(offsetof(struct thread, frame) == THREAD_FRAME);

enum cause : uintptr_t {
    CAUSE_INSTRUCTION_MISALIGNED = 0,
    CAUSE_INSTRUCTION_ACCESS = 1,
    CAUSE_INSTRUCTION_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_INSTRUCTION_PAGE = 12,
    CAUSE_LOAD_PAGE = 13,
    CAUSE_STORE_PAGE = 15,
};

// An instruction that is not known while floating point is off may be one of it; when it is not, it
// traps again.
static void illegal(struct frame *frame)
{
    if (cpu_has_float && (CSR_READ(CSR_STATUS) & STATUS_FLOAT) == 0)
        trap_float();
    else
        trap_fault(frame, FAULT_INSTRUCTION, frame->pc);
}

// Without tables of pages, memory that may not be touched answers as memory that is not there.
static enum fault_reason access(enum fault_reason reason)
{
    return ARCH_SPACE_IDENTITY ? reason : FAULT_BUS;
}

void trap_user_fault(struct frame *frame)
{
    uintptr_t address = CSR_READ(CSR_TVAL);
    switch ((enum cause)CSR_READ(CSR_CAUSE)) {
    case CAUSE_INSTRUCTION_ILLEGAL: illegal(frame); break;
    case CAUSE_BREAKPOINT: trap_fault(frame, FAULT_BREAKPOINT, frame->pc); break;
    case CAUSE_INSTRUCTION_MISALIGNED:
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_STORE_MISALIGNED: trap_fault(frame, FAULT_ALIGNMENT, address); break;
    case CAUSE_INSTRUCTION_PAGE: trap_fault(frame, FAULT_EXECUTE, address); break;
    case CAUSE_LOAD_PAGE: trap_fault(frame, FAULT_READ, address); break;
    case CAUSE_STORE_PAGE: trap_fault(frame, FAULT_WRITE, address); break;
    case CAUSE_INSTRUCTION_ACCESS: trap_fault(frame, access(FAULT_EXECUTE), address); break;
    case CAUSE_LOAD_ACCESS: trap_fault(frame, access(FAULT_READ), address); break;
    case CAUSE_STORE_ACCESS: trap_fault(frame, access(FAULT_WRITE), address); break;
    default: trap_fault(frame, FAULT_INSTRUCTION, frame->pc);
    }
}

// One row for each place in copy.S that touches user memory.
struct recovery {
    uintptr_t from, to;  // instructions
    uintptr_t otherwise; // where to go on when the page cannot be had
};
extern const struct recovery kernel_recovery[], kernel_recovery_end[];

static const struct recovery *recovery_find(uintptr_t pc)
{
    for (const struct recovery *row = kernel_recovery; row < kernel_recovery_end; row++)
        if (pc >= row->from && pc < row->to) return row;
    return nullptr;
}

void trap_kernel(struct frame *frame)
{
    uintptr_t cause = CSR_READ(CSR_CAUSE), address = CSR_READ(CSR_TVAL);
    bool is_write = cause == CAUSE_STORE_PAGE || cause == CAUSE_STORE_ACCESS;
    bool is_page = cause == CAUSE_LOAD_PAGE || cause == CAUSE_STORE_PAGE || ARCH_SPACE_IDENTITY;
    bool is_data = is_write || cause == CAUSE_LOAD_PAGE || cause == CAUSE_LOAD_ACCESS;
    const struct recovery *row = nullptr;
    if (is_data && address < ARCH_USER_END) row = recovery_find(frame->pc);
    if (row != nullptr) {
        if (!is_page || !trap_user_copy_fault(address, is_write)) frame->pc = row->otherwise;
        return;
    }
    const char *what = "unexpected trap";
    if (is_data) what = is_write ? "write" : "read";
    if (cause == CAUSE_INSTRUCTION_PAGE || cause == CAUSE_INSTRUCTION_ACCESS) what = "execute";
    if (cause == CAUSE_INSTRUCTION_ILLEGAL) what = "undefined instruction";
    if (cause == CAUSE_BREAKPOINT) what = "breakpoint";
    trap_kernel_fault(frame, what, address);
}

void trap_kernel_overflow(struct frame *frame)
{
    trap_kernel_fault(frame, "kernel stack overflow", frame->stack);
}

static void take_external(void)
{
    uint32_t number;
    if (!interrupt_controller->claim(&number)) return;
    if (number == NUMBER_SIGNAL) {
        trap_signal();
        return;
    }
    trap_interrupt(number);
    interrupt_controller->complete(number);
}

// Takes one of those that are pending: devices first, so that timers that are due one after the
// other keep none waiting. The cause of the trap does not tell: some harts have the order of the
// numbers. (Not read as arch_interrupt_pending() does, which tells tool/latency that the kernel
// looks whether it has to stop.)
void trap_device(void)
{
    uintptr_t pending;
    __asm__ volatile("csrrsi %0, " CSR_TEXT(CSR_IP) ", 0" : "=r"(pending) : : "memory");
    pending &= CSR_READ(CSR_IE);
    if (pending & (uintptr_t)1 << CAUSE_EXTERNAL) {
        take_external();
    } else if (pending & (uintptr_t)1 << CAUSE_SIGNAL) {
        signal_take();
        trap_signal();
    } else if (pending & (uintptr_t)1 << CAUSE_TIMER) {
        arch_timer_set(UINT64_MAX);
        trap_timer();
    }
}

void arch_doze(void)
{
    __asm__ volatile("wfi" : : : "memory");
    interrupt_controller->take_signal();
}

// Without translation gp is where the process's data is: code cannot know that by itself.
void arch_frame_init(struct frame *frame, uintptr_t entry, uintptr_t stack, uintptr_t argument)
{
    const struct process *process = CONTAINER(frame, struct thread, frame)->process;
    *frame = (struct frame){
        .reg[0] = argument,
        .pc = entry,
        .stack = stack & ~(uintptr_t)15,
        .gp = ARCH_SPACE_IDENTITY ? process->image_data : 0,
        .thread_pointer = frame->thread_pointer,
        .whole = 1,
    };
}

void arch_frame_sanitise(struct frame *frame)
{
    if (frame->pc >= ARCH_USER_END) frame->pc = 0; // faults where it goes
    frame->pc &= ~(uintptr_t)1;
    frame->whole = 1;
}

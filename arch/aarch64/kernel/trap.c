// SPDX-License-Identifier: MIT
// What a trap means (Arm ARM D24.2.40, ESR_EL1), and who is told. Runs on the CPU's kernel stack
// with interrupts masked.
#include "kernel/trap.h"
#include "frame.h"
#include "kernel/device/device.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"
#include "port.h"
#include <abi/syscalls.h>
#include <arch/arch.h>

static_assert(offsetof(struct frame, x8) == FRAME_X8);
static_assert(offsetof(struct frame, x13[18 - 13]) == FRAME_X18);
static_assert(offsetof(struct frame, x13[30 - 13]) == FRAME_X30);
static_assert(offsetof(struct frame, stack) == FRAME_STACK);
static_assert(offsetof(struct frame, pc) == FRAME_PC);
static_assert(offsetof(struct frame, pstate) == FRAME_PSTATE);
static_assert(offsetof(struct frame, thread_pointer) == FRAME_THREAD_POINTER);
static_assert(offsetof(struct frame, whole) == FRAME_WHOLE);
static_assert(offsetof(struct frame, zero) == FRAME_ZERO);
static_assert(sizeof(struct frame) == FRAME_SIZE);
static_assert(CALL_CHANNEL_CALL == FE_CALL_CHANNEL_CALL &&
              CALL_CHANNEL_REPLY_RECEIVE == FE_CALL_CHANNEL_REPLY_RECEIVE);
static_assert(CALL_EVENT_SIGNAL == FE_CALL_EVENT_SIGNAL && CALL_EVENT_WAIT == FE_CALL_EVENT_WAIT &&
              CALL_THREAD_YIELD == FE_CALL_THREAD_YIELD);
static_assert(offsetof(struct cpu, frame) == CPU_FRAME);
static_assert(offsetof(struct cpu, current) == CPU_CURRENT);
static_assert(offsetof(struct cpu, concerns) == CPU_CONCERNS);
static_assert(offsetof(struct thread, frame) == THREAD_FRAME);
static_assert(offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK);

enum exception_class : uint32_t {
    CLASS_FLOAT = 0x07,
    CLASS_INSTRUCTION_USER = 0x20,
    CLASS_INSTRUCTION_KERNEL = 0x21,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA_USER = 0x24,
    CLASS_DATA_KERNEL = 0x25,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_FLOAT_EXCEPTION = 0x2c,
    CLASS_BREAKPOINT_USER = 0x30,
    CLASS_STEP_USER = 0x32,
    CLASS_WATCHPOINT_USER = 0x34,
    CLASS_BRK = 0x3c,
};

enum : uint64_t {
    SYNDROME_WRITE = 1u << 6,
    SYNDROME_CACHE = 1u << 8,  // cache maintenance, which counts as a write but is not
    GIC_SIGNALS = 16,          // INTIDs below are signals of CPUs to each other
    PSTATE_USER = 0,           // EL0, AArch64, nothing masked
    PSTATE_KEPT = 0xf000'0000, // NZCV
};

static uint64_t syndrome(void)
{
    uint64_t esr;
    __asm__ volatile("mrs %0, esr_el1" : "=r"(esr));
    return esr;
}

static uintptr_t fault_address(void)
{
    uintptr_t far;
    __asm__ volatile("mrs %0, far_el1" : "=r"(far));
    return far;
}

// Faults that a pager can mend: translation, access flag, permission. Not: alignment, bus errors.
static bool is_page_fault(uint64_t esr)
{
    uint64_t code = esr & 0x3c;
    return code == 0x04 || code == 0x08 || code == 0x0c;
}

static bool is_write(uint64_t esr)
{
    return (esr & SYNDROME_WRITE) && !(esr & SYNDROME_CACHE);
}

static enum fault_reason data_reason(uint64_t esr)
{
    if ((esr & 0x3f) == 0x21) return FAULT_ALIGNMENT;
    if (!is_page_fault(esr)) return FAULT_BUS;
    return is_write(esr) ? FAULT_WRITE : FAULT_READ;
}

void trap_user_fault(struct frame *frame)
{
    uint64_t esr = syndrome();
    uintptr_t pc = frame->pc, address = fault_address();
    switch ((enum exception_class)(esr >> 26)) {
    case CLASS_FLOAT: trap_float(); break;
    case CLASS_DATA_USER: trap_fault(frame, data_reason(esr), address); break;
    case CLASS_INSTRUCTION_USER:
        trap_fault(frame, is_page_fault(esr) ? FAULT_EXECUTE : FAULT_BUS, address);
        break;
    case CLASS_PC_ALIGNMENT: trap_fault(frame, FAULT_ALIGNMENT, address); break;
    case CLASS_SP_ALIGNMENT: trap_fault(frame, FAULT_ALIGNMENT, frame->stack); break;
    case CLASS_FLOAT_EXCEPTION: trap_fault(frame, FAULT_ARITHMETIC, pc); break;
    case CLASS_BREAKPOINT_USER:
    case CLASS_STEP_USER:
    case CLASS_WATCHPOINT_USER:
    case CLASS_BRK: trap_fault(frame, FAULT_BREAKPOINT, pc); break;
    default: trap_fault(frame, FAULT_INSTRUCTION, pc);
    }
}

void trap_user_error(struct frame *frame)
{
    trap_kernel_fault(frame, "system error", fault_address());
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

void trap_kernel_sync(struct frame *frame)
{
    uint64_t esr = syndrome();
    uintptr_t address = fault_address();
    const struct recovery *row = nullptr;
    if (esr >> 26 == CLASS_DATA_KERNEL && address < ARCH_USER_END) row = recovery_find(frame->pc);
    if (row != nullptr) {
        bool is_there = is_page_fault(esr) && trap_user_copy_fault(address, is_write(esr));
        if (!is_there) frame->pc = row->otherwise;
        return;
    }
    const char *what = "unexpected trap";
    if (esr >> 26 == CLASS_DATA_KERNEL) what = is_write(esr) ? "write" : "read";
    if (esr >> 26 == CLASS_INSTRUCTION_KERNEL) what = "execute";
    if (esr >> 26 == CLASS_BRK) what = "breakpoint";
    trap_kernel_fault(frame, what, address);
}

void trap_kernel_other(struct frame *frame)
{
    trap_kernel_fault(frame, "interrupt or system error within the kernel", fault_address());
}

void trap_kernel_overflow(struct frame *frame)
{
    trap_kernel_fault(frame, "kernel stack overflow", frame->stack);
}

void trap_device(void)
{
    uint32_t number;
    if (!interrupt_controller->claim(&number)) return;
    if (number == clock_interrupt()) {
        arch_timer_set(UINT64_MAX);
        interrupt_controller->complete(number);
        trap_timer();
        return;
    }
    if (number < GIC_SIGNALS) {
        interrupt_controller->complete(number);
        trap_signal();
        return;
    }
    trap_interrupt(number);
    interrupt_controller->complete(number);
}

void arch_frame_init(struct frame *frame, uintptr_t entry, uintptr_t stack, uintptr_t argument)
{
    *frame = (struct frame){
        .reg[0] = argument,
        .pc = entry,
        .stack = stack & ~15ul,
        .pstate = PSTATE_USER,
        .thread_pointer = frame->thread_pointer,
        .whole = 1,
    };
}

void arch_frame_sanitise(struct frame *frame)
{
    frame->pstate = (frame->pstate & PSTATE_KEPT) | PSTATE_USER;
    if (frame->pc >= ARCH_USER_END) frame->pc = 0; // faults where it goes
    frame->whole = 1;
    frame->zero[0] = frame->zero[1] = 0;
}

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    enum : uint32_t { LINES = 10 };
    const uint64_t *reg = frame->reg;
    uint64_t x[3];
    uint32_t i = 3 * line;
    for (uint32_t j = i; j < i + 3 && line < LINES; j++) {
        if (j == 8)
            x[j - i] = frame->x8;
        else
            x[j - i] = j < 8 ? reg[j] : j < 13 ? reg[j - 1] : frame->x13[j - 13];
    }
    if (line < LINES) {
        print("  x%-2u %016lx  x%-2u %016lx  x%-2u %016lx\n", i, x[0], i + 1, x[1], i + 2, x[2]);
    } else if (line == LINES) {
        print("  x30 %016lx  sp  %016lx  pc  %016lx\n", frame->x13[30 - 13], frame->stack,
              frame->pc);
    } else if (line == LINES + 1) {
        print("  pstate %08lx  thread pointer %016lx\n", frame->pstate, frame->thread_pointer);
    }
    return line <= LINES + 1;
}

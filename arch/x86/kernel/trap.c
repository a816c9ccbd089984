// SPDX-License-Identifier: MIT
// From exception and interrupt vectors to what the portable kernel knows: interrupts, faults of
// users, page faults of user copies, faults of the kernel itself. Runs with interrupts masked.
#include "kernel/trap.h"
#include <arch/arch.h>
#include "arch/x86/clock.h"
#include "arch/x86/cpu.h"
#include "kernel/device/x86/lapic.h"
#include "kernel/log.h"

enum : uint32_t { PAGE_FAULT_WRITE = 1u << 1, PAGE_FAULT_FETCH = 1u << 4 };

struct exception_entry {
    uintptr_t instruction, target;
};
extern const struct exception_entry exceptions_begin[], exceptions_end[];

static const char *const exception_name[VECTOR_EXTERNAL] = {
    [EXCEPTION_DIVIDE] = "divide error",
    [EXCEPTION_DEBUG] = "debug exception",
    [EXCEPTION_NMI] = "non-maskable interrupt",
    [EXCEPTION_BREAKPOINT] = "breakpoint",
    [EXCEPTION_OPCODE] = "invalid instruction",
    [EXCEPTION_NO_FLOAT] = "floating point in the kernel",
    [EXCEPTION_DOUBLE_FAULT] = "double fault",
    [EXCEPTION_STACK] = "stack fault",
    [EXCEPTION_PROTECTION] = "general protection fault",
    [EXCEPTION_PAGE] = "page fault",
    [EXCEPTION_ALIGNMENT] = "alignment check",
    [EXCEPTION_MACHINE_CHECK] = "machine check",
};

static enum fault_reason page_fault_reason(uintptr_t error)
{
    if (error & PAGE_FAULT_FETCH) return FAULT_EXECUTE;
    return error & PAGE_FAULT_WRITE ? FAULT_WRITE : FAULT_READ;
}

void trap_external(uintptr_t vector)
{
    if (vector == LAPIC_SPURIOUS) return; // not to be acknowledged

    if (vector == LAPIC_SIGNAL) {
        lapic_acknowledge();
        trap_signal();
    } else if (vector == LAPIC_TIMER) {
        lapic_acknowledge();
        if (clock_timer_is_due()) trap_timer();
    } else {
        uint32_t number = vector_interrupt((uint32_t)vector);
        trap_interrupt(number);
        lapic_acknowledge();
    }
}

static bool is_prefix(uint8_t byte)
{
    return byte == 0x66 || byte == 0x67 || byte == 0xf0 || byte == 0xf2 || byte == 0xf3 ||
           (byte & 0xe7) == 0x26 || (byte & 0xfe) == 0x64 || (byte & 0xf0) == 0x40;
}

static bool is_privileged(uint8_t opcode)
{
    return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) ||
           (opcode >= 0xec && opcode <= 0xef) || opcode == 0xf4 || opcode == 0xfa ||
           opcode == 0xfb || opcode == 0xcd || opcode == 0xcf;
}

// Instructions whose memory operand is written: moves, string stores, arithmetic on memory.
static bool is_store(uint8_t opcode)
{
    bool is_compare = opcode == 0x38 || opcode == 0x39;

    if (opcode < 0x40) return (opcode & 7) < 2 && !is_compare;
    return opcode == 0x88 || opcode == 0x89 || (opcode >= 0xa2 && opcode <= 0xa5) ||
           opcode == 0xaa || opcode == 0xab || opcode == 0xc6 || opcode == 0xc7 ||
           (opcode >= 0x80 && opcode <= 0x83);
}

// The processor calls many things a protection fault, and tells neither which nor the address:
// privileged instructions, SSE operands that are not aligned, and addresses that are not canonical.
// The instruction's first bytes tell them apart well enough for a report.
static void protection_fault(struct frame *frame)
{
    uint8_t code[8] = {};
    unsigned at = 0;

    if (!trap_enter()) return;
    if (frame->ip >= ARCH_USER_END - sizeof code) { // a jump to one that is not canonical
        trap_fault(frame, FAULT_EXECUTE, frame->ip);
        return;
    }
    if (!arch_user_read(code, frame->ip, sizeof code)) code[0] = 0xf4;
    while (at < sizeof code - 2 && is_prefix(code[at])) at++;
    uint8_t opcode = code[at], second = code[at + 1];
    bool is_long = opcode == 0x0f;
    bool is_vector = is_long && ((second >= 0x10 && second <= 0x17) || (second & 0xf8) == 0x28 ||
                                 (second >= 0x50 && second <= 0x7f) || second >= 0xc2);
    if (is_vector) {
        trap_fault(frame, FAULT_ALIGNMENT, frame->ip);
    } else if (is_long || is_privileged(opcode)) {
        trap_fault(frame, FAULT_INSTRUCTION, frame->ip);
    } else {
        trap_fault(frame, is_store(opcode) ? FAULT_WRITE : FAULT_READ, UINTPTR_MAX);
    }
}

void trap_user(struct frame *frame)
{
    switch (frame->vector) {
    case EXCEPTION_PAGE: trap_fault(frame, page_fault_reason(frame->error), cr2_read()); break;
    case EXCEPTION_NO_FLOAT: trap_float(); break;
    case EXCEPTION_DIVIDE:
    case EXCEPTION_OVERFLOW:
    case EXCEPTION_X87:
    case EXCEPTION_SIMD: trap_fault(frame, FAULT_ARITHMETIC, frame->ip); break;
    case EXCEPTION_DEBUG:
    case EXCEPTION_BREAKPOINT: trap_fault(frame, FAULT_BREAKPOINT, frame->ip); break;
    case EXCEPTION_STACK:
    case EXCEPTION_PROTECTION: protection_fault(frame); break;
    case EXCEPTION_ALIGNMENT: trap_fault(frame, FAULT_ALIGNMENT, frame->ip); break;
    default:
        if (frame->vector >= VECTOR_EXTERNAL) {
            trap_external(frame->vector);
        } else {
            trap_fault(frame, FAULT_INSTRUCTION, frame->ip);
        }
    }
}

// A fault inside arch_user_read or arch_user_write: the page, or the way out of the copy.
static bool copy_recover(struct frame *frame)
{
    uintptr_t address = cr2_read();

    for (const struct exception_entry *e = exceptions_begin; e < exceptions_end; e++) {
        if (e->instruction != frame->ip) continue;
        if (address >= ARCH_USER_END) return false; // the kernel's own side: a bug
        if (!trap_user_copy_fault(address, frame->error & PAGE_FAULT_WRITE)) {
            frame->ip = e->target;
        }
        return true;
    }
    return false;
}

static bool is_idle(const struct frame *frame)
{
    return frame->ip >= (uintptr_t)idle_begin && frame->ip <= (uintptr_t)idle_end;
}

void trap_kernel(struct frame *frame)
{
    if (frame->vector >= VECTOR_EXTERNAL) {
        if (is_idle(frame)) {
            trap_external(frame->vector);
            arch_leave();
        }
        ASSERT(arch_cpu()->arch[CPU_PENDING] == 0);
        arch_cpu()->arch[CPU_PENDING] = frame->vector;
        arch_cpu()->reschedule = true; // so that the way out looks for it
        frame->flags &= ~(uintptr_t)RFLAGS_IF;
        return;
    }
    bool is_page_fault = frame->vector == EXCEPTION_PAGE;
    if (is_page_fault && copy_recover(frame)) return;

    const char *name = exception_name[frame->vector];
    trap_kernel_fault(frame, name != nullptr ? name : "exception",
                      is_page_fault ? cr2_read() : frame->ip);
}

// One interrupt at a time can be kept for later.
void arch_doze(void)
{
    uintptr_t *pending = &arch_cpu()->arch[CPU_PENDING];
    if (*pending != 0) {
        arch_relax();
        return;
    }
    __asm__ volatile("sti; hlt; cli" : : : "memory");
    if (*pending != LAPIC_SIGNAL) return;
    *pending = 0;
    lapic_acknowledge();
}

// Below its kernel stack a CPU has nothing: one that grew too far ends there, and the processor
// finds no room to say so.
static bool is_stack_full(const struct cpu *cpu, uintptr_t address)
{
    uintptr_t top = (cpu->kernel_stack + ARCH_PAGE_SIZE - 1) & ~(ARCH_PAGE_SIZE - 1);
    uintptr_t bottom = top - KERNEL_STACK_SIZE;
    return address < bottom && address >= bottom - ARCH_PAGE_SIZE;
}

void trap_special(struct frame *frame)
{
    const char *name = exception_name[frame->vector];
    uintptr_t address = cr2_read();
    if (frame->vector == EXCEPTION_DOUBLE_FAULT && is_stack_full(arch_cpu(), address))
        name = "the kernel stack is full";
    trap_kernel_fault(frame, name, address);
}

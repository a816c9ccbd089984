// SPDX-License-Identifier: MIT
// From exception and interrupt vectors to what the portable kernel knows: calls, interrupts, faults
// of users, page faults of user copies, faults of the kernel itself. Runs with interrupts masked.
#include "kernel/trap.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include "arch/i386/kernel/cpu.h"
#include "arch/x86/clock.h"
#include "kernel/device/x86/lapic.h"
#include "kernel/log.h"

enum : uint32_t { PAGE_FAULT_WRITE = 1u << 1, PAGE_FAULT_FETCH = 1u << 4 };
enum : uint32_t { REGISTERS = 12 };

struct exception_entry {
    uintptr_t instruction, target;
};
extern const struct exception_entry exceptions_begin[], exceptions_end[];

static enum fault_reason page_fault_reason(uint32_t error)
{
    if (error & PAGE_FAULT_FETCH) return FAULT_EXECUTE;
    return error & PAGE_FAULT_WRITE ? FAULT_WRITE : FAULT_READ;
}

void trap_external(uint32_t vector)
{
    if (vector == LAPIC_SPURIOUS) return; // not to be acknowledged

    if (vector == LAPIC_SIGNAL) {
        lapic_acknowledge();
        trap_signal();
    } else if (vector == LAPIC_TIMER) {
        lapic_acknowledge();
        if (clock_timer_is_due()) trap_timer();
    } else {
        trap_interrupt(vector_interrupt(vector));
        lapic_acknowledge();
    }
}

static bool is_user(uintptr_t address)
{
    return address >= ARCH_USER_BASE && address < ARCH_USER_END - REGISTERS * sizeof(uint64_t);
}

// eax is the call's number, ebx the address of reg[], ecx how many of them it has.
static void call(struct frame *frame)
{
    if (!frame->again) {
        uint32_t count = frame->ecx < REGISTERS ? frame->ecx : REGISTERS;
        frame->number = frame->eax != CALL_BEGIN ? frame->eax : CALL_BEGIN - 1;
        frame->registers = frame->ebx;
        if (!trap_enter()) return;
        if (!is_user(frame->ebx) ||
            !arch_user_read(frame->reg, frame->ebx, count * sizeof(uint64_t))) {
            trap_fault(frame, FAULT_READ, frame->ebx);
            return;
        }
        for (uint32_t i = count; i < REGISTERS; i++) frame->reg[i] = 0;
    }
    frame->again = 0;
    trap_syscall(frame, frame->number);
}

static bool is_message(uint32_t number)
{
    return number <= FE_CALL_CHANNEL_REPLY;
}

// A function that begins has its first argument on the stack, above a return address that leads
// nowhere. Where there is no stack it goes without.
static bool deliver_argument(struct frame *frame)
{
    uint32_t words[] = {0, frame->eax, 0, 0, 0}; // the argument is at a multiple of 16 bytes
    if (!trap_enter()) return false;
    uintptr_t stack = frame->esp - sizeof words;
    bool is_inside = stack >= ARCH_USER_BASE && stack < ARCH_USER_END - sizeof words;
    if (is_inside && arch_user_write(stack, words, sizeof words)) frame->esp = stack;
    return false; // once more through the scheduler, which gives the lock up
}

// Results on the way back to user mode: those of a message go where reg[] came from, those of other
// calls into registers.
bool trap_deliver(struct frame *frame)
{
    frame->vector = 0;
    frame->eax = (uint32_t)frame->reg[0];
    if (!is_message(frame->number)) {
        frame->edx = (uint32_t)frame->reg[1];
        frame->ecx = (uint32_t)(frame->reg[1] >> 32);
        frame->esi = (uint32_t)frame->reg[2];
        frame->edi = (uint32_t)(frame->reg[2] >> 32);
        frame->ebx = (uint32_t)frame->reg[3];
        frame->ebp = (uint32_t)(frame->reg[3] >> 32);
        return frame->number != CALL_BEGIN || deliver_argument(frame);
    }
    if (!trap_enter()) return false;
    if (is_user(frame->registers) &&
        arch_user_write(frame->registers, frame->reg, sizeof frame->reg))
        return false; // as above
    trap_fault(frame, FAULT_WRITE, frame->registers);
    return false;
}

static void exception(struct frame *frame)
{
    switch (frame->vector) {
    case EXCEPTION_PAGE: trap_fault(frame, page_fault_reason(frame->error), cr2_read()); break;
    case EXCEPTION_NO_FLOAT: trap_float(); break;
    case EXCEPTION_DIVIDE:
    case EXCEPTION_OVERFLOW:
    case EXCEPTION_X87:
    case EXCEPTION_SIMD: trap_fault(frame, FAULT_ARITHMETIC, frame->eip); break;
    case EXCEPTION_DEBUG:
    case EXCEPTION_BREAKPOINT: trap_fault(frame, FAULT_BREAKPOINT, frame->eip); break;
    case EXCEPTION_ALIGNMENT: trap_fault(frame, FAULT_ALIGNMENT, frame->eip); break;
    default: trap_fault(frame, FAULT_INSTRUCTION, frame->eip);
    }
}

void trap_user(struct frame *frame)
{
    if (frame->vector == VECTOR_SYSCALL) {
        call(frame);
        return;
    }
    if (frame->vector >= VECTOR_EXTERNAL)
        trap_external(frame->vector);
    else
        exception(frame);
}

// A fault inside arch_user_read or arch_user_write: the page, or the way out of the copy.
static bool copy_recover(struct frame *frame)
{
    uintptr_t address = cr2_read();

    for (const struct exception_entry *e = exceptions_begin; e < exceptions_end; e++) {
        if (e->instruction != frame->eip) continue;
        if (address >= ARCH_USER_END) return false; // the kernel's own side: a bug
        if (!trap_user_copy_fault(address, frame->error & PAGE_FAULT_WRITE)) {
            frame->eip = e->target;
        }
        return true;
    }
    return false;
}

static bool is_idle(const struct frame *frame)
{
    return frame->eip >= (uintptr_t)idle_begin && frame->eip <= (uintptr_t)idle_end;
}

static const char *exception_name(uint32_t vector)
{
    switch (vector) {
    case EXCEPTION_DIVIDE: return "divide error";
    case EXCEPTION_NMI: return "non-maskable interrupt";
    case EXCEPTION_OPCODE: return "invalid instruction";
    case EXCEPTION_NO_FLOAT: return "floating point in the kernel";
    case EXCEPTION_DOUBLE_FAULT: return "double fault";
    case EXCEPTION_PROTECTION: return "general protection fault";
    case EXCEPTION_PAGE: return "page fault";
    case EXCEPTION_MACHINE_CHECK: return "machine check";
    default: return "exception";
    }
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
        frame->eflags &= ~(uint32_t)RFLAGS_IF;
        return;
    }
    bool is_page_fault = frame->vector == EXCEPTION_PAGE;
    if (is_page_fault && copy_recover(frame)) return;
    trap_kernel_fault(frame, exception_name(frame->vector),
                      is_page_fault ? cr2_read() : frame->eip);
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

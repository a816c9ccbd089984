// SPDX-License-Identifier: MIT
// System calls of i386, whose registers have no room for reg[]: it is in user memory, and results
// go back there or into registers. Runs with interrupts masked.
#include "arch/i386/kernel/call.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include "kernel/memory/user.h"
#include "kernel/object/fast.h"
#include "kernel/string.h"
#include "kernel/trap.h"

enum : uint32_t { REGISTERS = 12, CALL_LENGTH = 2 };
enum : uint32_t { FIRST = 1, END = 10 }; // label and words

static bool is_user(uintptr_t address)
{
    return address >= ARCH_USER_BASE && address < ARCH_USER_END - REGISTERS * sizeof(uint64_t);
}

// A thread that is taken away while it waits to enter makes its call elsewhere: as long as that can
// be, its frame says so.
static bool enter_call(struct frame *frame)
{
    frame->ip -= CALL_LENGTH;
    frame->vector = 0;
    if (!trap_enter()) return false;
    frame->ip += CALL_LENGTH;
    frame->vector = VECTOR_SYSCALL;
    return true;
}

// reg[] out of user memory.
static bool registers_read(struct frame *frame, uint32_t count)
{
    for (uint32_t i = count; i < REGISTERS; i++) frame->reg[i] = 0;
    if (is_user(frame->registers) &&
        arch_user_read(frame->reg, frame->registers, count * sizeof(uint64_t)))
        return true;
    frame->ip -= CALL_LENGTH;
    frame->vector = 0;
    if (!user_copy_stopped()) trap_fault(frame, FAULT_READ, frame->registers);
    return false;
}

// A message to a thread that waits for it goes there at once, with one CPU: label and words from
// frame to frame, the rest by the fast path.
static bool message_pass(struct frame *frame)
{
    struct frame *to = nullptr;
    if (frame->number <= FE_CALL_CHANNEL_REPLY_RECEIVE) to = fast_transfer(frame, frame->number);
    if (to == nullptr) return false;
    to->reg[0] = OK;
    memcpy(&to->reg[FIRST], &frame->reg[FIRST], (END - FIRST) * sizeof to->reg[0]);
    return true;
}

// eax is the call's number, ebx the address of reg[], ecx how many of them it has.
void trap_call(struct frame *frame)
{
    if (!frame->again) {
        uint32_t count = frame->ecx < REGISTERS ? frame->ecx : REGISTERS;
        frame->number = frame->eax != CALL_BEGIN ? frame->eax : CALL_BEGIN - 1;
        frame->registers = frame->ebx;
        if (!enter_call(frame) || !registers_read(frame, count)) return;
    }
    frame->again = 0;
    if (!message_pass(frame)) trap_syscall(frame, frame->number);
}

static bool is_message(uint32_t number)
{
    return number <= FE_CALL_CHANNEL_REPLY;
}

// A function that begins has its first argument on the stack, above a return address that leads
// nowhere. Where there is no stack it goes without.
static void argument_write(struct frame *frame)
{
    uint32_t words[] = {0, frame->eax, 0, 0, 0}; // the argument is at a multiple of 16 bytes
    uintptr_t stack = frame->sp - sizeof words;
    if (stack < ARCH_USER_BASE || stack >= ARCH_USER_END - sizeof words) return;
    if (arch_user_write(stack, words, sizeof words))
        frame->sp = stack;
    else if (user_copy_stopped())
        frame->vector = VECTOR_SYSCALL; // once more
}

static void registers_write(struct frame *frame)
{
    if (is_user(frame->registers) &&
        arch_user_write(frame->registers, frame->reg, sizeof frame->reg))
        return;
    if (user_copy_stopped())
        frame->vector = VECTOR_SYSCALL; // once more
    else
        trap_fault(frame, FAULT_WRITE, frame->registers);
}

// Whether the thread that has got its results goes on with nothing to be looked at before: with
// other CPUs the scheduler gives the lock up.
static bool goes_on(const struct frame *frame)
{
    const struct cpu *cpu = arch_cpu();
    return cpu->concerns == 0 && cpu->arch[CPU_PENDING] == 0 && cpu->frame == frame &&
           frame->vector == 0;
}

// Those of a message go where reg[] came from, those of other calls into registers.
bool trap_deliver(struct frame *frame)
{
    frame->eax = (uint32_t)frame->reg[0];
    bool has_message = is_message(frame->number);
    if (!has_message) {
        frame->edx = (uint32_t)frame->reg[1];
        frame->ecx = (uint32_t)(frame->reg[1] >> 32);
        frame->esi = (uint32_t)frame->reg[2];
        frame->edi = (uint32_t)(frame->reg[2] >> 32);
        frame->ebx = (uint32_t)frame->reg[3];
        frame->ebp = (uint32_t)(frame->reg[3] >> 32);
        if (frame->number != CALL_BEGIN) {
            frame->vector = 0;
            return true;
        }
    }
    if (!trap_enter()) return false;
    frame->vector = 0;
    if (has_message)
        registers_write(frame);
    else
        argument_write(frame);
    return goes_on(frame);
}

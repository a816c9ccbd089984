// SPDX-License-Identifier: MIT
// Frames made, made harmless, and printed.
#include "arch/i386/kernel/offset.h"
#include <arch/arch.h>

void arch_frame_init(struct frame *frame, uintptr_t entry, uintptr_t stack, uintptr_t argument)
{
    *frame = (struct frame){
        .reg[0] = argument,
        .vector = VECTOR_SYSCALL, // so that trap_deliver() sees to what user mode gets
        .number = CALL_BEGIN,
        .ip = entry,
        .cs = ENTRY_USER_CODE,
        .flags = RFLAGS_IF,
        .sp = stack,
        .ss = ENTRY_USER_DATA,
        .thread_pointer = frame->thread_pointer,
    };
}

void arch_frame_sanitise(struct frame *frame)
{
    constexpr uint32_t user_flags = 0xcd5 | RFLAGS_AC | 1u << 21; // arithmetic, DF, AC, ID

    frame->cs = ENTRY_USER_CODE;
    frame->ss = ENTRY_USER_DATA;
    frame->flags = (frame->flags & user_flags) | RFLAGS_IF;
    if (frame->vector != VECTOR_SYSCALL) frame->vector = 0;
    frame->error = 0;
}

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    switch (line) {
    case 0:
        print("  eip %08x  esp %08x  flags %x  cs %x  gs %08x\n", frame->ip, frame->sp,
              frame->flags, frame->cs, frame->thread_pointer);
        return true;
    case 1:
        print("  eax %08x  ebx %08x  ecx %08x  edx %08x\n", frame->eax, frame->ebx, frame->ecx,
              frame->edx);
        return true;
    case 2:
        print("  esi %08x  edi %08x  ebp %08x  vector %u  error %x\n", frame->esi, frame->edi,
              frame->ebp, frame->vector, frame->error);
        return true;
    default: return false;
    }
}

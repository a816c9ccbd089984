// SPDX-License-Identifier: MIT
// Frames made, made harmless, and printed.
#include <arch/arch.h>

void arch_frame_init(struct frame *frame, uintptr_t entry, uintptr_t stack, uintptr_t argument)
{
    *frame = (struct frame){
        .reg[0] = argument,
        .reg[1] = argument,                      // where a C function has its first
        .ip = entry < ARCH_USER_END ? entry : 0, // iretq faults on addresses that are not canonical
        .cs = SELECTOR_USER_CODE,
        .flags = RFLAGS_IF,
        .sp = stack,
        .ss = SELECTOR_USER_DATA,
        .thread_pointer = frame->thread_pointer,
    };
}

void arch_frame_sanitise(struct frame *frame)
{
    constexpr uint64_t user_flags = 0xcd5 | RFLAGS_AC | 1u << 21; // arithmetic, DF, AC, ID

    frame->cs = SELECTOR_USER_CODE;
    frame->ss = SELECTOR_USER_DATA;
    frame->flags = (frame->flags & user_flags) | RFLAGS_IF;
    if (frame->ip >= ARCH_USER_END) frame->ip = 0;
    if (frame->thread_pointer >= ARCH_USER_END) frame->thread_pointer = 0;
    frame->vector = 0;
    frame->error = 0;
}

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    static const char name[12][4] = {"rdx", "rdi", "rsi", "r10", "r12", "r13",
                                     "r14", "r15", "rbx", "rbp", "r8 ", "r9 "};

    switch (line) {
    case 0:
        print("  rip %016lx  rsp %016lx  flags %lx  cs %lx\n", frame->ip, frame->sp, frame->flags,
              frame->cs);
        return true;
    case 1:
        print("  rax %016lx  rcx %016lx  r11 %016lx\n", frame->rax, frame->rcx, frame->r11);
        return true;
    case 2:
        print("  fs  %016lx  vector %lu  error %lx\n", frame->thread_pointer, frame->vector,
              frame->error);
        return true;
    default: break;
    }
    uint32_t i = (line - 3) * 3;
    if (i >= 12) return false;
    print("  %s %016lx  %s %016lx  %s %016lx\n", name[i], frame->reg[i], name[i + 1],
          frame->reg[i + 1], name[i + 2], frame->reg[i + 2]);
    return true;
}

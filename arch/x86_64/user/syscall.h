// SPDX-License-Identifier: MIT
// The system-call instruction of x86_64, for the stubs that tool/abi makes: number in rax, reg[i]
// in rdx rdi rsi r10 r12 r13 r14 r15 rbx rbp r8 r9; results in all of them for messages, else in
// the first four. Of these four, and of r8 and r9, what is no result is lost, as are rcx and r11.
// One function for each number of registers, so that a call loads no more than it needs; the
// longest is in syscall12.S, because it takes the frame pointer too.
#pragma once

#include <stdint.h>

// Whether data lies at any distance from text: where addresses are not translated.
constexpr bool DATA_IS_APART = false;

#define SYSCALL_CLOBBERS "rcx", "r8", "r9", "r11", "cc", "memory"

void fe_syscall12(uint64_t number, uint64_t reg[static 12]);

static inline void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    uint64_t rax = number;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+d"(reg[0]), "+D"(reg[1])
                     :
                     : "rsi", "r10", SYSCALL_CLOBBERS);
}

static inline void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    uint64_t rax = number;
    register uint64_t r10 __asm__("r10") = reg[3];
    __asm__ volatile("syscall"
                     : "+a"(rax), "+d"(reg[0]), "+D"(reg[1]), "+S"(reg[2]), "+r"(r10)
                     :
                     : SYSCALL_CLOBBERS);
    reg[3] = r10;
}

static inline void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    uint64_t rax = number;
    register uint64_t r10 __asm__("r10") = reg[3];
    register uint64_t r12 __asm__("r12") = reg[4];
    register uint64_t r13 __asm__("r13") = reg[5];
    register uint64_t r14 __asm__("r14") = reg[6];
    register uint64_t r15 __asm__("r15") = reg[7];
    __asm__ volatile("syscall"
                     : "+a"(rax), "+d"(reg[0]), "+D"(reg[1]), "+S"(reg[2]), "+r"(r10)
                     : "r"(r12), "r"(r13), "r"(r14), "r"(r15)
                     : SYSCALL_CLOBBERS);
    reg[3] = r10;
}

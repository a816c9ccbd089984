// SPDX-License-Identifier: MIT
// The system-call instruction of x86_64, for the stubs that tool/abi makes: number in rax, reg[i]
// in rdi rsi rdx r10 r8 r9 r12 r13 r14 r15 rbx rbp both ways, rcx and r11 lost. One function for
// each number of registers, so that a call loads no more than it needs; the longest is in
// syscall12.S, because it takes the frame pointer too.
#pragma once

#include <stdint.h>

#define SYSCALL_CLOBBERS "rcx", "r11", "cc", "memory"

void fe_syscall12(uint64_t number, uint64_t reg[static 12]);

static inline void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    uint64_t rax = number;
    __asm__ volatile("syscall" : "+a"(rax), "+D"(reg[0]), "+S"(reg[1]) : : SYSCALL_CLOBBERS);
}

static inline void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    uint64_t rax = number;
    register uint64_t r10 __asm__("r10") = reg[3];
    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(reg[0]), "+S"(reg[1]), "+d"(reg[2]), "+r"(r10)
                     :
                     : SYSCALL_CLOBBERS);
    reg[3] = r10;
}

static inline void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    uint64_t rax = number;
    register uint64_t r10 __asm__("r10") = reg[3];
    register uint64_t r8 __asm__("r8") = reg[4];
    register uint64_t r9 __asm__("r9") = reg[5];
    register uint64_t r12 __asm__("r12") = reg[6];
    register uint64_t r13 __asm__("r13") = reg[7];
    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(reg[0]), "+S"(reg[1]), "+d"(reg[2]), "+r"(r10), "+r"(r8),
                       "+r"(r9), "+r"(r12), "+r"(r13)
                     :
                     : SYSCALL_CLOBBERS);
    reg[3] = r10;
    reg[4] = r8;
    reg[5] = r9;
    reg[6] = r12;
    reg[7] = r13;
}

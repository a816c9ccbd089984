// SPDX-License-Identifier: MIT
// The system-call instruction of RISC-V, 64 bits, for the stubs that tool/abi makes: number in t6,
// reg[i] in a0 to a7 and t0 to t3 both ways; what is no result of the call is lost, as are t4 to
// t6. One function for each number of registers, so that a call loads no more than it needs.
#pragma once

#include <stdint.h>

#define SYSCALL_CLOBBERS "t0", "t1", "t2", "t3", "t4", "t5", "memory"
// Of a message, which uses the first four of those: and what functions need not keep.
#define MESSAGE_CLOBBERS                                                                           \
    "t4", "t5", "memory", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fa0", "fa1",    \
        "fa2", "fa3", "fa4", "fa5", "fa6", "fa7", "ft8", "ft9", "ft10", "ft11"

static inline void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    register uint64_t t6 __asm__("t6") = number;
    register uint64_t a0 __asm__("a0") = reg[0];
    register uint64_t a1 __asm__("a1") = reg[1];
    __asm__ volatile("ecall"
                     : "+r"(t6), "+r"(a0), "+r"(a1)
                     :
                     : "a2", "a3", "a4", "a5", "a6", "a7", SYSCALL_CLOBBERS);
    reg[0] = a0;
    reg[1] = a1;
}

static inline void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    register uint64_t t6 __asm__("t6") = number;
    register uint64_t a0 __asm__("a0") = reg[0];
    register uint64_t a1 __asm__("a1") = reg[1];
    register uint64_t a2 __asm__("a2") = reg[2];
    register uint64_t a3 __asm__("a3") = reg[3];
    __asm__ volatile("ecall"
                     : "+r"(t6), "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3)
                     :
                     : "a4", "a5", "a6", "a7", SYSCALL_CLOBBERS);
    reg[0] = a0;
    reg[1] = a1;
    reg[2] = a2;
    reg[3] = a3;
}

static inline void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    register uint64_t t6 __asm__("t6") = number;
    register uint64_t a0 __asm__("a0") = reg[0];
    register uint64_t a1 __asm__("a1") = reg[1];
    register uint64_t a2 __asm__("a2") = reg[2];
    register uint64_t a3 __asm__("a3") = reg[3];
    register uint64_t a4 __asm__("a4") = reg[4];
    register uint64_t a5 __asm__("a5") = reg[5];
    register uint64_t a6 __asm__("a6") = reg[6];
    register uint64_t a7 __asm__("a7") = reg[7];
    __asm__ volatile("ecall"
                     : "+r"(t6), "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5),
                       "+r"(a6), "+r"(a7)
                     :
                     : SYSCALL_CLOBBERS);
    reg[0] = a0;
    reg[1] = a1;
    reg[2] = a2;
    reg[3] = a3;
    reg[4] = a4;
    reg[5] = a5;
    reg[6] = a6;
    reg[7] = a7;
}

static inline void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    register uint64_t t6 __asm__("t6") = number;
    register uint64_t a0 __asm__("a0") = reg[0];
    register uint64_t a1 __asm__("a1") = reg[1];
    register uint64_t a2 __asm__("a2") = reg[2];
    register uint64_t a3 __asm__("a3") = reg[3];
    register uint64_t a4 __asm__("a4") = reg[4];
    register uint64_t a5 __asm__("a5") = reg[5];
    register uint64_t a6 __asm__("a6") = reg[6];
    register uint64_t a7 __asm__("a7") = reg[7];
    register uint64_t t0 __asm__("t0") = reg[8];
    register uint64_t t1 __asm__("t1") = reg[9];
    register uint64_t t2 __asm__("t2") = reg[10];
    register uint64_t t3 __asm__("t3") = reg[11];
    __asm__ volatile("ecall"
                     : "+r"(t6), "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5),
                       "+r"(a6), "+r"(a7), "+r"(t0), "+r"(t1), "+r"(t2), "+r"(t3)
                     :
                     : MESSAGE_CLOBBERS);
    reg[0] = a0;
    reg[1] = a1;
    reg[2] = a2;
    reg[3] = a3;
    reg[4] = a4;
    reg[5] = a5;
    reg[6] = a6;
    reg[7] = a7;
    reg[8] = t0;
    reg[9] = t1;
    reg[10] = t2;
    reg[11] = t3;
}

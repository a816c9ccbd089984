// SPDX-License-Identifier: MIT
// The system-call instruction of AArch64, for the stubs that tool/abi makes: number in x8, reg[i]
// in x0 to x7 and x9 to x12 both ways; what is no result of the call is lost, as are x13 to x17.
// One function for each number of registers, so that a call loads no more than it needs.
#pragma once

#include <stdint.h>

#define SYSCALL_CLOBBERS                                                                           \
    "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "cc", "memory"
// Of a message, which uses the first four of those: and what functions need not keep.
#define MESSAGE_CLOBBERS                                                                           \
    "x13", "x14", "x15", "x16", "x17", "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6",   \
        "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",  \
        "v28", "v29", "v30", "v31"

static inline void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = reg[0];
    register uint64_t x1 __asm__("x1") = reg[1];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1)
                     : "r"(x8)
                     : "x2", "x3", "x4", "x5", "x6", "x7", SYSCALL_CLOBBERS);
    reg[0] = x0;
    reg[1] = x1;
}

static inline void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = reg[0];
    register uint64_t x1 __asm__("x1") = reg[1];
    register uint64_t x2 __asm__("x2") = reg[2];
    register uint64_t x3 __asm__("x3") = reg[3];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     : "r"(x8)
                     : "x4", "x5", "x6", "x7", SYSCALL_CLOBBERS);
    reg[0] = x0;
    reg[1] = x1;
    reg[2] = x2;
    reg[3] = x3;
}

static inline void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = reg[0];
    register uint64_t x1 __asm__("x1") = reg[1];
    register uint64_t x2 __asm__("x2") = reg[2];
    register uint64_t x3 __asm__("x3") = reg[3];
    register uint64_t x4 __asm__("x4") = reg[4];
    register uint64_t x5 __asm__("x5") = reg[5];
    register uint64_t x6 __asm__("x6") = reg[6];
    register uint64_t x7 __asm__("x7") = reg[7];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7)
                     : "r"(x8)
                     : SYSCALL_CLOBBERS);
    reg[0] = x0;
    reg[1] = x1;
    reg[2] = x2;
    reg[3] = x3;
    reg[4] = x4;
    reg[5] = x5;
    reg[6] = x6;
    reg[7] = x7;
}

static inline void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = reg[0];
    register uint64_t x1 __asm__("x1") = reg[1];
    register uint64_t x2 __asm__("x2") = reg[2];
    register uint64_t x3 __asm__("x3") = reg[3];
    register uint64_t x4 __asm__("x4") = reg[4];
    register uint64_t x5 __asm__("x5") = reg[5];
    register uint64_t x6 __asm__("x6") = reg[6];
    register uint64_t x7 __asm__("x7") = reg[7];
    register uint64_t x9 __asm__("x9") = reg[8];
    register uint64_t x10 __asm__("x10") = reg[9];
    register uint64_t x11 __asm__("x11") = reg[10];
    register uint64_t x12 __asm__("x12") = reg[11];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7), "+r"(x9), "+r"(x10), "+r"(x11), "+r"(x12)
                     : "r"(x8)
                     : MESSAGE_CLOBBERS);
    reg[0] = x0;
    reg[1] = x1;
    reg[2] = x2;
    reg[3] = x3;
    reg[4] = x4;
    reg[5] = x5;
    reg[6] = x6;
    reg[7] = x7;
    reg[8] = x9;
    reg[9] = x10;
    reg[10] = x11;
    reg[11] = x12;
}

// SPDX-License-Identifier: MIT
// System calls for the stubs that tool/abi makes, where one instruction passes all their numbers in
// registers. A port includes this when it has said which: SYSCALL_INSTRUCTION; SYSCALL_NUMBER,
// which may be lost; SYSCALL_0 to SYSCALL_11, both ways; and what is lost besides those that are no
// result of a call, SYSCALL_CLOBBERS with registers 8 to 11, and MESSAGE_CLOBBERS of a message,
// which uses them, and may lose what functions need not keep. One function for each number of
// registers, so that a call loads no more than it needs.
#pragma once

#include <stdint.h>

// Whether data lies at any distance from text: where addresses are not translated.
constexpr bool DATA_IS_APART = false;

static inline void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    register uint64_t call __asm__(SYSCALL_NUMBER) = number;
    register uint64_t r0 __asm__(SYSCALL_0) = reg[0];
    register uint64_t r1 __asm__(SYSCALL_1) = reg[1];
    __asm__ volatile(SYSCALL_INSTRUCTION
                     : "+r"(call), "+r"(r0), "+r"(r1)
                     :
                     : SYSCALL_2, SYSCALL_3, SYSCALL_4, SYSCALL_5, SYSCALL_6, SYSCALL_7,
                       SYSCALL_CLOBBERS);
    reg[0] = r0;
    reg[1] = r1;
}

static inline void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    register uint64_t call __asm__(SYSCALL_NUMBER) = number;
    register uint64_t r0 __asm__(SYSCALL_0) = reg[0];
    register uint64_t r1 __asm__(SYSCALL_1) = reg[1];
    register uint64_t r2 __asm__(SYSCALL_2) = reg[2];
    register uint64_t r3 __asm__(SYSCALL_3) = reg[3];
    __asm__ volatile(SYSCALL_INSTRUCTION
                     : "+r"(call), "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)
                     :
                     : SYSCALL_4, SYSCALL_5, SYSCALL_6, SYSCALL_7, SYSCALL_CLOBBERS);
    reg[0] = r0;
    reg[1] = r1;
    reg[2] = r2;
    reg[3] = r3;
}

static inline void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    register uint64_t call __asm__(SYSCALL_NUMBER) = number;
    register uint64_t r0 __asm__(SYSCALL_0) = reg[0];
    register uint64_t r1 __asm__(SYSCALL_1) = reg[1];
    register uint64_t r2 __asm__(SYSCALL_2) = reg[2];
    register uint64_t r3 __asm__(SYSCALL_3) = reg[3];
    register uint64_t r4 __asm__(SYSCALL_4) = reg[4];
    register uint64_t r5 __asm__(SYSCALL_5) = reg[5];
    register uint64_t r6 __asm__(SYSCALL_6) = reg[6];
    register uint64_t r7 __asm__(SYSCALL_7) = reg[7];
    __asm__ volatile(SYSCALL_INSTRUCTION
                     : "+r"(call), "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5),
                       "+r"(r6), "+r"(r7)
                     :
                     : SYSCALL_CLOBBERS);
    reg[0] = r0;
    reg[1] = r1;
    reg[2] = r2;
    reg[3] = r3;
    reg[4] = r4;
    reg[5] = r5;
    reg[6] = r6;
    reg[7] = r7;
}

static inline void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    register uint64_t call __asm__(SYSCALL_NUMBER) = number;
    register uint64_t r0 __asm__(SYSCALL_0) = reg[0];
    register uint64_t r1 __asm__(SYSCALL_1) = reg[1];
    register uint64_t r2 __asm__(SYSCALL_2) = reg[2];
    register uint64_t r3 __asm__(SYSCALL_3) = reg[3];
    register uint64_t r4 __asm__(SYSCALL_4) = reg[4];
    register uint64_t r5 __asm__(SYSCALL_5) = reg[5];
    register uint64_t r6 __asm__(SYSCALL_6) = reg[6];
    register uint64_t r7 __asm__(SYSCALL_7) = reg[7];
    register uint64_t r8 __asm__(SYSCALL_8) = reg[8];
    register uint64_t r9 __asm__(SYSCALL_9) = reg[9];
    register uint64_t r10 __asm__(SYSCALL_10) = reg[10];
    register uint64_t r11 __asm__(SYSCALL_11) = reg[11];
    __asm__ volatile(SYSCALL_INSTRUCTION
                     : "+r"(call), "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5),
                       "+r"(r6), "+r"(r7), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r11)
                     :
                     : MESSAGE_CLOBBERS);
    reg[0] = r0;
    reg[1] = r1;
    reg[2] = r2;
    reg[3] = r3;
    reg[4] = r4;
    reg[5] = r5;
    reg[6] = r6;
    reg[7] = r7;
    reg[8] = r8;
    reg[9] = r9;
    reg[10] = r10;
    reg[11] = r11;
}

// SPDX-License-Identifier: MIT
// The registers of system calls on RISC-V, 64 bits: number in t6, reg[i] in a0 to a7 and t0 to t3
// both ways; what is no result of the call is lost, as are t4 to t6.
#pragma once

#define SYSCALL_INSTRUCTION "ecall"
#define SYSCALL_NUMBER "t6"
#define SYSCALL_0 "a0"
#define SYSCALL_1 "a1"
#define SYSCALL_2 "a2"
#define SYSCALL_3 "a3"
#define SYSCALL_4 "a4"
#define SYSCALL_5 "a5"
#define SYSCALL_6 "a6"
#define SYSCALL_7 "a7"
#define SYSCALL_8 "t0"
#define SYSCALL_9 "t1"
#define SYSCALL_10 "t2"
#define SYSCALL_11 "t3"
#define SYSCALL_CLOBBERS "t0", "t1", "t2", "t3", "t4", "t5", "memory"
#define MESSAGE_CLOBBERS                                                                           \
    "t4", "t5", "memory", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fa0", "fa1",    \
        "fa2", "fa3", "fa4", "fa5", "fa6", "fa7", "ft8", "ft9", "ft10", "ft11"

#include "arch/syscall.h"

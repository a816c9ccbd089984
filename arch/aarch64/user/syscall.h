// SPDX-License-Identifier: MIT
// The registers of system calls on AArch64: number in x8, reg[i] in x0 to x7 and x9 to x12 both
// ways; what is no result of the call is lost, as are x13 to x17.
#pragma once

#define SYSCALL_INSTRUCTION "svc #0"
#define SYSCALL_NUMBER "x8"
#define SYSCALL_0 "x0"
#define SYSCALL_1 "x1"
#define SYSCALL_2 "x2"
#define SYSCALL_3 "x3"
#define SYSCALL_4 "x4"
#define SYSCALL_5 "x5"
#define SYSCALL_6 "x6"
#define SYSCALL_7 "x7"
#define SYSCALL_8 "x9"
#define SYSCALL_9 "x10"
#define SYSCALL_10 "x11"
#define SYSCALL_11 "x12"
#define SYSCALL_CLOBBERS                                                                           \
    "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "cc", "memory"
#define MESSAGE_CLOBBERS                                                                           \
    "x13", "x14", "x15", "x16", "x17", "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6",   \
        "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",  \
        "v28", "v29", "v30", "v31"

#include "arch/syscall.h"

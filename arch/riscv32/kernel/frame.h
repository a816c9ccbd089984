// SPDX-License-Identifier: MIT
// Offsets that assembly shares with C. trap.c asserts that they are those of struct frame and
// struct cpu.
#pragma once

#define FRAME_REG 0
#define FRAME_A0 0  /* to a7 */
#define FRAME_T0 32 /* to t5 */
#define FRAME_S2 56 /* to s11 */
#define FRAME_T6 96
#define FRAME_RA 100
#define FRAME_SP 104
#define FRAME_GP 108
#define FRAME_TP 112
#define FRAME_S0 116
#define FRAME_S1 120
#define FRAME_PC 124
#define FRAME_STATUS 128
#define FRAME_WHOLE 132
#define FRAME_SIZE 144

#define CPU_FRAME 4
#define CPU_CURRENT 8
#define CPU_KERNEL_STACK 12
#define CPU_SCRATCH 16
#define CPU_CONCERNS 80
#define THREAD_FRAME 32

// Numbers of the calls that have a fast path elsewhere (abi/syscalls.def; asserted in trap.c).
#define CALL_CHANNEL_CALL 0
#define CALL_CHANNEL_REPLY_RECEIVE 1
#define CALL_EVENT_SIGNAL 4
#define CALL_EVENT_WAIT 5
#define CALL_THREAD_YIELD 6

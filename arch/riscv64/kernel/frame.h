// SPDX-License-Identifier: MIT
// Offsets that assembly shares with C. trap.c asserts that they are those of struct frame and
// struct cpu.
#pragma once

#define FRAME_REG 0
#define FRAME_A0 0  /* to a7 */
#define FRAME_T0 64 /* to t3 */
#define FRAME_T4 96 /* to t6 */
#define FRAME_RA 120
#define FRAME_SP 128
#define FRAME_GP 136
#define FRAME_TP 144
#define FRAME_S0 152 /* to s11 */
#define FRAME_PC 248
#define FRAME_STATUS 256
#define FRAME_WHOLE 264
#define FRAME_SIZE 272

#define CPU_FRAME 8
#define CPU_CURRENT 16
#define CPU_KERNEL_STACK 24
#define CPU_SCRATCH 32
#define CPU_CONCERNS 144
#define THREAD_FRAME 32

// Numbers of the calls with a fast path (abi/syscalls.def; asserted in trap.c).
#define CALL_CHANNEL_CALL 0
#define CALL_CHANNEL_REPLY_RECEIVE 1
#define CALL_EVENT_SIGNAL 4
#define CALL_EVENT_WAIT 5
#define CALL_THREAD_YIELD 6

#define FAST_NOT 0 /* kernel/object/fast_event.h */
#define FAST_DONE 1

// A kernel stack is the upper half of an aligned block of twice its size; the lower half is not
// mapped. So one bit of the stack pointer tells an overflow before anything is stored.
#define STACK_SHIFT 14
#define STACK_SIZE (1 << STACK_SHIFT)

// SPDX-License-Identifier: MIT
// Offsets that assembly shares with C. trap.c asserts that they are those of struct frame and
// struct cpu.
#pragma once

#define FRAME_X9 64 /* x0 to x7 before it, x9 to x12 from here */
#define FRAME_X8 96
#define FRAME_X14 112
#define FRAME_X18 144
#define FRAME_X30 240
#define FRAME_STACK 248
#define FRAME_PC 256
#define FRAME_PSTATE 264
#define FRAME_THREAD_POINTER 272
#define FRAME_WHOLE 280
#define FRAME_ZERO 288
#define FRAME_SIZE 304

#define CPU_FRAME 8
#define CPU_CURRENT 16
#define CPU_CONCERNS 144
#define THREAD_FRAME 32
#define CPU_KERNEL_STACK 24

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

// SPDX-License-Identifier: MIT
// Offsets that assembly shares with C. trap.c asserts that they are those of struct frame and
// struct cpu.
#pragma once

#define FRAME_X12 96
#define FRAME_X18 144
#define FRAME_X30 240
#define FRAME_STACK 248
#define FRAME_PC 256
#define FRAME_PSTATE 264
#define FRAME_THREAD_POINTER 272
#define FRAME_WHOLE 280
#define FRAME_SIZE 288

#define CPU_KERNEL_STACK 16

// A kernel stack is the upper half of an aligned block of twice its size; the lower half is not
// mapped. So one bit of the stack pointer tells an overflow before anything is stored.
#define STACK_SHIFT 14
#define STACK_SIZE (1 << STACK_SHIFT)

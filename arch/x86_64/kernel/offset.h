// SPDX-License-Identifier: MIT
// What assembly knows of C structures: offsets in struct frame and struct cpu, and the places of
// the address space's parts. Held true by static_asserts in cpu.c.
#pragma once

#define FRAME_RDX 0
#define FRAME_RDI 8
#define FRAME_RSI 16
#define FRAME_R10 24
#define FRAME_R12 32
#define FRAME_R13 40
#define FRAME_R14 48
#define FRAME_R15 56
#define FRAME_RBX 64
#define FRAME_RBP 72
#define FRAME_R8 80
#define FRAME_R9 88
#define FRAME_RAX 96
#define FRAME_RCX 104
#define FRAME_R11 112
#define FRAME_VECTOR 120
#define FRAME_ERROR 128
#define FRAME_RIP 136
#define FRAME_CS 144
#define FRAME_RFLAGS 152
#define FRAME_RSP 160
#define FRAME_SS 168
#define FRAME_THREAD_POINTER 176

#define CPU_OWN_FRAME 8
#define CPU_CURRENT 16
#define CPU_KERNEL_STACK 24
#define CPU_USER_SCRATCH 32
#define CPU_CONCERNS 144
#define CPU_ARCH_POINTER 40 /* what FS base holds, or a kernel address */
#define CPU_ARCH_PENDING 48 /* vector let in by arch_interrupt_pending */

#define THREAD_FRAME 32

#define KERNEL_LINK_BASE 0xffffffff80000000
#define ENTRY_KERNEL_CODE 0x08
#define ENTRY_SYSCALL 256
#define ENTRY_MSR_FS_BASE 0xc0000100
#define ENTRY_MSR_GS_BASE 0xc0000101

/* Numbers of the first calls (abi/syscalls.def; asserted in cpu.c): four of messages, of which the
   first two have a fast path, then three with another. */
#define CALL_CHANNEL_CALL 0
#define CALL_CHANNEL_REPLY_RECEIVE 1
#define CALL_CHANNEL_REPLY 3
#define CALL_EVENT_SIGNAL 4
#define CALL_EVENT_WAIT 5
#define CALL_THREAD_YIELD 6

#define FAST_NOT 0 /* kernel/object/fast_event.h */
#define FAST_DONE 1

/* Where a further processor is led to: long mode, without execution of data (EFER), by this code
   segment. */
#define TRAMPOLINE_EFER 0x900
#define TRAMPOLINE_CODE 0x00af9b000000ffff

#define POINTER .quad

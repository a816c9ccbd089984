// SPDX-License-Identifier: MIT
// What assembly knows of C structures: offsets in struct frame and struct cpu, segments, and where
// the kernel is. Held true by static_asserts in cpu.c.
#pragma once

#define FRAME_SAVED 96 /* registers in the order of pusha */
#define FRAME_VECTOR 128
#define FRAME_CS 140
#define FRAME_HARDWARE_END 156 /* where the processor begins to push */
#define FRAME_THREAD_POINTER 156

#define CPU_KERNEL_STACK 12
#define CPU_ARCH_PENDING 20
#define CPU_ARCH_TABLES 24

#define TABLES_STACK 4 /* tss: stack of the kernel */
#define TABLES_TLS 176 /* gdt: the entry of the thread pointer */

#define KERNEL_LINK_BASE 0x80000000
#define ENTRY_KERNEL_CODE 0x08
#define ENTRY_KERNEL_DATA 0x10
#define ENTRY_USER_CODE 0x1b
#define ENTRY_USER_DATA 0x23
#define ENTRY_CPU 0x28
#define ENTRY_THREAD_POINTER 0x33
#define ENTRY_SYSCALL 0x80

/* Where a further processor is led to: without execution of data (EFER), by this code segment. */
#define TRAMPOLINE_EFER 0x800
#define TRAMPOLINE_CODE 0x00cf9b000000ffff

#define POINTER .long

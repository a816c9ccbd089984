// SPDX-License-Identifier: MIT
// Where a program begins: reg[0], in a0 and a1, is the address of its start block (abi/start.h);
// reg[1], in a2 and a3, the thread's handle; the stack is 16-aligned.
    .section .text._start, "ax"
    .globl _start
    .hidden _start
    .type _start, %function
_start:
    li      s0, 0
    li      ra, 0
    mv      a1, a2
    tail    fe_start_c
    .size _start, . - _start

    .section .text.fe_thread_entry, "ax"
    .globl fe_thread_entry
    .hidden fe_thread_entry
    .type fe_thread_entry, %function
fe_thread_entry:
    li      s0, 0
    li      ra, 0
    tail    fe_thread_main
    .size fe_thread_entry, . - fe_thread_entry

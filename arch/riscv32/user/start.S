// SPDX-License-Identifier: MIT
// Where a program begins: reg[0], in a0 and a1, is the address of its start block (abi/start.h);
// reg[1], in a2 and a3, the thread's handle; the stack is 16-aligned. Every thread has in gp the
// address of the process's data, which is not at a fixed distance from its text. Data begins with a
// word for each page of it, and the first of all threads makes them: what tool/image makes of an
// instruction that reached data relative to itself loads such a word.
    .section .bases, "aw", %progbits
    .globl __data_bases
    .hidden __data_bases
__data_bases:
    .space 4

    .section .rodata._start, "a"
    .balign 4
data_size:
    .word __image_end - __data_start

    .section .text._start, "ax"
    .globl _start
    .hidden _start
    .type _start, %function
_start:
    lla     t0, data_size
    lw      t0, 0(t0)
    add     t0, t0, gp
    mv      t1, gp
    mv      t2, gp
    li      t3, 4096
1:  sw      t1, 0(t2)
    add     t1, t1, t3
    addi    t2, t2, 4
    bleu    t1, t0, 1b
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

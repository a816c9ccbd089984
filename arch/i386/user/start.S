// SPDX-License-Identifier: MIT
// Where a program and a thread begin: eax, reg[0], is the address of its start block (abi/start.h),
// or what fe_thread_main wants; edx, reg[1], the thread's handle; the stack is 16-aligned.
    .section .text._start, "ax", @progbits
    .globl _start
    .hidden _start
    .type _start, @function
_start:
    xor     %ebp, %ebp
    and     $-16, %esp
    sub     $8, %esp
    push    %edx
    push    %eax
    call    fe_start_c
    ud2
    .size _start, . - _start

    .section .text.fe_thread_entry, "ax", @progbits
    .globl fe_thread_entry
    .hidden fe_thread_entry
    .type fe_thread_entry, @function
fe_thread_entry:
    xor     %ebp, %ebp
    and     $-16, %esp
    sub     $12, %esp
    push    %eax
    call    fe_thread_main
    ud2
    .size fe_thread_entry, . - fe_thread_entry

// SPDX-License-Identifier: MIT
// Where a program and a thread begin: reg[0] is the address of its start block (abi/start.h), or
// what fe_thread_main wants, which is in rdi too; the stack is 16-aligned.
    .section .text._start, "ax"
    .globl _start
    .hidden _start
    .type _start, @function
_start:
    xor     %ebp, %ebp
    mov     %rdi, %rsi          // reg[1]: the thread's handle
    mov     %rdx, %rdi          // reg[0]
    call    fe_start_c
    ud2
    .size _start, . - _start

    .section .text.fe_thread_entry, "ax"
    .globl fe_thread_entry
    .hidden fe_thread_entry
    .type fe_thread_entry, @function
fe_thread_entry:
    xor     %ebp, %ebp
    call    fe_thread_main
    ud2
    .size fe_thread_entry, . - fe_thread_entry

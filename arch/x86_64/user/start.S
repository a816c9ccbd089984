// SPDX-License-Identifier: MIT
// Where a program begins: reg[0] is the address of its start block (abi/start.h), the stack is
// 16-aligned.
    .section .text._start, "ax"
    .globl _start
    .hidden _start
    .type _start, @function
_start:
    xor     %ebp, %ebp
    call    fe_start_c
    ud2
    .size _start, . - _start

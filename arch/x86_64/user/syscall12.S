// SPDX-License-Identifier: MIT
// fe_syscall12(number, reg): a system call with all twelve registers, which are the arguments and
// then the results. Declared in syscall.h.

    .section .text.fe_syscall12, "ax", @progbits
    .globl fe_syscall12
    .hidden fe_syscall12
    .type fe_syscall12, @function
fe_syscall12:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    push %rsi
    mov %rdi, %rax
    mov %rsi, %rcx
    mov 0(%rcx), %rdx
    mov 8(%rcx), %rdi
    mov 16(%rcx), %rsi
    mov 24(%rcx), %r10
    mov 32(%rcx), %r12
    mov 40(%rcx), %r13
    mov 48(%rcx), %r14
    mov 56(%rcx), %r15
    mov 64(%rcx), %rbx
    mov 72(%rcx), %rbp
    mov 80(%rcx), %r8
    mov 88(%rcx), %r9
    syscall
    pop %rcx
    mov %rdx, 0(%rcx)
    mov %rdi, 8(%rcx)
    mov %rsi, 16(%rcx)
    mov %r10, 24(%rcx)
    mov %r12, 32(%rcx)
    mov %r13, 40(%rcx)
    mov %r14, 48(%rcx)
    mov %r15, 56(%rcx)
    mov %rbx, 64(%rcx)
    mov %rbp, 72(%rcx)
    mov %r8, 80(%rcx)
    mov %r9, 88(%rcx)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size fe_syscall12, . - fe_syscall12

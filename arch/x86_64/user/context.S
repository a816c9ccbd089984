// SPDX-License-Identifier: MIT
// What lib/posix cannot say in C: where a thread begins, where an upcall enters, how a handler gets
// another stack, and vfork.
#include "arch/x86/user/float.inc"

.macro CALL_UPCALL
    mov     %rbx, %rdi
    call    posix_upcall
.endm

    // A thread of the C library: rdi and rsi, its id, are what posix_thread_begin wants, the stack
    // is 16-aligned.
    .section .text.posix_thread_entry, "ax", @progbits
    .globl posix_thread_entry
    .hidden posix_thread_entry
    .type posix_thread_entry, @function
posix_thread_entry:
    xor     %ebp, %ebp
    call    posix_thread_begin
    ud2
    .size posix_thread_entry, . - posix_thread_entry

    // An upcall: rdi is the saved frame. The kernel has the general registers; those of SSE and
    // AVX still belong to what was interrupted.
    .section .text.posix_upcall_entry, "ax", @progbits
    .globl posix_upcall_entry
    .hidden posix_upcall_entry
    .type posix_upcall_entry, @function
posix_upcall_entry:
    mov     %rdi, %rbx
    and     $-64, %rsp
    cld
    xor     %ebp, %ebp
    call    posix_float_room
    sub     %rax, %rsp
    RUN_UPCALL %rsp, %rdi, %r12d
    mov     %ecx, %edi
    mov     %rbx, %rdx
    mov     $64, %eax           // thread_upcall_return; lib/posix asserts the number
    syscall
    ud2
    .size posix_upcall_entry, . - posix_upcall_entry

    // void posix_run_on(void (*function)(void *), void *argument, uintptr_t top): a call with
    // another stack, which begins below `top`, 16-aligned.
    .section .text.posix_run_on, "ax", @progbits
    .globl posix_run_on
    .hidden posix_run_on
    .type posix_run_on, @function
posix_run_on:
    push    %rbp
    mov     %rsp, %rbp
    mov     %rdx, %rsp
    mov     %rdi, %rax
    mov     %rsi, %rdi
    call    *%rax
    mov     %rbp, %rsp
    pop     %rbp
    ret
    .size posix_run_on, . - posix_run_on

    // pid_t vfork(void): setjmp in the caller's name, with the buffer that the C half gives.
    .section .text.vfork, "ax", @progbits
    .globl vfork
    .type vfork, @function
vfork:
    sub     $8, %rsp
    call    posix_vfork_prepare
    add     $8, %rsp
    test    %rax, %rax
    jz      1f
    mov     %rax, %rdi
    jmp     setjmp
1:  mov     $-1, %eax
    ret
    .size vfork, . - vfork

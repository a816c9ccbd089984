// SPDX-License-Identifier: MIT
// What lib/posix cannot say in C: where a thread begins, where an upcall enters, how a handler gets
// another stack, and vfork.
#include "arch/x86/user/float.inc"

.macro CALL_UPCALL
    sub     $12, %esp
    push    %ebx
    call    posix_upcall
    add     $16, %esp
.endm

    // A thread of the C library: eax, and esi, its id, are what posix_thread_begin wants, the stack
    // is 16-aligned.
    .section .text.posix_thread_entry, "ax", @progbits
    .globl posix_thread_entry
    .hidden posix_thread_entry
    .type posix_thread_entry, @function
posix_thread_entry:
    xor     %ebp, %ebp
    and     $-16, %esp
    sub     $8, %esp
    push    %esi
    push    %eax
    call    posix_thread_begin
    ud2
    .size posix_thread_entry, . - posix_thread_entry

    // An upcall: eax is the saved frame. The kernel has the general registers; those of SSE and
    // AVX still belong to what was interrupted.
    .section .text.posix_upcall_entry, "ax", @progbits
    .globl posix_upcall_entry
    .hidden posix_upcall_entry
    .type posix_upcall_entry, @function
posix_upcall_entry:
    mov     %eax, %ebx
    and     $-64, %esp
    cld
    xor     %ebp, %ebp
    call    posix_float_room
    sub     %eax, %esp
    RUN_UPCALL %esp, %edi, %esi
    sub     $16, %esp           // reg[]: the frame, and what posix_upcall said
    mov     %ebx, 0(%esp)
    movl    $0, 4(%esp)
    mov     %ecx, 8(%esp)
    movl    $0, 12(%esp)
    mov     %esp, %ebx
    mov     $2, %ecx
    mov     $64, %eax           // thread_upcall_return; lib/posix asserts the number
    int     $0x80
    ud2
    .size posix_upcall_entry, . - posix_upcall_entry

    // void posix_run_on(void (*function)(void *), void *argument, uintptr_t top): a call with
    // another stack, which begins below `top`, 16-aligned.
    .section .text.posix_run_on, "ax", @progbits
    .globl posix_run_on
    .hidden posix_run_on
    .type posix_run_on, @function
posix_run_on:
    push    %ebp
    mov     %esp, %ebp
    mov     8(%ebp), %eax
    mov     12(%ebp), %ecx
    mov     16(%ebp), %esp
    sub     $12, %esp
    push    %ecx
    call    *%eax
    mov     %ebp, %esp
    pop     %ebp
    ret
    .size posix_run_on, . - posix_run_on

    // pid_t vfork(void): setjmp in the caller's name (the C library's jmp_buf: ebx, esi, edi, ebp,
    // esp, eip), with the buffer that the C half gives.
    .section .text.vfork, "ax", @progbits
    .globl vfork
    .type vfork, @function
vfork:
    sub     $12, %esp
    call    posix_vfork_prepare
    add     $12, %esp
    test    %eax, %eax
    jz      1f
    mov     %ebx, 0(%eax)
    mov     %esi, 4(%eax)
    mov     %edi, 8(%eax)
    mov     %ebp, 12(%eax)
    lea     4(%esp), %ecx
    mov     %ecx, 16(%eax)
    mov     (%esp), %ecx
    mov     %ecx, 20(%eax)
    xor     %eax, %eax
    ret
1:  mov     $-1, %eax
    ret
    .size vfork, . - vfork

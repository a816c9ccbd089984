// SPDX-License-Identifier: MIT
// The two kinds of a system call (syscall.h). Results take every register there is.

    .section .text.fe_syscall_registers, "ax", @progbits
    .globl fe_syscall_registers
    .hidden fe_syscall_registers
    .type fe_syscall_registers, @function
fe_syscall_registers:
    push    %ebp
    push    %ebx
    push    %esi
    push    %edi
    mov     20(%esp), %eax
    mov     24(%esp), %ebx
    mov     28(%esp), %ecx
    int     $0x80
    push    %ebp
    mov     28(%esp), %ebp      // reg[]
    mov     %eax, 0(%ebp)
    movl    $0, 4(%ebp)
    mov     %edx, 8(%ebp)
    mov     %ecx, 12(%ebp)
    mov     %esi, 16(%ebp)
    mov     %edi, 20(%ebp)
    mov     %ebx, 24(%ebp)
    pop     %eax
    mov     %eax, 28(%ebp)
    pop     %edi
    pop     %esi
    pop     %ebx
    pop     %ebp
    ret
    .size fe_syscall_registers, . - fe_syscall_registers

    .section .text.fe_syscall_message, "ax", @progbits
    .globl fe_syscall_message
    .hidden fe_syscall_message
    .type fe_syscall_message, @function
fe_syscall_message:
    push    %ebx
    mov     8(%esp), %eax
    mov     12(%esp), %ebx
    mov     $12, %ecx
    int     $0x80
    pop     %ebx
    ret
    .size fe_syscall_message, . - fe_syscall_message

// SPDX-License-Identifier: MIT
// From UEFI's environment, long mode with all memory mapped as it is, to the kernel's entry.

    .text
    .globl uefi_leave
uefi_leave:
    cli
    lea enter_long(%rip), %rax
    lea image_start(%rip), %rdx
    sub %rdx, %rax
    add %rdi, %rax
    mov %rcx, %rdi
    jmp *%rax

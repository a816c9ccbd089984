// SPDX-License-Identifier: MIT
// From a loader's environment, long mode with the low 4 GiB mapped as they are, to the kernel's
// entry.

    .text
    .globl handover_leave
handover_leave:
    cli
    lea enter_long(%rip), %rax
    lea image_start(%rip), %rdx
    sub %rdx, %rax
    add %rdi, %rax
    mov %rcx, %rdi
    jmp *%rax

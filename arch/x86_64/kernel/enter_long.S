// SPDX-License-Identifier: MIT
// Where boot protocols come in that are in long mode already: at the physical address of wherever
// the image lies, below 4 GiB at a boundary of 2 MiB, which is mapped as it is. rdi is the physical
// address of a handover block (boot/boot.h). Maps the low 4 GiB twice (as they are, and as the
// kernel's view of RAM), and the image at its addresses.
#include "offset.h"

#define IMAGE_OFFSET 0x200000 // of image_start in the last 2 GiB

    .section .text.boot, "ax"
    .code64
    .globl enter_long
enter_long:
    cli
    cld
    lea kernel_stack_end(%rip), %rsp
    lea boot_directory(%rip), %rsi
    mov %rsi, %rdx
    mov $0x83, %eax // present, writable, 2 MiB
    mov $2048, %ecx
1:  mov %rax, (%rdx)
    add $8, %rdx
    add $0x200000, %rax
    loop 1b

    lea image_start(%rip), %rbx
    sub $IMAGE_OFFSET, %rbx
    lea 0x83(%rbx), %rax
    lea boot_kernel(%rip), %r8
    mov %r8, %rdx
    mov $512, %ecx
1:  mov %rax, (%rdx)
    add $8, %rdx
    add $0x200000, %rax
    loop 1b

    lea 3(%rsi), %rax
    lea boot_low(%rip), %r9
    mov %r9, %rdx
    mov $4, %ecx
1:  mov %rax, (%rdx)
    add $0x1000, %rax
    add $8, %rdx
    loop 1b
    lea boot_high(%rip), %r10
    add $3, %r8
    mov %r8, 510 * 8(%r10)
    lea boot_root(%rip), %r11
    add $3, %r9
    mov %r9, (%r11)
    mov %r9, 256 * 8(%r11)
    add $3, %r10
    mov %r10, 511 * 8(%r11)
    mov $KERNEL_LINK_BASE, %rax
    sub %rbx, %rax
    mov %rax, kernel_offset(%rip)

    mov $0x80000001, %eax
    cpuid
    mov %edx, %ebx
    and $0x100000, %ebx // NX, without which handover_start goes no further
    shr $9, %ebx        // NXE
    mov $0xc0000080, %ecx
    rdmsr
    or $0x101, %eax // LME, SCE
    or %ebx, %eax
    wrmsr
    mov $0x80010001, %eax // PG, WP, PE; caches on
    mov %rax, %cr0
    mov %r11, %cr3

    lea boot_gdt(%rip), %rax
    push %rax
    sub $2, %rsp
    movw $23, (%rsp)
    lgdt (%rsp)
    mov $kernel_stack_end, %rsp
    push $8
    movabs $long_upper, %rax
    push %rax
    lretq

long_upper:
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov $16, %eax
    mov %eax, %ss
    xor %ebp, %ebp
    call handover_start
    ud2

    .section .bss.boot, "aw", @nobits
    .p2align 12
boot_kernel:
    .skip 4096

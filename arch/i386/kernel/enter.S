// SPDX-License-Identifier: MIT
// Where boot protocols of x86 come in: 32-bit protected mode, flat segments, paging off, bss
// zeroed. esi is the physical address of the protocol's C function, edi and ebx are its arguments.
// Maps the low 2 GiB twice, as they are and as the kernel's half, and calls it there.
#include "offset.h"

#define PHYSICAL(symbol) ((symbol) - KERNEL_LINK_BASE)

    .section .text.boot, "ax"
    .globl enter
enter:
    cld
    cli
    mov $PHYSICAL(kernel_stack_end), %esp
    call demand
    mov $PHYSICAL(boot_directory), %ecx
    mov $0x83, %eax // present, writable, 2 MiB
1:  mov %eax, (%ecx)
    movl $0, 4(%ecx)
    add $8, %ecx
    add $0x200000, %eax
    jns 1b

    mov $PHYSICAL(boot_directory) + 1, %eax // present
    mov %eax, PHYSICAL(boot_top)
    mov %eax, PHYSICAL(boot_top) + 16
    add $4096, %eax
    mov %eax, PHYSICAL(boot_top) + 8
    mov %eax, PHYSICAL(boot_top) + 24
    mov %cr4, %eax
    or $0x20, %eax // PAE
    mov %eax, %cr4
    mov $PHYSICAL(boot_top), %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $0x80010001, %eax // PG, WP, PE
    mov %eax, %cr0
    mov $upper, %eax
    jmp *%eax
upper:
    lgdt boot_gdt_register
    ljmp $ENTRY_KERNEL_CODE, $1f
1:  mov $ENTRY_KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $kernel_stack_end, %esp
    xor %ebp, %ebp
    add $KERNEL_LINK_BASE, %esi
    sub $8, %esp // so that the stack is aligned where a C function begins
    push %ebx
    push %edi
    call *%esi
    ud2

    .section .data.boot, "aw"
    .p2align 3
boot_gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
boot_gdt_register:
    .word 23
    .long boot_gdt

    .section .bss.boot, "aw", @nobits
    .p2align 12
boot_directory:
    .skip 2 * 4096
boot_top:
    .skip 32

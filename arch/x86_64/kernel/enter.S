// SPDX-License-Identifier: MIT
// Where boot protocols come in that begin in 32-bit protected mode: flat segments, paging off, bss
// zeroed. esi is the physical address of the protocol's C function, edi and ebx are its arguments.
// Maps the low 4 GiB three times (as they are, as the kernel's view of RAM, and below the kernel
// image's addresses), goes to long mode and calls it.
#include "offset.h"

#define PHYSICAL(symbol) ((symbol) - KERNEL_LINK_BASE)

    .section .text.boot, "ax"
    .code32
    .globl enter, boot_gdt, boot_root, boot_low, boot_high, boot_directory
enter:
    cld
    cli
    mov $PHYSICAL(kernel_stack_end), %esp
    call demand
    push %edi
    mov $PHYSICAL(boot_directory), %edi
    mov $0x83, %eax // present, writable, 2 MiB
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $8, %edi
    add $0x200000, %eax
    jnc 1b

    mov $PHYSICAL(boot_directory) + 3, %eax
    mov $PHYSICAL(boot_low), %edi
    mov $4, %ecx
1:  mov %eax, (%edi)
    add $0x1000, %eax
    add $8, %edi
    loop 1b
    movl $PHYSICAL(boot_directory) + 3, PHYSICAL(boot_high) + 510 * 8
    movl $PHYSICAL(boot_low) + 3, PHYSICAL(boot_root)
    movl $PHYSICAL(boot_low) + 3, PHYSICAL(boot_root) + 256 * 8
    movl $PHYSICAL(boot_high) + 3, PHYSICAL(boot_root) + 511 * 8
    pop %edi

    mov %cr4, %eax
    or $0x20, %eax // PAE
    mov %eax, %cr4
    mov $PHYSICAL(boot_root), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x900, %eax // LME, NXE
    wrmsr
    mov %cr0, %eax
    or $0x80010001, %eax // PG, WP, PE
    mov %eax, %cr0
    lgdt PHYSICAL(boot_gdt_register)
    ljmp $8, $PHYSICAL(long_mode)

    .code64
long_mode:
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov $16, %eax
    mov %eax, %ss
    mov $kernel_stack_end, %rsp
    xor %ebp, %ebp
    mov %esi, %eax
    add $KERNEL_LINK_BASE, %rax
    mov %ebx, %esi
    call *%rax
    ud2

    .section .data.boot, "aw"
    .p2align 3
boot_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_register:
    .word 23
    .long PHYSICAL(boot_gdt)

    .section .bss.boot, "aw", @nobits
    .p2align 12
boot_root:
    .skip 4096
boot_low:
    .skip 4096
boot_high:
    .skip 4096
boot_directory:
    .skip 4 * 4096

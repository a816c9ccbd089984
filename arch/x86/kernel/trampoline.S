// SPDX-License-Identifier: MIT
// Where a further processor begins: in real mode, at the start of a page below 1 MiB to which
// secondary.c copies this. It goes straight to the mode of the kernel, by tables that map the page
// as it is, and on to the entry it is given. The words at the end are filled in after copying.
#include <arch/kernel/offset.h>

#define AT(symbol) ((symbol) - trampoline_begin)

    .section .rodata.trampoline, "a"
    .globl trampoline_begin, trampoline_end, trampoline_words, trampoline_upper
    .code16
trampoline_begin:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    movzx %ax, %ebx
    shl $4, %ebx // the page's address
    lgdtl AT(trampoline_gdt_register)
    mov $0x20, %eax // PAE
    mov %eax, %cr4
    mov AT(trampoline_root), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx // EFER
    rdmsr
    or $TRAMPOLINE_EFER, %eax
    wrmsr
    mov $0x80010001, %eax // PG, WP, PE; caches on
    mov %eax, %cr0
    ljmpl *AT(trampoline_far)

trampoline_upper: // ebx is the page's address
#include <arch/kernel/trampoline.inc>
    ud2

    .p2align 4
trampoline_gdt:
    .quad 0, TRAMPOLINE_CODE, 0x00cf93000000ffff

// struct trampoline_words
    .p2align 3
trampoline_words:
trampoline_stack:
    .quad 0
trampoline_cpu:
    .quad 0
trampoline_entry:
    .quad 0
trampoline_root:
    .long 0
trampoline_far:
    .long 0
    .word 8, 0
trampoline_gdt_register:
    .word 23
    .long AT(trampoline_gdt) // the page's address is added
trampoline_end:

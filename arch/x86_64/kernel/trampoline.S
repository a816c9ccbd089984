// SPDX-License-Identifier: MIT
// Where a further processor begins: in real mode, at the start of a page below 1 MiB to which
// trampoline.c copies this. It goes straight to long mode, by tables that map the page as it is,
// and on to the entry it is given. The words at the end are filled in after copying.

#define AT(symbol) ((symbol) - trampoline_begin)

    .section .rodata.trampoline, "a"
    .globl trampoline_begin, trampoline_end, trampoline_words, trampoline_long
    .code16
trampoline_begin:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    lgdtl AT(trampoline_gdt_register)
    mov $0x20, %eax // PAE
    mov %eax, %cr4
    mov AT(trampoline_root), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx // EFER
    rdmsr
    or $0x900, %eax // LME, NXE
    wrmsr
    mov $0x80010001, %eax // PG, WP, PE; caches on
    mov %eax, %cr0
    ljmpl *AT(trampoline_far)

    .code64
trampoline_long:
    mov $16, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov trampoline_stack(%rip), %rsp
    xor %ebp, %ebp
    mov trampoline_cpu(%rip), %rdi
    call *trampoline_entry(%rip)
    ud2

    .p2align 4
trampoline_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff

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

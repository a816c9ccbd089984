// SPDX-License-Identifier: MIT
// The Multiboot header and entry (Multiboot Specification 0.6.96, 3.1 and 3.2): 32-bit protected
// mode, flat segments, paging off, eax = the loader's magic number, ebx = physical address of its
// information. The header asks for modules on page boundaries, memory information, and a linear
// frame buffer of any size. Where in the file it lies is the linker script's matter.
#include <arch/kernel/offset.h>

#define MAGIC 0x1badb002
#define FLAGS 0x7

    .section .multiboot1, "ax"
    .long MAGIC, FLAGS, -(MAGIC + FLAGS)
    .long 0, 0, 0, 0, 0 // addresses: those of the ELF file count
    .long 0, 0, 0, 0    // linear graphics; width, height, depth as the loader likes

    .section .text.boot, "ax"
    .code32
    .globl multiboot1_entry
multiboot1_entry:
    mov %eax, %edi
    mov $multiboot1_start - KERNEL_LINK_BASE, %esi
    jmp enter

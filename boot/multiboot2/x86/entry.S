// SPDX-License-Identifier: MIT
// The Multiboot2 header and entry (Multiboot2 Specification 2.0, 3.1 and 3.3): 32-bit protected
// mode, flat segments, paging off, eax = the loader's magic number, ebx = physical address of its
// information. Under EFI too: without a tag that asks for boot services they have ended by then.
#include <arch/kernel/offset.h>

#define MAGIC 0xe85250d6
#define I386 0

    .section .text.boot, "ax"
    .p2align 3
multiboot2_header:
    .long MAGIC, I386, multiboot2_header_end - multiboot2_header
    .long -(MAGIC + I386 + (multiboot2_header_end - multiboot2_header))
    .short 3, 0 // entry address
    .long 12, multiboot2_entry - KERNEL_LINK_BASE, 0
    .short 5, 1 // a frame buffer of any size, if there is one
    .long 20, 0, 0, 0, 0
    .short 6, 0 // modules on page boundaries
    .long 8
    .short 0, 0
    .long 8
multiboot2_header_end:

    .code32
multiboot2_entry:
    mov %eax, %edi
    mov $multiboot2_start - KERNEL_LINK_BASE, %esi
    jmp enter

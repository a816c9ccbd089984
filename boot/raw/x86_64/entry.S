// SPDX-License-Identifier: MIT
// The PVH entry: 32-bit protected mode, flat segments, paging off, ebx = physical address of the
// start information.
#include <arch/kernel/offset.h>

#define PHYSICAL(symbol) ((symbol) - KERNEL_LINK_BASE)

    .section .note.pvh, "a", @note
    .p2align 2
    .long 4, 4, 18 // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long PHYSICAL(pvh_entry)

    .section .text.boot, "ax"
    .code32
    .globl pvh_entry
pvh_entry:
    mov $PHYSICAL(raw_start), %esi
    jmp enter

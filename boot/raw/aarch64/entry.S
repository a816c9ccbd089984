// SPDX-License-Identifier: MIT
// Protocol raw on AArch64: the header of an arm64 Linux Image
// (Documentation/arch/arm64/booting.rst), which boot loaders and emulators put at a boundary of 2
// MiB and enter at its first byte: MMU and data cache off, x0 = physical address of the DTB, at EL1
// or EL2.

.section .head, "ax"
.global _start
_start:
    b 1f
    .long 0
    .quad 0 // load offset
    .quad image_size
    .quad 0xa // little-endian, 4 KiB pages, anywhere in memory
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

1:  msr daifset, #0xf
    mov x20, x0
    adrp x21, image_start
    bl start_level
    adrp x0, early_stack_end
    add x0, x0, :lo12:early_stack_end
    mov sp, x0
    mov x0, x20
    bl map_early
    ldr x0, =raw_upper
    b start_mmu

.text
raw_upper:
    ldr x0, =kernel_stack_end
    mov sp, x0
    mov x29, xzr
    ldr x0, =image_bss
    ldr x1, =image_bss_end
2:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 2b
    bl start_vectors
    mov x0, x20
    mov x1, x21
    ldr x2, =image_size
    mrs x3, mpidr_el1
    bl raw_bootinfo
    mov x20, x0
    bl map_kernel
    mov x0, x20
    bl kernel_main
    b .

.section .early.stack, "aw", %nobits
.balign 16
    .space 4096
early_stack_end:

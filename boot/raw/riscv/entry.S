// SPDX-License-Identifier: MIT
// Protocol raw on RISC-V under SBI: the header of a RISC-V Linux Image
// (Documentation/arch/riscv/boot-image-header.rst), which boot loaders and emulators put at a
// boundary of 2 MiB and enter at its first byte: translation off, a0 = this hart's id, a1 =
// physical address of the DTB.
#include <arch/csr.h>

.section .head, "ax"
.option push
.option norvc
.global _start
_start:
    j 1f
    .long 0
    .quad 0x200000 // load offset
    .quad image_size
    .quad 0 // little-endian
    .long 2 // version 0.2 of the header
    .long 0
    .quad 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .long 0
.option pop

1:  csrw CSR_IE, zero
    lla t0, raw_stop // a fault ends here, and not where firmware set it
    csrw CSR_TVEC, t0
    mv s0, a0
    mv s1, a1
    lla s2, image_start
    lla sp, early_stack_end
    mv a0, s1
    call map_early
    mv a1, a0
    lla t0, raw_at
    ld a0, 0(t0)
    j start_translation

.balign 4
raw_stop:
    wfi
    j raw_stop

.text
.balign 4
raw_upper:
    la t0, raw_stop
    csrw CSR_TVEC, t0
    csrw CSR_SCRATCH, zero
    la sp, kernel_stack_end
    la t0, image_bss
    la t1, image_bss_end
2:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 2b
    mv a0, s1
    mv a1, s2
    la t0, raw_size
    ld a2, 0(t0)
    mv a3, s0
    li s0, 0
    call raw_bootinfo
    mv s1, a0
    call map_kernel
    mv a0, s1
    call kernel_main

.section .rodata.raw, "a"
.balign 8
raw_at:
    .quad raw_upper
raw_size:
    .quad image_size

.section .early.stack, "aw", %nobits
.balign 16
    .space 4096
early_stack_end:

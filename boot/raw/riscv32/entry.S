// SPDX-License-Identifier: MIT
// Protocol raw on RISC-V in machine mode: the image lies where it was linked to, in RAM or in
// flash, and is entered at its first byte with a0 = this hart's id, a1 = address of the DTB. A DTB
// where the kernel's data belongs is none that can be read.
#include <arch/csr.h>

.section .head, "ax"
.global _start
_start:
    csrw CSR_IE, zero
    la t0, raw_stop // a fault ends here, and not where firmware set it
    csrw CSR_TVEC, t0
    csrw CSR_SCRATCH, zero
    la sp, kernel_stack_end
    la t0, image_data
    la t1, image_file_end
    la t2, image_data_file
    beq t0, t2, 2f
    lbu t3, 6(a1) // its size, big-endian
    lbu t4, 7(a1)
    slli t3, t3, 8
    add t3, t3, t4
    add t3, t3, a1
    la t4, image_end
    bleu t3, t0, 1f
    bgeu a1, t4, 1f
    li a1, 0
1:  lw t3, 0(t2) // data comes out of flash
    sw t3, 0(t0)
    addi t2, t2, 4
    addi t0, t0, 4
    bltu t0, t1, 1b
2:  la t0, image_bss
    la t1, image_bss_end
3:  sw zero, 0(t0)
    addi t0, t0, 4
    bltu t0, t1, 3b
    mv a6, a0 // as three numbers of 64 bits before it
    mv a0, a1
    li a1, 0
    la a2, image_ram
    li a3, 0
    la a4, image_size
    li a5, 0
    li a7, 0
    li s0, 0
    call raw_bootinfo
    call kernel_main

.balign 4
raw_stop:
    wfi
    j raw_stop

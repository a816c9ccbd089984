// SPDX-License-Identifier: MIT
// A CPU's way up to the kernel's half, for whichever boot protocol brought it here and for CPUs
// that are started later. Position-independent.
#include <arch/csr.h>
#include <arch/kernel/frame.h>

.text
// Translation is turned on with a1 for satp; goes on at a0 in the kernel's half, which the fault of
// the next fetch leads to: nothing is mapped here any more.
.global start_translation
.balign 4
start_translation:
    csrw CSR_TVEC, a0
    sfence.vma
    csrw satp, a1
    nop
1:  j 1b

// A CPU that start_cpu() started comes here, translation off: a1 is the physical address of its
// struct cpu, which says where it is in the kernel's half, and what satp is to be.
.global start_secondary
start_secondary:
    csrw CSR_IE, zero
    ld s0, 0(a1)
    ld a1, CPU_SCRATCH(a1)
    lla t0, secondary_at
    ld a0, 0(t0)
    j start_translation

.balign 4
secondary_upper:
    ld sp, CPU_KERNEL_STACK(s0)
    mv a0, s0
    li s0, 0
    call cpu_started

.section .rodata.start, "a"
.balign 8
secondary_at:
    .quad secondary_upper

// SPDX-License-Identifier: MIT
// A CPU's first steps, for whichever boot protocol brought it here and for CPUs that are started
// later: down to EL1, then on with the MMU and up to the kernel's half. Position-independent, uses
// no memory.
#include "frame.h"

#define HCR 0x30080000000 // RW: EL1 is AArch64; API, APK: pointer authentication is not trapped
#define SPSR_EL1H_MASKED 0x3c5
// RES1 bits, instruction cache, alignment of the stack, WXN, and EL0's cache maintenance, DC ZVA,
// WFI, WFE.
#define SCTLR_OFF 0x30d00800
#define SCTLR_ON 0x34ddd81d

.text
// Returns at EL1h with the MMU off. At EL2 everything that would trap is opened, the virtual
// counter equals the physical one, and the vectors below stay, which a hypervisor replaces by a
// call.
.global start_level
start_level:
    mrs x1, currentel
    cmp x1, #(2 << 2)
    b.ne 3f
    ldr x1, =HCR
    msr hcr_el2, x1
    isb
    mrs x1, midr_el1
    msr vpidr_el2, x1
    mrs x1, mpidr_el1
    msr vmpidr_el2, x1
    mrs x1, cnthctl_el2
    orr x1, x1, #3 // EL1 may use the physical counter and timer
    msr cnthctl_el2, x1
    msr cntvoff_el2, xzr
    mov x1, #0x33ff // no traps of FP
    msr cptr_el2, x1
    msr hstr_el2, xzr
    mrs x1, mdcr_el2
    and x1, x1, #0x1f // all of the event counters, no traps
    msr mdcr_el2, x1
    msr vttbr_el2, xzr
    mrs x1, id_aa64pfr0_el1
    ubfx x1, x1, #24, #4
    cbz x1, 2f
    mrs x1, s3_4_c12_c9_5 // ICC_SRE_EL2: system registers of GICv3, for EL1 too
    mov x2, #9 // SRE, Enable
    orr x1, x1, x2
    msr s3_4_c12_c9_5, x1
    isb
    msr s3_4_c12_c11_0, xzr // ICH_HCR_EL2
2:  mrs x1, id_aa64mmfr0_el1
    ubfx x1, x1, #56, #4
    cbz x1, 4f
    msr s3_4_c1_c1_4, xzr // HFGRTR_EL2, HFGWTR_EL2, HFGITR_EL2: no fine-grained traps
    msr s3_4_c1_c1_5, xzr
    msr s3_4_c1_c1_6, xzr
4:  adrp x1, start_hypervisor_vectors
    add x1, x1, :lo12:start_hypervisor_vectors
    msr vbar_el2, x1
    ldr w1, =SCTLR_OFF
    msr sctlr_el1, x1
    mov x1, #SPSR_EL1H_MASKED
    msr spsr_el2, x1
    msr elr_el2, x30
    eret
3:  msr spsel, #1
    ldr w1, =SCTLR_OFF
    msr sctlr_el1, x1
    isb
    ret

// A CPU that arch_cpu_start() started comes here, the MMU off, x0 = its struct cpu.
.global start_secondary
start_secondary:
    msr daifset, #0xf
    mov x20, x0
    bl start_level
    ldr x0, =secondary_upper
    b start_mmu_shared

secondary_upper:
    ldr x1, [x20, #CPU_KERNEL_STACK]
    mov sp, x1
    mov x29, xzr
    bl start_vectors
    mov x0, x20
    bl cpu_started
    b .

// Turns the MMU on with the tables of map_early and jumps to x0 in the kernel's half. Clobbers x1
// to x4. The second entry is for tables that other CPUs have in their caches.
.global start_mmu
start_mmu:
    // What was stored with caches off must not be hidden by older lines.
    adrp x1, image_early
    adrp x2, image_early_end
    mrs x3, ctr_el0
    ubfx x3, x3, #16, #4
    mov x4, #4
    lsl x4, x4, x3
    dmb sy
1:  dc ivac, x1
    add x1, x1, x4
    cmp x1, x2
    b.lo 1b
.global start_mmu_shared
start_mmu_shared:
    dsb sy
    adrp x1, map_identity
    msr ttbr0_el1, x1
    adrp x1, map_root
    msr ttbr1_el1, x1
    adrp x1, start_mair
    ldr x1, [x1, :lo12:start_mair]
    msr mair_el1, x1
    adrp x1, start_tcr
    ldr x1, [x1, :lo12:start_tcr]
    mrs x2, id_aa64mmfr0_el1
    and x3, x2, #0xf // physical address size
    mov x4, #5
    cmp x3, x4 // 48 bits are all that 4 KiB pages reach without LPA2
    csel x3, x3, x4, lo
    bfi x1, x3, #32, #3
    msr tcr_el1, x1
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    ldr w1, =SCTLR_ON
    msr sctlr_el1, x1
    isb
    ret x0 // as a return, to which landing pads do not matter

// The kernel's vectors, for good.
.global start_vectors
start_vectors:
    ldr x0, =entry_vectors
    msr vbar_el1, x0
    isb
    ret

.section .rodata.start, "a"
.balign 8
start_mair:
    .quad 0x00000000004404ff // 0: write-back, 1: device nGnRE, 2: not cached
start_tcr: // 48 bits each half, walks through the caches, inner shareable, 4 KiB
    .quad (16 << 0) | (1 << 8) | (1 << 10) | (3 << 12) | \
          (16 << 16) | (1 << 24) | (1 << 26) | (3 << 28) | (2 << 30)

// EL2 after the way down: a call with x0 = 0 installs the vectors at x1 (a hypervisor's); all else
// says so with x0 = -1. Reached before there is one only by mistake.
.text
.balign 2048
start_hypervisor_vectors:
    .rept 8
    b .
    .balign 128
    .endr
    cbnz x0, 1f
    msr vbar_el2, x1
    eret
1:  mov x0, #-1
    eret
    .balign 128
    .rept 7
    b .
    .balign 128
    .endr

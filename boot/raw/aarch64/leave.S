// SPDX-License-Identifier: MIT
// From a loader's environment to the kernel's entry: EL1 or EL2, with the kernel's copy and the
// block mapped as they are, to MMU and data cache off, x0 = the block. What is read with caches off
// has to be in memory by then, so the kernel's copy and the block are cleaned to there; the last
// steps run in the copy.

.text
.global handover_leave
handover_leave:
    msr daifset, #0xf
    mov x19, x0
    mov x20, x3
    add x1, x0, x1
    bl clean
    mov x0, x20
    ldr w1, [x20, #4] // its size, big-endian
    rev w1, w1
    add x1, x20, x1
    bl clean
    ic iallu
    dsb sy
    isb
    adrp x0, image_start
    add x0, x0, :lo12:image_start
    adr x1, 1f
    sub x1, x1, x0
    add x1, x1, x19
    br x1
1:  mrs x2, currentel
    cmp x2, #(2 << 2)
    b.eq 2f
    mrs x2, sctlr_el1
    bic x2, x2, #1 // M
    bic x2, x2, #4 // C
    bic x2, x2, #(1 << 12) // I
    msr sctlr_el1, x2
    isb
    b 3f
2:  mrs x2, sctlr_el2
    bic x2, x2, #1
    bic x2, x2, #4
    bic x2, x2, #(1 << 12)
    msr sctlr_el2, x2
    isb
3:  mov x0, x20
    br x19

// Data in [x0, x1) to memory.
clean:
    mrs x2, ctr_el0
    ubfx x2, x2, #16, #4
    mov x3, #4
    lsl x3, x3, x2
    sub x2, x3, #1
    bic x0, x0, x2
1:  dc civac, x0
    add x0, x0, x3
    cmp x0, x1
    b.lo 1b
    dsb sy
    ret

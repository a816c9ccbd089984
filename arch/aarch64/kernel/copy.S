// SPDX-License-Identifier: MIT
// Copies between the kernel and the current process's memory. A fault at a user address is mended,
// or ends at `fail`, by the table of rows (from, to, otherwise) that trap.c searches: an
// instruction that faults is executed again with its registers as they were, so post-indexed
// accesses are safe. Where the CPU has PAN it is open only in here.
.arch_extension pan

.text
.global arch_user_read
.global arch_user_write
arch_user_read:
arch_user_write:
    adrp x3, cpu_has_pan
    ldr w3, [x3, :lo12:cpu_has_pan]
    cbz w3, 1f
    msr pan, #0
1:  subs x2, x2, #64
    b.lo 3f
2:  ldp x4, x5, [x1], #64
    ldp x6, x7, [x1, #-48]
    ldp x8, x9, [x1, #-32]
    ldp x10, x11, [x1, #-16]
    stp x4, x5, [x0], #64
    stp x6, x7, [x0, #-48]
    stp x8, x9, [x0, #-32]
    stp x10, x11, [x0, #-16]
    subs x2, x2, #64
    b.hs 2b
3:  tbz x2, #5, 4f
    ldp x4, x5, [x1], #32
    ldp x6, x7, [x1, #-16]
    stp x4, x5, [x0], #32
    stp x6, x7, [x0, #-16]
4:  tbz x2, #4, 5f
    ldp x4, x5, [x1], #16
    stp x4, x5, [x0], #16
5:  tbz x2, #3, 6f
    ldr x4, [x1], #8
    str x4, [x0], #8
6:  tbz x2, #2, 7f
    ldr w4, [x1], #4
    str w4, [x0], #4
7:  tbz x2, #1, 8f
    ldrh w4, [x1], #2
    strh w4, [x0], #2
8:  tbz x2, #0, 9f
    ldrb w4, [x1]
    strb w4, [x0]
9:  mov w0, #1
10: cbz w3, 11f
    msr pan, #1
11: ret
fail:
    mov w0, #0
    b 10b

.section .recovery, "a"
.balign 8
    .quad 1b, 9b, fail

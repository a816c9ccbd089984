// SPDX-License-Identifier: MIT
// Copies between the kernel and the current process's memory. A fault at a user address is mended,
// or ends at `fail`, by the table of rows (from, to, otherwise) that trap.c searches: an
// instruction that faults is executed again with its registers as they were, so post-indexed
// accesses are safe. Where the CPU has PAN it is open only in here. Much is copied by way of vector
// registers: whoever's they are finds in them what was there, and they are as open as they were.
.arch_extension pan
.arch_extension fp
.equ MUCH, 512
.equ FLOAT_OPEN, 3 << 20 // CPACR_EL1

.text
.global arch_user_read
.global arch_user_write
arch_user_read:
arch_user_write:
    adrp x3, cpu_has_pan
    ldr w3, [x3, :lo12:cpu_has_pan]
    cbz w3, 1f
    msr pan, #0
1:  cmp x2, #MUCH
    b.hs copy_much
copy_rest:
    subs x2, x2, #64
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
    tst x2, #63
    b.eq 9f
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

copy_much:
    mrs x5, cpacr_el1
    orr x4, x5, #FLOAT_OPEN
    msr cpacr_el1, x4
    isb
    sub sp, sp, #128
    stp q0, q1, [sp]
    stp q2, q3, [sp, #32]
    stp q4, q5, [sp, #64]
    stp q6, q7, [sp, #96]
    sub x2, x2, #256
12: ldp q0, q1, [x1], #256
    ldp q2, q3, [x1, #-224]
    ldp q4, q5, [x1, #-192]
    ldp q6, q7, [x1, #-160]
    stp q0, q1, [x0], #256
    stp q2, q3, [x0, #-224]
    stp q4, q5, [x0, #-192]
    stp q6, q7, [x0, #-160]
    ldp q0, q1, [x1, #-128]
    ldp q2, q3, [x1, #-96]
    ldp q4, q5, [x1, #-64]
    ldp q6, q7, [x1, #-32]
    stp q0, q1, [x0, #-128]
    stp q2, q3, [x0, #-96]
    stp q4, q5, [x0, #-64]
    stp q6, q7, [x0, #-32]
    subs x2, x2, #256
    b.hs 12b
    add x2, x2, #256
    mov x6, #0
13: ldp q0, q1, [sp]
    ldp q2, q3, [sp, #32]
    ldp q4, q5, [sp, #64]
    ldp q6, q7, [sp, #96]
    add sp, sp, #128
    msr cpacr_el1, x5
    cbz x6, copy_rest
    b fail
much_fails:
    mov x6, #1
    b 13b

.section .recovery, "a"
.balign 8
    .quad copy_rest, 9b, fail
    .quad 12b, 13b, much_fails

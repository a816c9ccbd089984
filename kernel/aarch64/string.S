// SPDX-License-Identifier: MIT
// kernel/string.h for AArch64, pairs of registers at a time. Accesses are as aligned as the
// arguments are: the few that run before the MMU is on are given whole pages. Memory is then also
// not yet of a kind that DC ZVA works on.

.macro function name
    .section .text.\name, "ax"
    .global \name
\name:
.endm

function memcpy
    mov x3, x0
    subs x2, x2, #64
    b.lo 2f
1:  ldp x4, x5, [x1], #64
    ldp x6, x7, [x1, #-48]
    ldp x8, x9, [x1, #-32]
    ldp x10, x11, [x1, #-16]
    stp x4, x5, [x3], #64
    stp x6, x7, [x3, #-48]
    stp x8, x9, [x3, #-32]
    stp x10, x11, [x3, #-16]
    subs x2, x2, #64
    b.hs 1b
2:  tbz x2, #5, 3f
    ldp x4, x5, [x1], #32
    ldp x6, x7, [x1, #-16]
    stp x4, x5, [x3], #32
    stp x6, x7, [x3, #-16]
3:  tbz x2, #4, 4f
    ldp x4, x5, [x1], #16
    stp x4, x5, [x3], #16
4:  tbz x2, #3, 5f
    ldr x4, [x1], #8
    str x4, [x3], #8
5:  tbz x2, #2, 6f
    ldr w4, [x1], #4
    str w4, [x3], #4
6:  tbz x2, #1, 7f
    ldrh w4, [x1], #2
    strh w4, [x3], #2
7:  tbz x2, #0, 8f
    ldrb w4, [x1]
    strb w4, [x3]
8:  ret

function memmove
    sub x3, x0, x1
    cmp x3, x2
    b.hs memcpy
    add x1, x1, x2 // the destination begins within the source: from the end
    add x3, x0, x2
    subs x2, x2, #16
    b.lo 2f
1:  ldp x4, x5, [x1, #-16]!
    stp x4, x5, [x3, #-16]!
    subs x2, x2, #16
    b.hs 1b
2:  tbz x2, #3, 3f
    ldr x4, [x1, #-8]!
    str x4, [x3, #-8]!
3:  tbz x2, #2, 4f
    ldr w4, [x1, #-4]!
    str w4, [x3, #-4]!
4:  tbz x2, #1, 5f
    ldrh w4, [x1, #-2]!
    strh w4, [x3, #-2]!
5:  tbz x2, #0, 6f
    ldrb w4, [x1, #-1]
    strb w4, [x3, #-1]
6:  ret

function memset
    mov x3, x0
    and w1, w1, #0xff
    mov x4, #0x0101010101010101
    mul x1, x1, x4
    subs x2, x2, #64
    b.lo 2f
    cmp x2, #256
    b.hs 9f
1:  stp x1, x1, [x3], #64
    stp x1, x1, [x3, #-48]
    stp x1, x1, [x3, #-32]
    stp x1, x1, [x3, #-16]
    subs x2, x2, #64
    b.hs 1b
2:  tbz x2, #5, 3f
    stp x1, x1, [x3], #32
    stp x1, x1, [x3, #-16]
3:  tbz x2, #4, 4f
    stp x1, x1, [x3], #16
4:  tbz x2, #3, 5f
    str x1, [x3], #8
5:  tbz x2, #2, 6f
    str w1, [x3], #4
6:  tbz x2, #1, 7f
    strh w1, [x3], #2
7:  tbz x2, #0, 8f
    strb w1, [x3]
8:  ret
9:  cbnz x1, 1b // zeroes, and many: by cache lines where those are 64 bytes
    mrs x4, sctlr_el1
    tbz x4, #0, 1b
    mrs x4, dczid_el0
    cmp w4, #4
    b.ne 1b
    neg x4, x3
    ands x4, x4, #63
    b.eq 10f
    stp x1, x1, [x3]
    stp x1, x1, [x3, #16]
    stp x1, x1, [x3, #32]
    stp x1, x1, [x3, #48]
    add x3, x3, x4
    sub x2, x2, x4
10: subs x2, x2, #192 // 64 are taken off already
    b.lo 12f
11: dc zva, x3
    add x3, x3, #64
    dc zva, x3
    add x3, x3, #64
    dc zva, x3
    add x3, x3, #64
    dc zva, x3
    add x3, x3, #64
    subs x2, x2, #256
    b.hs 11b
12: adds x2, x2, #192
    b.pl 1b
    b 2b

function memcmp
    subs x2, x2, #8
    b.lo 2f
1:  ldr x3, [x0], #8
    ldr x4, [x1], #8
    cmp x3, x4
    b.ne 5f
    subs x2, x2, #8
    b.hs 1b
2:  adds x2, x2, #8
    b.eq 4f
3:  ldrb w3, [x0], #1
    ldrb w4, [x1], #1
    subs w3, w3, w4
    b.ne 6f
    subs x2, x2, #1
    b.ne 3b
4:  mov w0, #0
    ret
5:  rev x3, x3 // the first byte decides
    rev x4, x4
    cmp x3, x4
    mov w0, #1
    cneg w0, w0, lo
    ret
6:  mov w0, w3
    ret

function strlen
    mov x1, x0
1:  ldrb w2, [x1], #1
    cbnz w2, 1b
    sub x0, x1, x0
    sub x0, x0, #1
    ret

function strcmp
    mov x2, #-1
    b strncmp

function strncmp
    cbz x2, 2f
1:  ldrb w3, [x0], #1
    ldrb w4, [x1], #1
    subs w5, w3, w4
    b.ne 3f
    cbz w3, 2f
    subs x2, x2, #1
    b.ne 1b
2:  mov w0, #0
    ret
3:  mov w0, w5
    ret

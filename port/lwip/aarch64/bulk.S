// SPDX-License-Identifier: MIT
// bulk.c by vectors: blocks of 128 bytes.

.text

// x0: bytes; x1: blocks. Sums of pairs of words of 32 bits.
.balign 16
.global lwip_sum_blocks
.hidden lwip_sum_blocks
.type lwip_sum_blocks, %function
lwip_sum_blocks:
    movi v16.2d, #0
    movi v17.2d, #0
    cbz x1, 2f
1:  ldp q0, q1, [x0], #128
    ldp q2, q3, [x0, #-96]
    ldp q4, q5, [x0, #-64]
    ldp q6, q7, [x0, #-32]
    uadalp v16.2d, v0.4s
    uadalp v17.2d, v1.4s
    uadalp v16.2d, v2.4s
    uadalp v17.2d, v3.4s
    uadalp v16.2d, v4.4s
    uadalp v17.2d, v5.4s
    uadalp v16.2d, v6.4s
    uadalp v17.2d, v7.4s
    subs x1, x1, #1
    b.ne 1b
2:  add v16.2d, v16.2d, v17.2d
    addp d0, v16.2d
    fmov x0, d0
    ret

// x0: to; x1: from; x2: blocks.
.balign 16
.global lwip_copy_blocks
.hidden lwip_copy_blocks
.type lwip_copy_blocks, %function
lwip_copy_blocks:
    cbz x2, 2f
1:  ldp q0, q1, [x1], #128
    ldp q2, q3, [x1, #-96]
    ldp q4, q5, [x1, #-64]
    ldp q6, q7, [x1, #-32]
    stp q0, q1, [x0], #128
    stp q2, q3, [x0, #-96]
    stp q4, q5, [x0, #-64]
    stp q6, q7, [x0, #-32]
    subs x2, x2, #1
    b.ne 1b
2:  ret

// SPDX-License-Identifier: MIT
// Copies between the kernel and the current process's memory. MPRV makes loads and stores those of
// user mode, so it is set around the user's side only, for several words at once; what the PMP
// registers do not show yet faults, and is mended, or ends at `fail`, by the table of rows (from,
// to, otherwise) that trap.c searches. An instruction that faults is executed again with its
// registers as they were.
#include <arch/csr.h>

.macro open
    csrs CSR_STATUS, t6
.endm
.macro close
    csrc CSR_STATUS, t6
.endm

// Loads from \source and stores at \to; \before and \behind are what opens and closes either.
.macro copy_user name, open_from, close_from, open_to, close_to
.global \name
\name:
    li t6, STATUS_USER_MEMORY
    add a4, a0, a2 // end
    or t0, a0, a1
    andi t0, t0, 3
    bnez t0, 3f
    addi a5, a4, -15
    bgeu a0, a5, 2f
    li t0, 16
    bltu a2, t0, 2f
1:  \open_from
    lw t0, 0(a1)
    lw t1, 4(a1)
    lw t2, 8(a1)
    lw t3, 12(a1)
    \close_from
    \open_to
    sw t0, 0(a0)
    sw t1, 4(a0)
    sw t2, 8(a0)
    sw t3, 12(a0)
    \close_to
    addi a1, a1, 16
    addi a0, a0, 16
    bltu a0, a5, 1b
2:  addi a5, a4, -3
    li t0, 4
    bltu a2, t0, 3f
4:  bgeu a0, a5, 3f
    \open_from
    lw t0, 0(a1)
    \close_from
    \open_to
    sw t0, 0(a0)
    \close_to
    addi a1, a1, 4
    addi a0, a0, 4
    j 4b
3:  bgeu a0, a4, done
    \open_from
    lbu t0, 0(a1)
    \close_from
    \open_to
    sb t0, 0(a0)
    \close_to
    addi a1, a1, 1
    addi a0, a0, 1
    j 3b
.endm

.macro nothing
.endm

.text
copy:
    copy_user arch_user_read, open, close, nothing, nothing
    copy_user arch_user_write, nothing, nothing, open, close
copied:

done:
    li a0, 1
    ret
fail:
    close
    li a0, 0
    ret

.section .recovery, "a"
.balign 4
    .long copy, copied, fail

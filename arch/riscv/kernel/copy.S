// SPDX-License-Identifier: MIT
// Copies between the kernel and the current process's memory, which is open to the kernel only in
// here. A fault at a user address is mended, or ends at `fail`, by the table of rows (from, to,
// otherwise) that trap.c searches: an instruction that faults is executed again with its registers
// as they were. Memory that is not aligned alike on both sides is copied by words that are put
// together of two, because loads that are not aligned may trap.
#include <arch/csr.h>

#define WORD REG_SIZE

.text
.global arch_user_read
.global arch_user_write
arch_user_read:
arch_user_write:
    li t6, STATUS_USER_MEMORY
    csrs CSR_STATUS, t6
copy:
    add a4, a0, a2 // end
    li t0, 2 * WORD
    bltu a2, t0, bytes
1:  andi t0, a0, WORD - 1 // to where `to` is aligned
    beqz t0, 2f
    lbu t1, 0(a1)
    sb t1, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    j 1b
2:  andi t0, a1, WORD - 1
    bnez t0, apart
    addi a5, a4, -(16 * WORD - 1)
    bgeu a0, a5, 4f
3:
    REG_LOAD t0, 0(a1)
    REG_LOAD t1, WORD(a1)
    REG_LOAD t2, 2 * WORD(a1)
    REG_LOAD t3, 3 * WORD(a1)
    REG_LOAD t4, 4 * WORD(a1)
    REG_LOAD t5, 5 * WORD(a1)
    REG_LOAD a6, 6 * WORD(a1)
    REG_LOAD a7, 7 * WORD(a1)
    REG_STORE t0, 0(a0)
    REG_STORE t1, WORD(a0)
    REG_STORE t2, 2 * WORD(a0)
    REG_STORE t3, 3 * WORD(a0)
    REG_STORE t4, 4 * WORD(a0)
    REG_STORE t5, 5 * WORD(a0)
    REG_STORE a6, 6 * WORD(a0)
    REG_STORE a7, 7 * WORD(a0)
    REG_LOAD t0, 8 * WORD(a1)
    REG_LOAD t1, 9 * WORD(a1)
    REG_LOAD t2, 10 * WORD(a1)
    REG_LOAD t3, 11 * WORD(a1)
    REG_LOAD t4, 12 * WORD(a1)
    REG_LOAD t5, 13 * WORD(a1)
    REG_LOAD a6, 14 * WORD(a1)
    REG_LOAD a7, 15 * WORD(a1)
    REG_STORE t0, 8 * WORD(a0)
    REG_STORE t1, 9 * WORD(a0)
    REG_STORE t2, 10 * WORD(a0)
    REG_STORE t3, 11 * WORD(a0)
    REG_STORE t4, 12 * WORD(a0)
    REG_STORE t5, 13 * WORD(a0)
    REG_STORE a6, 14 * WORD(a0)
    REG_STORE a7, 15 * WORD(a0)
    addi a1, a1, 16 * WORD
    addi a0, a0, 16 * WORD
    bltu a0, a5, 3b
4:  addi a5, a4, -(WORD - 1)
    bgeu a0, a5, bytes
5:  REG_LOAD t0, 0(a1)
    addi a1, a1, WORD
    REG_STORE t0, 0(a0)
    addi a0, a0, WORD
    bltu a0, a5, 5b
bytes:
    bgeu a0, a4, done
6:  lbu t1, 0(a1)
    addi a1, a1, 1
    sb t1, 0(a0)
    addi a0, a0, 1
    bltu a0, a4, 6b
done:
    li a0, 1
out:
    csrc CSR_STATUS, t6
    ret

// `from` is t0 bytes behind a boundary: words of `to` are parts of two. Reads no word of which
// nothing is wanted.
apart:
    addi a5, a4, -(2 * WORD - 1)
    bgeu a0, a5, bytes
    slli t1, t0, 3
    neg t2, t1 // shifts take the low bits only: the width less t1
    sub a3, a1, t0
    REG_LOAD t3, 0(a3)
    addi a5, a4, -(5 * WORD - 1)
    bgeu a0, a5, 8f
7:
    REG_LOAD t4, WORD(a3)
    srl t3, t3, t1
    sll t5, t4, t2
    or t3, t3, t5
    REG_STORE t3, 0(a0)
    REG_LOAD t3, 2 * WORD(a3)
    srl t4, t4, t1
    sll t5, t3, t2
    or t4, t4, t5
    REG_STORE t4, WORD(a0)
    REG_LOAD t4, 3 * WORD(a3)
    srl t3, t3, t1
    sll t5, t4, t2
    or t3, t3, t5
    REG_STORE t3, 2 * WORD(a0)
    REG_LOAD t3, 4 * WORD(a3)
    srl t4, t4, t1
    sll t5, t3, t2
    or t4, t4, t5
    REG_STORE t4, 3 * WORD(a0)
    addi a3, a3, 4 * WORD
    addi a0, a0, 4 * WORD
    bltu a0, a5, 7b
8:  addi a5, a4, -(2 * WORD - 1)
    bgeu a0, a5, 10f
9:  REG_LOAD t4, WORD(a3)
    srl t3, t3, t1
    sll t5, t4, t2
    or t3, t3, t5
    REG_STORE t3, 0(a0)
    mv t3, t4
    addi a3, a3, WORD
    addi a0, a0, WORD
    bltu a0, a5, 9b
10:
    add a1, a3, t0
    j bytes
copied:

fail:
    li a0, 0
    j out

.section .recovery, "a"
.balign 8
#if REG_SIZE == 8
    .quad copy, copied, fail
#else
    .long copy, copied, fail
#endif

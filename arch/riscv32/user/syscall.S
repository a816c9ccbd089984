// SPDX-License-Identifier: MIT
// System calls by pairs of registers (syscall.h): the number comes in a0 and a1, reg[] in a2, which
// is kept in s1. The kernel gives back every register that is not a part of reg[].

.macro pairs2 move
    \move a0, 0(s1)
    \move a1, 4(s1)
    \move a2, 8(s1)
    \move a3, 12(s1)
.endm
.macro pairs4 move
    pairs2 \move
    \move a4, 16(s1)
    \move a5, 20(s1)
    \move a6, 24(s1)
    \move a7, 28(s1)
.endm
.macro pairs8 move
    pairs4 \move
    \move t0, 32(s1)
    \move t1, 36(s1)
    \move t2, 40(s1)
    \move t3, 44(s1)
    \move t4, 48(s1)
    \move t5, 52(s1)
    \move s2, 56(s1)
    \move s3, 60(s1)
.endm
.macro pairs12 move
    pairs8 \move
    \move s4, 64(s1)
    \move s5, 68(s1)
    \move s6, 72(s1)
    \move s7, 76(s1)
    \move s8, 80(s1)
    \move s9, 84(s1)
    \move s10, 88(s1)
    \move s11, 92(s1)
.endm

.macro kept8 move
    \move s2, 8(sp)
    \move s3, 12(sp)
.endm
.macro kept12 move
    kept8 \move
    \move s4, 16(sp)
    \move s5, 20(sp)
    \move s6, 24(sp)
    \move s7, 28(sp)
    \move s8, 32(sp)
    \move s9, 36(sp)
    \move s10, 40(sp)
    \move s11, 44(sp)
.endm
.macro kept_none move
.endm

.macro define count, kept
    .section .text.fe_syscall\count, "ax"
    .globl fe_syscall\count
    .hidden fe_syscall\count
    .type fe_syscall\count, %function
fe_syscall\count:
    addi sp, sp, -48
    sw s1, 4(sp)
    \kept sw
    mv t6, a0
    mv s1, a2
    pairs\count lw
    ecall
    pairs\count sw
    \kept lw
    lw s1, 4(sp)
    addi sp, sp, 48
    ret
    .size fe_syscall\count, . - fe_syscall\count
.endm

    define 2, kept_none
    define 4, kept_none
    define 8, kept8
    define 12, kept12

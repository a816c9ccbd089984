// SPDX-License-Identifier: MIT
// What lib/posix cannot say in C: where a thread begins, where an upcall enters, how a handler gets
// another stack, and vfork.

    // A thread of the C library: a0 and a2, its id, are what posix_thread_begin wants, the stack is
    // 16-aligned.
    .section .text.posix_thread_entry, "ax"
    .globl posix_thread_entry
    .hidden posix_thread_entry
    .type posix_thread_entry, %function
posix_thread_entry:
    li      s0, 0
    li      ra, 0
    mv      a1, a2
    call    posix_thread_begin
    unimp
    .size posix_thread_entry, . - posix_thread_entry

    // An upcall: a0 is the saved frame. The kernel has the general registers; those of floating
    // point still belong to what was interrupted.
    .section .text.posix_upcall_entry, "ax"
    .globl posix_upcall_entry
    .hidden posix_upcall_entry
    .type posix_upcall_entry, %function
posix_upcall_entry:
    addi    sp, sp, -272
    fsd     f0, 0(sp)
    fsd     f1, 8(sp)
    fsd     f2, 16(sp)
    fsd     f3, 24(sp)
    fsd     f4, 32(sp)
    fsd     f5, 40(sp)
    fsd     f6, 48(sp)
    fsd     f7, 56(sp)
    fsd     f8, 64(sp)
    fsd     f9, 72(sp)
    fsd     f10, 80(sp)
    fsd     f11, 88(sp)
    fsd     f12, 96(sp)
    fsd     f13, 104(sp)
    fsd     f14, 112(sp)
    fsd     f15, 120(sp)
    fsd     f16, 128(sp)
    fsd     f17, 136(sp)
    fsd     f18, 144(sp)
    fsd     f19, 152(sp)
    fsd     f20, 160(sp)
    fsd     f21, 168(sp)
    fsd     f22, 176(sp)
    fsd     f23, 184(sp)
    fsd     f24, 192(sp)
    fsd     f25, 200(sp)
    fsd     f26, 208(sp)
    fsd     f27, 216(sp)
    fsd     f28, 224(sp)
    fsd     f29, 232(sp)
    fsd     f30, 240(sp)
    fsd     f31, 248(sp)
    frcsr   s1
    mv      s2, a0
    li      s0, 0
    li      ra, 0
    call    posix_upcall
    fscsr   s1
    fld     f0, 0(sp)
    fld     f1, 8(sp)
    fld     f2, 16(sp)
    fld     f3, 24(sp)
    fld     f4, 32(sp)
    fld     f5, 40(sp)
    fld     f6, 48(sp)
    fld     f7, 56(sp)
    fld     f8, 64(sp)
    fld     f9, 72(sp)
    fld     f10, 80(sp)
    fld     f11, 88(sp)
    fld     f12, 96(sp)
    fld     f13, 104(sp)
    fld     f14, 112(sp)
    fld     f15, 120(sp)
    fld     f16, 128(sp)
    fld     f17, 136(sp)
    fld     f18, 144(sp)
    fld     f19, 152(sp)
    fld     f20, 160(sp)
    fld     f21, 168(sp)
    fld     f22, 176(sp)
    fld     f23, 184(sp)
    fld     f24, 192(sp)
    fld     f25, 200(sp)
    fld     f26, 208(sp)
    fld     f27, 216(sp)
    fld     f28, 224(sp)
    fld     f29, 232(sp)
    fld     f30, 240(sp)
    fld     f31, 248(sp)
    mv      a1, a0
    mv      a0, s2
    li      t6, 64              // thread_upcall_return; lib/posix asserts the number
    ecall
    unimp
    .size posix_upcall_entry, . - posix_upcall_entry

#include "arch/riscv/user/run_on.inc"

    // pid_t vfork(void): setjmp in the caller's name, with the buffer that the C half gives.
    .section .text.vfork, "ax"
    .globl vfork
    .type vfork, %function
vfork:
    addi    sp, sp, -16
    sd      ra, 8(sp)
    call    posix_vfork_prepare
    ld      ra, 8(sp)
    addi    sp, sp, 16
    beqz    a0, 1f
    tail    setjmp
1:  li      a0, -1
    ret
    .size vfork, . - vfork

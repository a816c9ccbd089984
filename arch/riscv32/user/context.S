// SPDX-License-Identifier: MIT
// What lib/posix cannot say in C: where a thread begins, where an upcall enters, how a handler gets
// another stack, and vfork. A number of 64 bits is a pair of registers, here and in a system call
// alike.

    // A thread of the C library: a0 and a1, and a4 and a5, its id, are what posix_thread_begin
    // wants in a0, a1 and a2; the stack is 16-aligned.
    .section .text.posix_thread_entry, "ax"
    .globl posix_thread_entry
    .hidden posix_thread_entry
    .type posix_thread_entry, %function
posix_thread_entry:
    li      s0, 0
    li      ra, 0
    mv      a1, a4
    mv      a2, a5
    call    posix_thread_begin
    unimp
    .size posix_thread_entry, . - posix_thread_entry

    // An upcall: a0 is the saved frame. The kernel has every register that there is.
    .section .text.posix_upcall_entry, "ax"
    .globl posix_upcall_entry
    .hidden posix_upcall_entry
    .type posix_upcall_entry, %function
posix_upcall_entry:
    mv      s2, a0
    li      s0, 0
    li      ra, 0
    call    posix_upcall
    mv      a2, a0
    mv      a0, s2
    li      a1, 0
    li      a3, 0
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
    sw      ra, 12(sp)
    call    posix_vfork_prepare
    lw      ra, 12(sp)
    addi    sp, sp, 16
    beqz    a0, 1f
    tail    setjmp
1:  li      a0, -1
    ret
    .size vfork, . - vfork

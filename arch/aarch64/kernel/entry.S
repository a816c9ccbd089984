// SPDX-License-Identifier: MIT
// Into the kernel and out of it. While a thread runs in user mode, SP_EL1 points at its struct
// frame, so a trap stores registers where they belong at once, and the CPU's kernel stack starts
// from its top each time. The kernel runs with interrupts masked: a trap from EL1 is a fault,
// mended by trap.c where it came from a copy of user memory. A call saves everything that C does
// not keep and what another thread's return would lose, and on the way back to the same thread
// loads only what C may have changed.
#include "frame.h"

.macro vector target
    .balign 128
    b \target
.endm

.macro save_low // x0 to x13
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #FRAME_X12]
.endm

.macro save_high // x18 to x29; x30 goes with the stack pointer
    stp x18, x19, [sp, #FRAME_X18]
    stp x20, x21, [sp, #FRAME_X18 + 16]
    stp x22, x23, [sp, #FRAME_X18 + 32]
    stp x24, x25, [sp, #FRAME_X18 + 48]
    stp x26, x27, [sp, #FRAME_X18 + 64]
    stp x28, x29, [sp, #FRAME_X18 + 80]
.endm

.macro save_state // clobbers x13 to x15; x19 is the frame then, and the kernel stack in place
    mrs x13, sp_el0
    stp x30, x13, [sp, #FRAME_X30]
    mrs x13, elr_el1
    mrs x14, spsr_el1
    stp x13, x14, [sp, #FRAME_PC]
    mrs x15, tpidr_el0
    str x15, [sp, #FRAME_THREAD_POINTER]
    mov x19, sp
    mrs x13, tpidr_el1
    ldr x13, [x13, #CPU_KERNEL_STACK]
    mov sp, x13
    mov x29, xzr // backtraces of the kernel end here
.endm

.macro save_all
    save_low
    stp x14, x15, [sp, #FRAME_X12 + 16]
    stp x16, x17, [sp, #FRAME_X12 + 32]
    save_high
    save_state
.endm

.text
.balign 2048
.global entry_vectors
entry_vectors:
    .rept 4 // from EL1 on SP_EL0, which the kernel never uses
    vector bad_stack
    .endr
    vector kernel_sync
    vector kernel_other
    vector kernel_other
    vector kernel_other
    .balign 128
user_sync:
    save_low
    mrs x13, esr_el1
    lsr x13, x13, #26
    cmp x13, #0x15 // SVC
    b.ne user_fault
    save_high
    b user_call
    .org entry_vectors + 0x480 // an error if what is above does not fit its 128 bytes
    vector user_interrupt
    vector user_error // FIQ: belongs to firmware
    vector user_error
    .rept 4 // AArch32
    vector user_error
    .endr

user_call:
    save_state
    mov x0, x19
    mov x1, x12
    bl trap_syscall
    bl schedule_exit
    cbz x0, idle
    ldr x1, [x0, #FRAME_WHOLE]
    cmp x0, x19
    ccmp x1, #0, #0, eq
    b.ne resume

    // Back into the thread that made the call: x18 and x20 to x28 are as they were.
    mov sp, x0
    ldp x13, x14, [sp, #FRAME_PC]
    msr elr_el1, x13
    msr spsr_el1, x14
    ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldr x12, [sp, #FRAME_X12]
    ldr x19, [sp, #FRAME_X18 + 8]
    ldp x29, x30, [sp, #FRAME_X30 - 8]
    mov x15, xzr // what the kernel computed with is not told
    mov x16, xzr
    mov x17, xzr
    eret

user_fault: // SP is the frame, x0 to x13 are saved
    ldr x13, [sp, #FRAME_X12 + 8]
    stp x14, x15, [sp, #FRAME_X12 + 16]
    stp x16, x17, [sp, #FRAME_X12 + 32]
    save_high
    save_state
    mov x0, x19
    bl trap_user_fault
    b leave

user_interrupt:
    save_all
    bl trap_device
    b leave

user_error:
    save_all
    mov x0, x19
    bl trap_user_error

leave:
    bl schedule_exit
    cbz x0, idle
    b resume

idle: // nothing below the stack's top is needed any more
    mrs x0, tpidr_el1
    ldr x0, [x0, #CPU_KERNEL_STACK]
    mov sp, x0
    b arch_idle

// Waits with interrupts masked (one that is pending ends WFI all the same), then takes it by an
// ordinary call.
.global arch_idle
arch_idle:
    dsb sy
    wfi
    bl trap_device
    b leave

// Loads every register of the frame at x0.
.global arch_return_to_user
arch_return_to_user:
resume:
    mov sp, x0
    str xzr, [sp, #FRAME_WHOLE]
    ldp x30, x13, [sp, #FRAME_X30]
    ldp x14, x15, [sp, #FRAME_PC]
    ldr x16, [sp, #FRAME_THREAD_POINTER]
    msr sp_el0, x13
    msr elr_el1, x14
    msr spsr_el1, x15
    msr tpidr_el0, x16
    ldp x18, x19, [sp, #FRAME_X18]
    ldp x20, x21, [sp, #FRAME_X18 + 16]
    ldp x22, x23, [sp, #FRAME_X18 + 32]
    ldp x24, x25, [sp, #FRAME_X18 + 48]
    ldp x26, x27, [sp, #FRAME_X18 + 64]
    ldp x28, x29, [sp, #FRAME_X18 + 80]
    ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #FRAME_X12]
    ldp x14, x15, [sp, #FRAME_X12 + 16]
    ldp x16, x17, [sp, #FRAME_X12 + 32]
    eret

// A fault in the kernel. The frame goes below what the stack held, if there is room (see
// STACK_SHIFT).
.macro save_kernel
    sub sp, sp, #FRAME_SIZE
    add sp, sp, x0
    sub x0, sp, x0
    tbz x0, #STACK_SHIFT, stack_overflow
    sub x0, sp, x0
    sub sp, sp, x0
    save_low
    stp x14, x15, [sp, #FRAME_X12 + 16]
    stp x16, x17, [sp, #FRAME_X12 + 32]
    save_high
    add x13, sp, #FRAME_SIZE
    stp x30, x13, [sp, #FRAME_X30]
    mrs x13, elr_el1
    mrs x14, spsr_el1
    stp x13, x14, [sp, #FRAME_PC]
    mov x0, sp
.endm

kernel_sync:
    save_kernel
    bl trap_kernel_sync
    ldp x13, x14, [sp, #FRAME_PC]
    msr elr_el1, x13
    msr spsr_el1, x14
    ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #FRAME_X12]
    ldp x14, x15, [sp, #FRAME_X12 + 16]
    ldp x16, x17, [sp, #FRAME_X12 + 32]
    ldr x30, [sp, #FRAME_X30]
    add sp, sp, #FRAME_SIZE
    eret

kernel_other:
    save_kernel
    b trap_kernel_other

bad_stack:
stack_overflow: // x0 is the stack pointer, SP nonsense: the frame goes to a stack for this purpose
    mov x1, x0
    ldr x0, =overflow_stack_end - FRAME_SIZE
    mov sp, x0
    save_low
    save_high
    stp x30, x1, [sp, #FRAME_X30]
    mrs x13, elr_el1
    mrs x14, spsr_el1
    stp x13, x14, [sp, #FRAME_PC]
    b trap_kernel_overflow

.section .bss.overflow, "aw", %nobits
.balign 16
    .space 8192
overflow_stack_end:

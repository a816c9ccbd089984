// SPDX-License-Identifier: MIT
// Into the kernel and out of it. SP_EL1 is the top of the CPU's kernel stack whenever user mode
// runs, and struct cpu says where the thread's struct frame is, so a trap stores registers where
// they belong at once. The kernel runs with interrupts masked: a trap from EL1 is a fault, mended
// by trap.c where it came from a copy of user memory. A call saves everything that C does not keep
// and what another thread's return would lose, and on the way back to the same thread, which is
// seen here when nothing asks for the scheduler, loads only what C may have changed. The two calls
// of a message are tried by the fast path first (kernel/object/fast.h): label and words stay in
// their registers on the way to the receiver. Signals, waits and yields are tried in the same way
// (kernel/object/fast_event.h), before anything is saved but what C may change.
// TPIDR_EL0 is loaded only: the kernel knows it from thread_pointer_set.
#include "frame.h"

.macro vector target
    .balign 128
    b \target
.endm

// A vector's first words: x14 is the frame then; x13 and x14 are below the stack pointer.
.macro find_frame
    stp x13, x14, [sp, #-16]
    mrs x14, tpidr_el1
    ldr x14, [x14, #CPU_FRAME]
.endm

.macro save_low base // x0 to x12
    stp x0, x1, [\base]
    stp x2, x3, [\base, #16]
    stp x4, x5, [\base, #32]
    stp x6, x7, [\base, #48]
    stp x9, x10, [\base, #FRAME_X9]
    stp x11, x12, [\base, #FRAME_X9 + 16]
    str x8, [\base, #FRAME_X8]
.endm

.macro save_high base // x18 to x29; x30 goes with the stack pointer
    stp x18, x19, [\base, #FRAME_X18]
    stp x20, x21, [\base, #FRAME_X18 + 16]
    stp x22, x23, [\base, #FRAME_X18 + 32]
    stp x24, x25, [\base, #FRAME_X18 + 48]
    stp x26, x27, [\base, #FRAME_X18 + 64]
    stp x28, x29, [\base, #FRAME_X18 + 80]
.endm

.macro save_state // x14 is the frame; clobbers x13, x15
    mrs x13, sp_el0
    stp x30, x13, [x14, #FRAME_X30]
    mrs x13, elr_el1
    mrs x15, spsr_el1
    stp x13, x15, [x14, #FRAME_PC]
.endm

.macro save_all // x14 is the frame; x19 is then
    save_low x14
    save_high x14
    mov x19, x14
    ldp x13, x14, [sp, #-16]
    stp x8, x13, [x19, #FRAME_X8]
    stp x14, x15, [x19, #FRAME_X14]
    stp x16, x17, [x19, #FRAME_X14 + 16]
    mov x14, x19
    save_state
    mov x29, xzr // backtraces of the kernel end here
.endm

.macro load_low // x0 to x12 of the frame at x0, and into the thread
    ldr x8, [x0, #FRAME_X8]
    ldp x9, x10, [x0, #FRAME_X9]
    ldp x11, x12, [x0, #FRAME_X9 + 16]
    ldp x2, x3, [x0, #16]
    ldp x4, x5, [x0, #32]
    ldp x6, x7, [x0, #48]
    ldp x0, x1, [x0]
    eret
.endm

.macro load_high // of the frame at x0, with all that is not x0 to x17; clobbers x13, x14
    ldp x18, x19, [x0, #FRAME_X18]
    ldp x20, x21, [x0, #FRAME_X18 + 16]
    ldp x22, x23, [x0, #FRAME_X18 + 32]
    ldp x24, x25, [x0, #FRAME_X18 + 48]
    ldp x26, x27, [x0, #FRAME_X18 + 64]
    ldp x28, x29, [x0, #FRAME_X18 + 80]
    ldp x30, x13, [x0, #FRAME_X30]
    msr sp_el0, x13
    ldp x13, x14, [x0, #FRAME_PC]
    msr elr_el1, x13
    msr spsr_el1, x14
    ldr x13, [x0, #FRAME_THREAD_POINTER]
    msr tpidr_el0, x13
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
    find_frame
    mrs x13, esr_el1
    lsr x13, x13, #26
    cmp x13, #0x15 // SVC
    b.ne user_fault
    cmp x8, #CALL_CHANNEL_REPLY_RECEIVE // and channel_call, below it
    b.hi user_call
    save_high x14
    save_state
    b.ne message_call
    b message_answer
    .org entry_vectors + 0x480 // an error if what is above does not fit its 128 bytes
    vector user_interrupt
    vector user_error // FIQ: belongs to firmware
    vector user_error
    .rept 4 // AArch32
    vector user_error
    .endr

message_call: // what a fast call cannot have: a deadline, a transfer, the label of a notice
    cmn x11, #2 // FE_UNINTERRUPTED and FE_FOREVER are the last two numbers
    ccmp x12, #0, #0, hs
    b.ne message_slowly
    tbnz x1, #63, message_slowly
    str x0, [x14]
    sub x20, x14, #THREAD_FRAME
    mov w21, w0
    mov x22, x11
    bl fast_call
    cbz x0, call_declined
message_done: // x1 to x7, x9, x10 are the message
    load_high
    ldp x11, x12, [x0, #FRAME_X9 + 16]
    ldp x8, x13, [x0, #FRAME_ZERO] // what the kernel computed with is not told
    ldp x14, x15, [x0, #FRAME_ZERO]
    ldp x16, x17, [x0, #FRAME_ZERO]
    mov x0, xzr
    eret

message_answer: // what a fast answer cannot have: a transfer that is more than room (bit 0)
    cbz x12, answer_plainly
    tbz x12, #0, message_slowly
answer_plainly:
    str x0, [x14]
    sub x20, x14, #THREAD_FRAME
    mov w21, w0
    mov x22, x11
    mov x23, x12
    bl fast_reply_receive
    cbnz x0, message_done
    mov x8, #CALL_CHANNEL_REPLY_RECEIVE
    b message_declined
call_declined:
    mov x8, #CALL_CHANNEL_CALL
message_declined: // the handle is in the frame, x11 and x12 are as they were
    mrs x14, tpidr_el1
    ldr x14, [x14, #CPU_FRAME]
    ldr x0, [x14]
message_slowly: // the frame at x14 lacks x0 to x12; x8 is the call
    save_low x14
    mov x29, xzr
    mov x19, x14
    mov x0, x14
    mov x1, x8
    bl fast_transfer
    cbz x0, message_ordinarily
    mrs x8, tpidr_el1
    ldr x8, [x8, #CPU_CONCERNS]
    ldp x1, x2, [x19, #8]
    ldp x3, x4, [x19, #24]
    ldp x5, x6, [x19, #40]
    ldp x7, x9, [x19, #56]
    ldr x10, [x19, #FRAME_X9 + 8]
    cbz x8, message_done
    stp xzr, x1, [x0] // but there is more to do
    stp x2, x3, [x0, #16]
    stp x4, x5, [x0, #32]
    stp x6, x7, [x0, #48]
    stp x9, x10, [x0, #FRAME_X9]
    b leave
message_ordinarily:
    mov x0, x19
    ldr x1, [x19, #FRAME_X8]
    bl trap_syscall
    b leave

user_call:
    cmp x8, #CALL_THREAD_YIELD // and event_signal and event_wait, below it
    b.ls event_call
call_plainly:
    save_low x14
    save_high x14
    save_state
    mov x29, xzr
    mov x19, x14
    mov x0, x14
    mov x1, x8
    bl trap_syscall
    mrs x1, tpidr_el1 // most often nothing asks for the scheduler, and nobody else goes on
    ldr x2, [x1, #CPU_CONCERNS]
    ldr x0, [x1, #CPU_CURRENT]
    cbnz x2, leave_call
    add x0, x0, #THREAD_FRAME
    cmp x0, x19
    b.ne leave

left_call: // back into the thread that made the call: x18 and x20 to x28 are as they were
    ldp x13, x14, [x0, #FRAME_PC]
    msr elr_el1, x13
    msr spsr_el1, x14
    ldr x19, [x0, #FRAME_X18 + 8]
    ldp x29, x30, [x0, #FRAME_X30 - 8]
    ldp x13, x14, [x0, #FRAME_ZERO]
    ldp x15, x16, [x0, #FRAME_ZERO]
    mov x17, xzr
    load_low

// Nothing is saved yet but what the ordinary way needs if it comes to that: C loses x0 to x8, x16
// and x17. The rest is saved when another thread goes on.
event_call:
    tbz x8, #2, call_plainly // a message after all
    stp x0, x1, [x14]
    stp x2, x3, [x14, #16]
    str x8, [x14, #FRAME_X8]
    str x30, [x14, #FRAME_X30]
    cmp x8, #CALL_EVENT_WAIT
    adr x30, event_called
    b.eq fast_event_wait
    b.lo fast_event_signal
    b fast_thread_yield
event_called:
    cmp x0, #FAST_DONE
    b.ne event_otherwise
    ldr x30, [x14, #FRAME_X30]
    ldr x8, [x14, #FRAME_X8]
    ldp x2, x3, [x14, #FRAME_ZERO] // x1 is the result
    ldp x4, x5, [x14, #FRAME_ZERO]
    ldp x6, x7, [x14, #FRAME_ZERO]
    ldp x16, x17, [x14, #FRAME_ZERO]
    mov x14, xzr
    mov x0, xzr
    eret
event_otherwise:
    ldr x30, [x14, #FRAME_X30]
    cbz x0, event_slowly
    save_high x14
    save_state
    mov x29, xzr
    bl schedule_exit_by
    cbz x0, idle
    b resume
event_slowly: // nothing has changed; what is in x4 to x7 is nobody's
    ldp x0, x1, [x14]
    ldp x2, x3, [x14, #16]
    ldp x4, x5, [x14, #FRAME_ZERO]
    ldp x6, x7, [x14, #FRAME_ZERO]
    ldr x8, [x14, #FRAME_X8]
    b call_plainly

leave_call:
    bl schedule_exit
    cbz x0, idle
    ldr x1, [x0, #FRAME_WHOLE]
    cmp x0, x19
    ccmp x1, #0, #0, eq
    b.eq left_call
    b resume

user_fault: // x14 is the frame
    save_all
    mov x0, x19
    bl trap_user_fault
    b leave

user_interrupt:
    find_frame
    save_all
    bl trap_device
    b leave

user_error:
    find_frame
    save_all
    mov x0, x19
    bl trap_user_error
    b leave

// Nothing below the stack's top is needed any more.
.global arch_leave
arch_leave:
    mrs x0, tpidr_el1
    ldr x0, [x0, #CPU_KERNEL_STACK]
    mov sp, x0
leave:
    bl schedule_exit
    cbnz x0, resume

// Waits with interrupts masked (one that is pending ends WFI all the same), then takes it by an
// ordinary call.
idle:
    dsb sy
    wfi
    bl trap_device
    b leave

resume: // loads every register of the frame at x0
    str xzr, [x0, #FRAME_WHOLE]
    load_high
    ldr x13, [x0, #FRAME_X8 + 8]
    ldp x14, x15, [x0, #FRAME_X14]
    ldp x16, x17, [x0, #FRAME_X14 + 16]
    load_low

// Keys for signing addresses, from x16 on. What else is in registers stays, but for x30, which
// whoever calls has put aside. They count from the return to user mode on.
.arch_extension pauth
.global keys_load
keys_load:
    stp x0, x1, [sp, #-16]!
    ldp x0, x1, [x16]
    msr apiakeylo_el1, x0
    msr apiakeyhi_el1, x1
    ldp x0, x1, [x16, #16]
    msr apibkeylo_el1, x0
    msr apibkeyhi_el1, x1
    ldp x0, x1, [x16, #32]
    msr apdakeylo_el1, x0
    msr apdakeyhi_el1, x1
    ldp x0, x1, [x16, #48]
    msr apdbkeylo_el1, x0
    msr apdbkeyhi_el1, x1
    ldp x0, x1, [x16, #64]
    msr apgakeylo_el1, x0
    msr apgakeyhi_el1, x1
    ldp x0, x1, [sp], #16
    ret

// A fault in the kernel. The frame goes below what the stack held, if there is room (see
// STACK_SHIFT).
.macro save_kernel
    sub sp, sp, #FRAME_SIZE
    add sp, sp, x0
    sub x0, sp, x0
    tbz x0, #STACK_SHIFT, stack_overflow
    sub x0, sp, x0
    sub sp, sp, x0
    save_low sp
    str x13, [sp, #FRAME_X8 + 8]
    stp x14, x15, [sp, #FRAME_X14]
    stp x16, x17, [sp, #FRAME_X14 + 16]
    save_high sp
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
    ldp x9, x10, [sp, #FRAME_X9]
    ldp x11, x12, [sp, #FRAME_X9 + 16]
    ldp x8, x13, [sp, #FRAME_X8]
    ldp x14, x15, [sp, #FRAME_X14]
    ldp x16, x17, [sp, #FRAME_X14 + 16]
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
    save_low sp
    save_high sp
    stp x30, x1, [sp, #FRAME_X30]
    mrs x13, elr_el1
    mrs x14, spsr_el1
    stp x13, x14, [sp, #FRAME_PC]
    b trap_kernel_overflow

.section .bss.overflow, "aw", %nobits
.balign 16
    .space 8192
overflow_stack_end:

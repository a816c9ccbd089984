// SPDX-License-Identifier: MIT
// Into the kernel and out of it. The scratch register always holds the CPU's struct cpu; in the
// kernel tp does, too. struct cpu says where the thread's struct frame is, so a trap stores
// registers where they belong at once. The kernel runs with interrupts
// masked: a trap from it is a fault, mended by trap.c where it came from a copy of user memory. A
// call saves everything that C does not keep and what another thread's return would lose, and on
// the way back to the same thread, which is seen here when nothing asks for the scheduler, loads
// only what C may have changed. The two calls of a message are tried by the fast path first
// (kernel/object/fast.h): label and words stay in registers on the way to the receiver. Signals,
// waits and yields are tried in the same way (kernel/object/fast_event.h), before anything is saved
// but what C may change.
// tp of user mode is loaded only: the kernel knows it from thread_pointer_set.
#include <arch/csr.h>
#include <arch/kernel/frame.h>

.macro save_arguments base // a0 to a7, t0 to t3
    sd a0, FRAME_A0(\base)
    sd a1, FRAME_A0 + 8(\base)
    sd a2, FRAME_A0 + 16(\base)
    sd a3, FRAME_A0 + 24(\base)
    sd a4, FRAME_A0 + 32(\base)
    sd a5, FRAME_A0 + 40(\base)
    sd a6, FRAME_A0 + 48(\base)
    sd a7, FRAME_A0 + 56(\base)
    sd t0, FRAME_T0(\base)
    sd t1, FRAME_T0 + 8(\base)
    sd t2, FRAME_T0 + 16(\base)
    sd t3, FRAME_T0 + 24(\base)
.endm

.macro load_arguments base // but a0
    ld a1, FRAME_A0 + 8(\base)
    ld a2, FRAME_A0 + 16(\base)
    ld a3, FRAME_A0 + 24(\base)
    ld a4, FRAME_A0 + 32(\base)
    ld a5, FRAME_A0 + 40(\base)
    ld a6, FRAME_A0 + 48(\base)
    ld a7, FRAME_A0 + 56(\base)
    ld t0, FRAME_T0(\base)
    ld t1, FRAME_T0 + 8(\base)
    ld t2, FRAME_T0 + 16(\base)
    ld t3, FRAME_T0 + 24(\base)
.endm

.macro save_kept base // ra, gp, and s0 to s11
    sd ra, FRAME_RA(\base)
    sd gp, FRAME_GP(\base)
    sd s0, FRAME_S0(\base)
    sd s1, FRAME_S0 + 8(\base)
    sd s2, FRAME_S0 + 16(\base)
    sd s3, FRAME_S0 + 24(\base)
    sd s4, FRAME_S0 + 32(\base)
    sd s5, FRAME_S0 + 40(\base)
    sd s6, FRAME_S0 + 48(\base)
    sd s7, FRAME_S0 + 56(\base)
    sd s8, FRAME_S0 + 64(\base)
    sd s9, FRAME_S0 + 72(\base)
    sd s10, FRAME_S0 + 80(\base)
    sd s11, FRAME_S0 + 88(\base)
.endm

.macro load_kept base // and sp
    ld ra, FRAME_RA(\base)
    ld sp, FRAME_SP(\base)
    ld gp, FRAME_GP(\base)
    ld s0, FRAME_S0(\base)
    ld s1, FRAME_S0 + 8(\base)
    ld s2, FRAME_S0 + 16(\base)
    ld s3, FRAME_S0 + 24(\base)
    ld s4, FRAME_S0 + 32(\base)
    ld s5, FRAME_S0 + 40(\base)
    ld s6, FRAME_S0 + 48(\base)
    ld s7, FRAME_S0 + 56(\base)
    ld s8, FRAME_S0 + 64(\base)
    ld s9, FRAME_S0 + 72(\base)
    ld s10, FRAME_S0 + 80(\base)
    ld s11, FRAME_S0 + 88(\base)
.endm

.macro save_call base // where a call goes on, behind its instruction; clobbers t5
    csrr t5, CSR_EPC
    addi t5, t5, 4
    sd t5, FRAME_PC(\base)
.endm

.macro enter_stack base
    sd sp, FRAME_SP(\base)
    ld sp, CPU_KERNEL_STACK(tp)
.endm

.macro load_pc base // t5 is that then: nothing of the kernel's
    ld t5, FRAME_PC(\base)
    csrw CSR_EPC, t5
.endm

.macro save_trap // t4 becomes the frame; its own value is in struct cpu. Clobbers t6
    ld t4, CPU_FRAME(tp)
    save_arguments t4
    save_kept t4
    sd t5, FRAME_T4 + 8(t4)
    sd t6, FRAME_T4 + 16(t4)
    ld t6, CPU_SCRATCH(tp)
    sd t6, FRAME_T4(t4)
    csrr t6, CSR_EPC
    sd t6, FRAME_PC(t4)
    enter_stack t4
    li s0, 0 // backtraces of the kernel end here
.endm

.text
.balign 64
.global entry_vector
entry_vector:
    csrr tp, CSR_SCRATCH
    sd t4, CPU_SCRATCH(tp)
    csrr t4, CSR_CAUSE
    xori t4, t4, CAUSE_CALL
    bnez t4, other_trap
    ld t4, CPU_FRAME(tp)
    bnez t6, not_call

    save_call t4
    save_kept t4
    enter_stack t4
    // What a fast call cannot have: a deadline, a transfer, the label of a notice.
    addi t5, t2, 2 // FE_UNINTERRUPTED and FE_FOREVER are the last two numbers
    sltiu t5, t5, 2
    beqz t5, message_slowly
    bnez t3, message_slowly
    bltz a1, message_slowly
    sd a0, FRAME_A0(t4)
    mv s10, a1
    mv s11, a2
    mv s9, a3
    sext.w a1, a0
    mv a2, t2
    addi a0, t4, -THREAD_FRAME
    call fast_call
    beqz a0, call_declined
message_done: // s10, s11, s9, a4 to a7, t0 and t1 are the message
    mv a1, s10
    mv a2, s11
    mv a3, s9
message_leave: // into the frame at a0, with what is in a1 to a7, t0 and t1
    ld t2, FRAME_T0 + 16(a0)
    ld t3, FRAME_T0 + 24(a0)
    load_pc a0
    load_kept a0
    ld tp, FRAME_TP(a0)
    li t4, 0 // what the kernel computed with is not told
    li t6, 0
    li a0, 0
    TRAP_RETURN

not_call:
    addi t5, t6, -CALL_CHANNEL_REPLY_RECEIVE
    bnez t5, user_call
    save_call t4
    save_kept t4
    enter_stack t4
    // What a fast answer cannot have: a transfer that is more than room (bit 0).
    bnez t3, answer_with_transfer
answer_plainly:
    sd a0, FRAME_A0(t4)
    mv s10, a1
    mv s11, a2
    mv s9, a3
    sext.w a1, a0
    mv a2, t2
    mv a3, t3
    addi a0, t4, -THREAD_FRAME
    call fast_reply_receive
    bnez a0, message_done
    li t6, CALL_CHANNEL_REPLY_RECEIVE
    j message_declined
answer_with_transfer:
    andi t5, t3, 1
    bnez t5, answer_plainly
    j message_slowly
call_declined:
    li t6, CALL_CHANNEL_CALL
message_declined: // handle, deadline or token, and transfer are in the frame
    ld t4, CPU_FRAME(tp)
    mv a1, s10
    mv a2, s11
    mv a3, s9
    ld a0, FRAME_A0(t4)
    ld t2, FRAME_T0 + 16(t4)
    ld t3, FRAME_T0 + 24(t4)
message_slowly: // the frame at t4 lacks a0 to a7 and t0 to t3; t6 is the call
    save_arguments t4
    sd t6, FRAME_T4 + 16(t4)
    li s0, 0
    mv s1, t4
    mv s2, t6
    mv a0, t4
    mv a1, t6
    call fast_transfer
    beqz a0, message_ordinarily
    ld t5, CPU_CONCERNS(tp)
    ld a1, FRAME_A0 + 8(s1)
    ld a2, FRAME_A0 + 16(s1)
    ld a3, FRAME_A0 + 24(s1)
    ld a4, FRAME_A0 + 32(s1)
    ld a5, FRAME_A0 + 40(s1)
    ld a6, FRAME_A0 + 48(s1)
    ld a7, FRAME_A0 + 56(s1)
    ld t0, FRAME_T0(s1)
    ld t1, FRAME_T0 + 8(s1)
    beqz t5, message_leave
    sd zero, FRAME_A0(a0) // but there is more to do
    sd a1, FRAME_A0 + 8(a0)
    sd a2, FRAME_A0 + 16(a0)
    sd a3, FRAME_A0 + 24(a0)
    sd a4, FRAME_A0 + 32(a0)
    sd a5, FRAME_A0 + 40(a0)
    sd a6, FRAME_A0 + 48(a0)
    sd a7, FRAME_A0 + 56(a0)
    sd t0, FRAME_T0(a0)
    sd t1, FRAME_T0 + 8(a0)
    j leave
message_ordinarily:
    mv a0, s1
    mv a1, s2
    call trap_syscall
    j leave

user_call:
    addi t5, t6, -CALL_EVENT_SIGNAL // with event_wait and thread_yield behind it
    sltiu t5, t5, CALL_THREAD_YIELD - CALL_EVENT_SIGNAL + 1
    bnez t5, event_call
call_plainly:
    save_arguments t4
    sd t6, FRAME_T4 + 16(t4) // a call that is made again begins at its instruction
    save_kept t4
    save_call t4
    enter_stack t4
    li s0, 0
    mv s1, t4
    mv a0, t4
    mv a1, t6
    call trap_syscall
    ld t5, CPU_CONCERNS(tp) // most often nothing asks for the scheduler, and nobody else goes on
    ld a0, CPU_CURRENT(tp)
    bnez t5, leave_call
    addi a0, a0, THREAD_FRAME
    bne a0, s1, leave

left_call: // back into the thread that made the call: gp and s2 to s11 are as they were
    load_pc a0
    ld ra, FRAME_RA(a0)
    ld sp, FRAME_SP(a0)
    ld s0, FRAME_S0(a0)
    ld s1, FRAME_S0 + 8(a0)
    ld tp, FRAME_TP(a0)
    load_arguments a0
    li t4, 0
    ld t6, FRAME_T4 + 16(a0)
    ld a0, FRAME_A0(a0)
    TRAP_RETURN

// Nothing is saved yet but what the ordinary way needs if it comes to that: C loses a0 to a7, t5
// and ra. The rest is saved when another thread goes on.
event_call:
    sd a0, FRAME_A0(t4)
    sd a1, FRAME_A0 + 8(t4)
    sd a2, FRAME_A0 + 16(t4)
    sd ra, FRAME_RA(t4)
    enter_stack t4
    addi t5, t6, -CALL_EVENT_WAIT
    beqz t5, 2f
    bltz t5, 1f
    call fast_thread_yield
    j event_called
1:  call fast_event_signal
    j event_called
2:  call fast_event_wait
event_called:
    li t5, FAST_DONE
    bne a0, t5, event_otherwise
    csrr t5, CSR_EPC
    addi t5, t5, 4
    csrw CSR_EPC, t5
    ld ra, FRAME_RA(t4)
    ld sp, FRAME_SP(t4)
    ld tp, FRAME_TP(t4)
    li a0, 0 // a1 is the result
    li a2, 0
    li a3, 0
    li a4, 0
    li a5, 0
    li a6, 0
    li a7, 0
    li t4, 0
    TRAP_RETURN
event_otherwise:
    ld ra, FRAME_RA(t4)
    beqz a0, event_slowly
    save_kept t4
    save_call t4
    li s0, 0
    call schedule_exit_by
    beqz a0, idle
    j resume
event_slowly: // nothing has changed; what is in a3 to a7 is nobody's
    ld sp, FRAME_SP(t4)
    ld a0, FRAME_A0(t4)
    ld a1, FRAME_A0 + 8(t4)
    ld a2, FRAME_A0 + 16(t4)
    li a3, 0
    li a4, 0
    li a5, 0
    li a6, 0
    li a7, 0
    j call_plainly

leave_call:
    call schedule_exit
    beqz a0, idle
    bne a0, s1, resume
    ld t5, FRAME_WHOLE(a0)
    beqz t5, left_call
    j resume

// Not a call. t4 is the cause but for bit 3; its own value is in struct cpu.
other_trap:
    bltz t4, user_interrupt // the kernel takes none: that was user mode
    csrr t4, CSR_STATUS
    andi t4, t4, STATUS_PREVIOUS
    bnez t4, kernel_trap
    save_trap
    mv a0, t4
    call trap_user_fault
    j leave
user_interrupt:
    save_trap
    call trap_device
    j leave

// Nothing below the stack's top is needed any more.
.global arch_leave
arch_leave:
    ld sp, CPU_KERNEL_STACK(tp)
leave:
    call schedule_exit
    bnez a0, resume

// Waits with interrupts masked (one that is pending ends WFI all the same), then takes it by an
// ordinary call.
idle:
    wfi
    call trap_device
    j leave

resume: // loads every register of the frame at a0
    sd zero, FRAME_WHOLE(a0)
    load_pc a0
    load_kept a0
    ld tp, FRAME_TP(a0)
    load_arguments a0
    ld t4, FRAME_T4(a0)
    ld t5, FRAME_T4 + 8(a0)
    ld t6, FRAME_T4 + 16(a0)
    ld a0, FRAME_A0(a0)
    TRAP_RETURN

// A fault in the kernel. The frame goes below what the stack held, if there is room (see
// STACK_SHIFT). User memory is closed meanwhile.
kernel_trap: // t4's own value is in struct cpu
    addi t4, sp, -FRAME_SIZE
    slli t4, t4, 63 - STACK_SHIFT
    bgez t4, stack_overflow
    addi sp, sp, -FRAME_SIZE
    ld t4, CPU_SCRATCH(tp)
    save_arguments sp
    save_kept sp
    sd t4, FRAME_T4(sp)
    sd t5, FRAME_T4 + 8(sp)
    sd t6, FRAME_T4 + 16(sp)
    addi t0, sp, FRAME_SIZE
    sd t0, FRAME_SP(sp)
    sd tp, FRAME_TP(sp)
    csrr t0, CSR_EPC
    sd t0, FRAME_PC(sp)
    li t0, STATUS_USER_MEMORY
    csrrc t0, CSR_STATUS, t0
    sd t0, FRAME_STATUS(sp)
    mv a0, sp
    call trap_kernel
    load_pc sp
    ld t0, FRAME_STATUS(sp)
    csrw CSR_STATUS, t0
    load_arguments sp
    ld a0, FRAME_A0(sp)
    ld t4, FRAME_T4(sp)
    ld t5, FRAME_T4 + 8(sp)
    ld t6, FRAME_T4 + 16(sp)
    ld ra, FRAME_RA(sp)
    addi sp, sp, FRAME_SIZE
    TRAP_RETURN

stack_overflow: // the stack pointer is nonsense: the frame goes to a stack for this purpose
    la t4, overflow_stack_end - FRAME_SIZE
    sd sp, FRAME_SP(t4)
    mv sp, t4
    ld t4, CPU_SCRATCH(tp)
    save_arguments sp
    save_kept sp
    sd t4, FRAME_T4(sp)
    sd t5, FRAME_T4 + 8(sp)
    sd t6, FRAME_T4 + 16(sp)
    csrr t0, CSR_EPC
    sd t0, FRAME_PC(sp)
    mv a0, sp
    call trap_kernel_overflow

.section .bss.overflow, "aw", %nobits
.balign 16
    .space 8192
overflow_stack_end:

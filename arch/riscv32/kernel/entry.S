// SPDX-License-Identifier: MIT
// Into the kernel and out of it. While user mode runs the scratch register holds the CPU's struct
// cpu, and in the kernel zero; tp is the other way round. struct cpu says where the thread's struct
// frame is, so a trap stores registers where they belong at once. The kernel runs with interrupts
// masked: a trap from it is a fault, mended by trap.c where it came from a copy of user memory.
// Every trap saves all registers and every way back loads them: where memory is dear, one way is
// better than four. tp of user mode is loaded only: the kernel knows it from thread_pointer_set.
#include <arch/csr.h>
#include <arch/kernel/frame.h>

.macro each_pair move, base // but a0, t6 and sp
    \move a1, FRAME_A0 + 4(\base)
    \move a2, FRAME_A0 + 8(\base)
    \move a3, FRAME_A0 + 12(\base)
    \move a4, FRAME_A0 + 16(\base)
    \move a5, FRAME_A0 + 20(\base)
    \move a6, FRAME_A0 + 24(\base)
    \move a7, FRAME_A0 + 28(\base)
    \move t0, FRAME_T0(\base)
    \move t1, FRAME_T0 + 4(\base)
    \move t2, FRAME_T0 + 8(\base)
    \move t3, FRAME_T0 + 12(\base)
    \move t4, FRAME_T0 + 16(\base)
    \move t5, FRAME_T0 + 20(\base)
    \move s2, FRAME_S2(\base)
    \move s3, FRAME_S2 + 4(\base)
    \move s4, FRAME_S2 + 8(\base)
    \move s5, FRAME_S2 + 12(\base)
    \move s6, FRAME_S2 + 16(\base)
    \move s7, FRAME_S2 + 20(\base)
    \move s8, FRAME_S2 + 24(\base)
    \move s9, FRAME_S2 + 28(\base)
    \move s10, FRAME_S2 + 32(\base)
    \move s11, FRAME_S2 + 36(\base)
    \move ra, FRAME_RA(\base)
    \move gp, FRAME_GP(\base)
    \move s0, FRAME_S0(\base)
    \move s1, FRAME_S1(\base)
.endm

.text
.balign 4
.global entry_vector
entry_vector:
    csrrw tp, CSR_SCRATCH, tp
    beqz tp, kernel_trap
    sw t6, CPU_SCRATCH(tp)
    lw t6, CPU_FRAME(tp)
    sw a0, FRAME_A0(t6)
    sw sp, FRAME_SP(t6)
    each_pair sw, t6
    mv a0, t6
    lw a1, CPU_SCRATCH(tp)
    sw a1, FRAME_T6(a0)
    lw sp, CPU_KERNEL_STACK(tp)
    csrw CSR_SCRATCH, zero
    li s0, 0 // backtraces of the kernel end here
    csrr t0, CSR_EPC
    csrr t1, CSR_CAUSE
    li t2, 8 // a call of user mode
    beq t1, t2, user_call
    sw t0, FRAME_PC(a0)
    bltz t1, user_interrupt
    call trap_user_fault
    j leave
user_interrupt:
    call trap_device
    j leave
user_call:
    addi t0, t0, 4
    sw t0, FRAME_PC(a0)
    li a2, 0
    call trap_syscall
    j leave

// Nothing below the stack's top is needed any more.
.global arch_leave
arch_leave:
    lw sp, CPU_KERNEL_STACK(tp)
leave:
    call schedule_exit
    bnez a0, resume

// Waits with interrupts masked (one that is pending ends WFI all the same), then takes it by an
// ordinary call.
    wfi
    call trap_device
    j leave

resume: // loads every register of the frame at a0
    lw t0, FRAME_PC(a0)
    csrw CSR_EPC, t0
    csrw CSR_SCRATCH, tp
    sw zero, FRAME_WHOLE(a0)
    lw tp, FRAME_TP(a0)
    lw t6, FRAME_T6(a0)
    lw sp, FRAME_SP(a0)
    each_pair lw, a0
    lw a0, FRAME_A0(a0)
    TRAP_RETURN

// A fault in the kernel. The frame goes below what the stack held, if there is room. User memory is
// closed meanwhile.
kernel_trap:
    csrrw tp, CSR_SCRATCH, tp
    sw t6, CPU_SCRATCH(tp)
    la t6, kernel_stack + FRAME_SIZE
    bltu sp, t6, stack_overflow
    lw t6, CPU_SCRATCH(tp)
    sw t6, FRAME_T6 - FRAME_SIZE(sp)
    sw sp, FRAME_SP - FRAME_SIZE(sp)
    addi sp, sp, -FRAME_SIZE
    sw a0, FRAME_A0(sp)
    each_pair sw, sp
    sw tp, FRAME_TP(sp)
    csrr t0, CSR_EPC
    sw t0, FRAME_PC(sp)
    li t0, STATUS_USER_MEMORY
    csrrc t0, CSR_STATUS, t0
    sw t0, FRAME_STATUS(sp)
    mv a0, sp
    call trap_kernel
    lw t0, FRAME_PC(sp)
    csrw CSR_EPC, t0
    lw t0, FRAME_STATUS(sp)
    csrw CSR_STATUS, t0 // as it was, but that the mode before is the kernel's
    lw t6, FRAME_T6(sp)
    lw a0, FRAME_A0(sp)
    each_pair lw, sp
    addi sp, sp, FRAME_SIZE
    TRAP_RETURN

stack_overflow: // the stack pointer is nonsense: the frame goes to a stack for this purpose
    la t6, overflow_stack_end - FRAME_SIZE
    sw sp, FRAME_SP(t6)
    mv sp, t6
    sw a0, FRAME_A0(sp)
    each_pair sw, sp
    csrr t0, CSR_EPC
    sw t0, FRAME_PC(sp)
    mv a0, sp
    call trap_kernel_overflow

.section .bss.overflow, "aw", %nobits
.balign 16
    .space 2048
overflow_stack_end:

// SPDX-License-Identifier: MIT
// The ways into the kernel and out of it. From user mode the processor begins to push at the end of
// the running thread's frame, of which the task state has the address, and entry code goes on where
// it ends; then it moves to the CPU's kernel stack. All ways out lead through `resume`, which asks
// the scheduler whose frame is next. Interrupts stay masked in the kernel but in `idle` and
// arch_interrupt_pending. FS is the CPU's in the kernel; the way out clears it, being privileged.
#include "offset.h"
#include "arch/x86/kernel/smap.inc"

    .text

interrupt_common:
    cld
    CLOSE
    pusha
    mov $ENTRY_USER_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov $ENTRY_CPU, %eax
    mov %eax, %fs
    testb $3, (FRAME_CS - FRAME_SAVED)(%esp)
    jz interrupt_in_kernel
    lea -FRAME_SAVED(%esp), %eax
    mov %fs:CPU_KERNEL_STACK, %esp
    xor %ebp, %ebp
    sub $12, %esp
    push %eax
    cmpl $ENTRY_SYSCALL, FRAME_VECTOR(%eax)
    je 1f
    call trap_user
    jmp resume
1:  call trap_call
    jmp resume

interrupt_in_kernel: // the frame is the stack, but that there is no reg, and no esp and ss
    lea -FRAME_SAVED(%esp), %eax
    mov %esp, %ebp
    sub $FRAME_SAVED, %esp
    and $-16, %esp
    sub $12, %esp
    push %eax
    call trap_kernel
    mov %ebp, %esp
    popa
    add $8, %esp
    iret

// [[noreturn]] void arch_leave(void): forget the stack, go on with what the scheduler says.
    .globl arch_leave
arch_leave:
resume:
    mov %fs:CPU_KERNEL_STACK, %esp
    xor %ebp, %ebp
    call schedule_exit
    cmpl $0, %fs:CPU_ARCH_PENDING
    jne handle_pending
    test %eax, %eax
    jz idle
    cmpl $ENTRY_SYSCALL, FRAME_VECTOR(%eax)
    jne load
    mov %eax, %esi
    sub $12, %esp
    push %eax
    call trap_deliver
    add $16, %esp
    test %al, %al
    jz resume
    mov %esi, %eax

load: // the frame at eax
    mov %fs:CPU_ARCH_TABLES, %ecx
    lea FRAME_HARDWARE_END(%eax), %edx
    mov %edx, TABLES_STACK(%ecx)
    mov FRAME_THREAD_POINTER(%eax), %edx
    mov %dx, TABLES_TLS + 2(%ecx)
    shr $16, %edx
    mov %dl, TABLES_TLS + 4(%ecx)
    mov %dh, TABLES_TLS + 7(%ecx)
    mov $ENTRY_THREAD_POINTER, %edx
    mov %edx, %gs
    lea FRAME_SAVED(%eax), %esp
    popa
    add $8, %esp
    iret

handle_pending: // an interrupt that arch_interrupt_pending let in, perhaps in schedule_exit itself
    mov %fs:CPU_ARCH_PENDING, %eax
    movl $0, %fs:CPU_ARCH_PENDING
    sub $12, %esp
    push %eax
    call trap_external
    jmp resume

// The task of a special exception: eax is the vector.
    .globl special_entry
special_entry:
    and $-16, %esp
    sub $12, %esp
    push %eax
    call special_begin

// Nothing to run: wait for an interrupt. It comes back through trap_kernel, which goes to
// arch_leave.
    .globl idle_begin, idle_end
idle:
idle_begin:
    sti
    hlt
idle_end:
    jmp idle_begin

#define SPECIAL special_entry // by task gates instead
#include "arch/x86/kernel/stub.inc"

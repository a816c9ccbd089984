// SPDX-License-Identifier: MIT
// The ways into the kernel and out of it. A system call or an interrupt from user mode saves the
// user's registers straight into the running thread's frame, moves to this CPU's kernel stack, and
// calls C; all of them leave through `resume`, which asks the scheduler whose frame is next.
// Interrupts stay masked in the kernel but in arch_idle and arch_interrupt_pending.
//
// The two calls of a message are tried by the fast path first (kernel/object/fast.h). The label and
// the first words, in r8 to r10, are on the stack meanwhile; the others stay in registers that C
// keeps, and so come to the receiver. Nothing else of the caller's is of use to it afterwards.
#include "offset.h"
#include "smap.inc"

    .text

// `syscall`: rcx has the return address, r11 the flags, the stack is still the user's.
    .globl syscall_entry
    .p2align 6
syscall_entry:
    swapgs
    mov %rsp, %gs:CPU_USER_SCRATCH
    mov %gs:CPU_OWN_FRAME, %rsp
    mov %rdi, FRAME_RDI(%rsp)
    mov %rcx, FRAME_RIP(%rsp)
    mov %r11, FRAME_RFLAGS(%rsp)
    mov %gs:CPU_USER_SCRATCH, %rcx
    mov %rcx, FRAME_RSP(%rsp)
    cmp $CALL_CHANNEL_REPLY_RECEIVE, %rax
    jbe message
call_slowly:
    mov %r8, FRAME_R8(%rsp)
    mov %r9, FRAME_R9(%rsp)
    mov %r10, FRAME_R10(%rsp)
    mov %r12, FRAME_R12(%rsp)
    mov %r13, FRAME_R13(%rsp)
    mov %r14, FRAME_R14(%rsp)
    mov %r15, FRAME_R15(%rsp)
    mov %rbx, FRAME_RBX(%rsp)
    mov %rbp, FRAME_RBP(%rsp)
    mov %rsi, FRAME_RSI(%rsp)
    mov %rdx, FRAME_RDX(%rsp)
    mov %rax, FRAME_RAX(%rsp)
    mov %rsp, %rdi
    mov %rax, %rsi
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    call trap_syscall
    cmpq $0, %gs:CPU_CONCERNS // most often nothing asks for the scheduler
    jne resume
    mov %gs:CPU_CURRENT, %rdi
    add $THREAD_FRAME, %rdi
    cmp %rdi, %gs:CPU_OWN_FRAME // and nobody else goes on
    je arch_return_to_user

// Out of the kernel: whatever runs next. The stack is this CPU's kernel stack, empty.
resume:
    call schedule_exit
    test %rax, %rax
    jz arch_idle
    mov %rax, %rdi

// void arch_return_to_user(struct frame *frame)
    .globl arch_return_to_user
arch_return_to_user:
    cmpq $0, %gs:CPU_ARCH_PENDING
    jne handle_pending
    cmp %rdi, %gs:CPU_ARCH_FRAME
    jne load_frame
frame_loaded:
    mov FRAME_THREAD_POINTER(%rdi), %rax
    cmp %rax, %gs:CPU_ARCH_POINTER
    jne load_thread_pointer
thread_pointer_loaded:
    mov %rdi, %rsp
    mov FRAME_R8(%rsp), %r8
    mov FRAME_R9(%rsp), %r9
    mov FRAME_R10(%rsp), %r10
    mov FRAME_R12(%rsp), %r12
    mov FRAME_R13(%rsp), %r13
    mov FRAME_R14(%rsp), %r14
    mov FRAME_R15(%rsp), %r15
    mov FRAME_RBX(%rsp), %rbx
    mov FRAME_RBP(%rsp), %rbp
    mov FRAME_RSI(%rsp), %rsi
    mov FRAME_RDX(%rsp), %rdx
    mov FRAME_RAX(%rsp), %rax
    cmpl $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
    jne return_by_iret
    // The address is canonical: it follows or is a `syscall` instruction, and the last user page is
    // never mapped. Whoever sets another one also changes `vector`.
    mov FRAME_RDI(%rsp), %rdi
    mov FRAME_RIP(%rsp), %rcx
    mov FRAME_RFLAGS(%rsp), %r11
    mov FRAME_RSP(%rsp), %rsp
    swapgs
    sysretq
return_by_iret:
    movl $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
    mov FRAME_RDI(%rsp), %rdi
    mov FRAME_RCX(%rsp), %rcx
    mov FRAME_R11(%rsp), %r11
    add $FRAME_RIP, %rsp
    swapgs
    iretq

// A message: without a transfer, a deadline and a notice's label it may go the fast way. The stack
// is the frame.
message:
    test %rdx, %rdx
    jnz call_slowly
    test %eax, %eax
    jnz answer
    test %r8, %r8
    js call_slowly
    cmp $-1, %rsi
    jne call_slowly
    mov %edi, %esi
    mov %rsp, %rdi
    mov %gs:CPU_KERNEL_STACK, %rsp
    push %r8
    push %r9
    push %r10
    call fast_call
    pop %r10
    pop %r9
    pop %r8
    test %rax, %rax
    jz call_after_all
message_done: // into the thread whose frame is rax, with what is in the message's registers
    mov %rax, %gs:CPU_ARCH_FRAME // as load_frame
    lea FRAME_THREAD_POINTER(%rax), %rcx
    mov %gs:CPU_ARCH_TSS, %rdx
    mov %rcx, (%rdx)
    mov FRAME_THREAD_POINTER(%rax), %rcx
    cmp %rcx, %gs:CPU_ARCH_POINTER
    jne message_thread_pointer
1:  mov FRAME_RSI(%rax), %rsi
    mov FRAME_RDX(%rax), %rdx
    mov FRAME_RIP(%rax), %rcx
    mov FRAME_RFLAGS(%rax), %r11
    mov FRAME_RSP(%rax), %rsp
    xor %edi, %edi
    xor %eax, %eax
    swapgs
    sysretq
answer:
    mov %rsi, FRAME_RSI(%rsp)
    mov %rsi, %rdx
    mov %edi, %esi
    mov %rsp, %rdi
    mov %gs:CPU_KERNEL_STACK, %rsp
    push %r8
    push %r9
    push %r10
    call fast_reply_receive
    pop %r10
    pop %r9
    pop %r8
    test %rax, %rax
    jnz message_done
    mov %gs:CPU_OWN_FRAME, %rsp
    mov FRAME_RSI(%rsp), %rsi
    mov $CALL_CHANNEL_REPLY_RECEIVE, %eax
    jmp 2f
call_after_all:
    mov %gs:CPU_OWN_FRAME, %rsp
    mov $-1, %rsi
2:  xor %edx, %edx // what was not saved, and was known
    jmp call_slowly
message_thread_pointer:
    mov %rcx, %gs:CPU_ARCH_POINTER
    mov %rax, %rdi
    mov %ecx, %eax
    mov %rcx, %rdx
    shr $32, %rdx
    mov $ENTRY_MSR_FS_BASE, %ecx
    wrmsr
    mov %rdi, %rax
    jmp 1b

load_frame: // interrupts of this thread will save into its frame
    mov %rdi, %gs:CPU_ARCH_FRAME
    mov %rdi, %gs:CPU_OWN_FRAME
    lea FRAME_THREAD_POINTER(%rdi), %rax
    mov %gs:CPU_ARCH_TSS, %rcx
    mov %rax, (%rcx)
    jmp frame_loaded
load_thread_pointer:
    mov %rax, %gs:CPU_ARCH_POINTER
    mov %rax, %rdx
    shr $32, %rdx
    mov $ENTRY_MSR_FS_BASE, %ecx
    wrmsr
    jmp thread_pointer_loaded

handle_pending: // an interrupt that arch_interrupt_pending let in, perhaps in schedule_exit itself
    mov %gs:CPU_KERNEL_STACK, %rsp
    mov %gs:CPU_ARCH_PENDING, %rdi
    movq $0, %gs:CPU_ARCH_PENDING
    call trap_external
    jmp resume

// Nothing to run: wait for an interrupt. It comes back through trap_kernel, which goes to
// arch_resume.
    .globl arch_idle, idle_begin, idle_end
arch_idle:
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    cmpq $0, %gs:CPU_ARCH_PENDING
    jne handle_pending
idle_begin:
    sti
    hlt
idle_end:
    jmp idle_begin

// [[noreturn]] void arch_resume(void): forget the stack, go on with what the scheduler says.
    .globl arch_resume
arch_resume:
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    jmp resume

// Registers below the vector number, in the order of struct frame.
.macro PUSH_REGISTERS
    push %r11
    push %rcx
    push %rax
    push %rdx
    push %rsi
    push %rbp
    push %rbx
    push %r15
    push %r14
    push %r13
    push %r12
    push %r10
    push %r9
    push %r8
    push %rdi
.endm
.macro POP_REGISTERS
    pop %rdi
    pop %r8
    pop %r9
    pop %r10
    pop %r12
    pop %r13
    pop %r14
    pop %r15
    pop %rbx
    pop %rbp
    pop %rsi
    pop %rdx
    pop %rax
    pop %rcx
    pop %r11
    add $16, %rsp
.endm

// Exceptions and interrupts. From user mode the processor has begun to push at the top of the
// thread's frame; from the kernel it pushes on the kernel stack, and the same structure is made
// there.
    .p2align 6
interrupt_common:
    cld
    CLOSE
    testb $3, (FRAME_CS - FRAME_VECTOR)(%rsp)
    jz interrupt_in_kernel
    swapgs
    PUSH_REGISTERS
    mov %rsp, %rdi
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    call trap_user
    jmp resume
interrupt_in_kernel:
    PUSH_REGISTERS
    mov %rsp, %rdi
    mov %rsp, %rbp
    and $-16, %rsp
    call trap_kernel
    mov %rbp, %rsp
    POP_REGISTERS
    iretq

// Non-maskable interrupt, double fault, machine check: on stacks of their own, at any instruction,
// so the sign of GS base tells whether it is still the user's.
interrupt_special:
    cld
    CLOSE
    PUSH_REGISTERS
    mov %rsp, %rbp
    mov $ENTRY_MSR_GS_BASE, %ecx
    rdmsr
    mov %edx, %ebx
    test %edx, %edx
    js 1f
    swapgs
1:  mov %rbp, %rdi
    and $-16, %rsp
    call trap_special
    test %ebx, %ebx
    js 1f
    swapgs
1:  mov %rbp, %rsp
    POP_REGISTERS
    iretq

// One stub for each vector, 16 bytes apart; those for which the processor pushes no error code
// push 0.
    .globl vector_stubs
    .p2align 4
vector_stubs:
    .set vector, 0
    .rept 256
    .p2align 4
    .set has_code, vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
    .set has_code, has_code || vector == 21 || vector == 29 || vector == 30
    .if !has_code
    push $0
    .endif
    push $vector
    .if vector == 2 || vector == 8 || vector == 18
    jmp interrupt_special
    .else
    jmp interrupt_common
    .endif
    .set vector, vector + 1
    .endr

// SPDX-License-Identifier: MIT
// The ways into the kernel and out of it. A system call or an interrupt from user mode saves the
// user's registers in the running thread's frame, moves to this CPU's kernel stack, and calls C;
// all of them leave through `resume`, which asks the scheduler whose frame is next, but calls after
// which the same thread goes on. Interrupts stay masked in the kernel but in `idle` and
// arch_interrupt_pending.
//
// The two calls of a message are tried by the fast path first (kernel/object/fast.h), which is
// called by a convention that keeps the message's registers, r10 excepted, and so brings them to
// the receiver. Its arguments are where the caller has them, in rdx, r8 and r9. Signals, waits and
// yields are tried in the same way (kernel/object/fast_event.h).
#include "offset.h"
#include "arch/x86/kernel/smap.inc"

    .text

// The base of FS from rax, its upper half in edx too. Where the processor has FSGSBASE, begin.c
// puts wrfsbase in the place of these seven bytes.
.macro WRITE_FS_BASE
771:
    mov $ENTRY_MSR_FS_BASE, %ecx
    wrmsr
    .pushsection .patch.base, "a"
    .quad 771b
    .popsection
.endm

// The end of the way back from a call, what other registers hold being there: rsp is the frame.
.macro LEAVE_CALL
    mov FRAME_R8(%rsp), %r8
    mov FRAME_R9(%rsp), %r9
    mov FRAME_RAX(%rsp), %rax
    mov FRAME_RIP(%rsp), %rcx
    mov FRAME_RFLAGS(%rsp), %r11
    mov FRAME_RSP(%rsp), %rsp
    swapgs
    sysretq
.endm

// Registers into the frame at `at`: what C keeps; and the rest of a message's besides, there and
// back.
.macro SAVE_KEPT at
    mov %r12, FRAME_R12(\at)
    mov %r13, FRAME_R13(\at)
    mov %r14, FRAME_R14(\at)
    mov %r15, FRAME_R15(\at)
    mov %rbx, FRAME_RBX(\at)
    mov %rbp, FRAME_RBP(\at)
.endm
.macro SAVE_MESSAGE at
    mov %rdi, FRAME_RDI(\at)
    mov %rsi, FRAME_RSI(\at)
    mov %r10, FRAME_R10(\at)
    SAVE_KEPT \at
.endm
.macro LOAD_MESSAGE at // the frame may be at rbx
    mov FRAME_RDI(\at), %rdi
    mov FRAME_RSI(\at), %rsi
    mov FRAME_R10(\at), %r10
    mov FRAME_R12(\at), %r12
    mov FRAME_R13(\at), %r13
    mov FRAME_R14(\at), %r14
    mov FRAME_R15(\at), %r15
    mov FRAME_RBP(\at), %rbp
    mov FRAME_RBX(\at), %rbx
.endm

// Registers of a call into the frame, which is the stack.
.macro SAVE_FIRST
    mov %rdx, FRAME_RDX(%rsp)
    mov %r8, FRAME_R8(%rsp)
    mov %r9, FRAME_R9(%rsp)
.endm
.macro SAVE_OTHERS
    SAVE_MESSAGE %rsp
    mov %rax, FRAME_RAX(%rsp)
.endm

// `syscall`: rcx has the return address, r11 the flags, the stack is still the user's.
    .globl syscall_entry
    .p2align 6
syscall_entry:
    swapgs
    mov %rsp, %gs:CPU_USER_SCRATCH
    mov %gs:CPU_OWN_FRAME, %rsp
    mov %rcx, FRAME_RIP(%rsp)
    mov %r11, FRAME_RFLAGS(%rsp)
    mov %gs:CPU_USER_SCRATCH, %rcx
    mov %rcx, FRAME_RSP(%rsp)
    cmp $CALL_CHANNEL_REPLY_RECEIVE, %rax
    ja no_message
    je answer

    // A call, which may go the fast way without a transfer, a deadline and a notice's label.
    test %r9, %r9
    jnz message_with_transfer
    test %rdi, %rdi
    js message_with_transfer
    cmp $-2, %r8 // FE_UNINTERRUPTED and FE_FOREVER are the last two numbers
    jb message_with_transfer
    mov %rdx, FRAME_RDX(%rsp)
    lea -THREAD_FRAME(%rsp), %rcx
    mov %gs:CPU_KERNEL_STACK, %rsp
    mov %r10, %gs:CPU_USER_SCRATCH
    call fast_call
    mov %gs:CPU_USER_SCRATCH, %r10
    test %rax, %rax
    jz message_slowly
message_done: // into the thread whose frame is rax, with what is in the message's registers
    mov %rax, %rsp
    mov FRAME_THREAD_POINTER(%rsp), %rax
    mov FRAME_THREAD_POINTER + 4(%rsp), %edx
    WRITE_FS_BASE
    mov %rsp, %gs:CPU_ARCH_POINTER // no user's: it is loaded anew when another thread goes on
    xor %edx, %edx // OK
    LEAVE_CALL

answer: // without a transfer that is more than room
    test %r9, %r9
    jnz answer_with_transfer
answer_plainly:
    mov %rdx, FRAME_RDX(%rsp)
    lea -THREAD_FRAME(%rsp), %rcx
    mov %gs:CPU_KERNEL_STACK, %rsp
    mov %r10, %gs:CPU_USER_SCRATCH
    call fast_reply_receive
    mov %gs:CPU_USER_SCRATCH, %r10
    test %rax, %rax
    jnz message_done
    mov $CALL_CHANNEL_REPLY_RECEIVE, %eax
message_slowly: // rax is the number; rdx, r8 and r9 are in the frame
    mov %gs:CPU_OWN_FRAME, %rsp
    jmp save_message
answer_with_transfer:
    test $1, %r9b // FE_TRANSFER_ROOM
    jnz answer_plainly

    // What else there is to a message may go the fast way too.
message_with_transfer:
    SAVE_FIRST
save_message:
    SAVE_OTHERS
    mov %rsp, %rbx
    mov %rsp, %rdi
    mov %rax, %rsi
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    call fast_transfer
    test %rax, %rax
    jz message_ordinarily
    LOAD_MESSAGE %rbx
    cmpq $0, %gs:CPU_CONCERNS
    jne message_then_more
    cmpq $0, %gs:CPU_ARCH_PENDING
    je message_done
message_then_more: // a page that was missing has let something in
    movq $0, FRAME_RDX(%rax)
    SAVE_MESSAGE %rax
    xor %ebp, %ebp
    jmp resume
message_ordinarily:
    mov %rbx, %rsp
    mov FRAME_RAX(%rsp), %rax
    jmp call_saved

no_message:
    cmp $CALL_THREAD_YIELD, %rax // and event_signal and event_wait, below it
    jbe event
call_slowly:
    SAVE_FIRST
    SAVE_OTHERS
call_saved:
    mov %rsp, %rdi
    mov %rax, %rsi
    lea -THREAD_FRAME(%rsp), %rbx
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    call trap_syscall
    cmpq $0, %gs:CPU_CONCERNS // most often nothing asks for the scheduler
    jne resume
    cmp %rbx, %gs:CPU_CURRENT // and nobody else goes on
    jne resume
    lea THREAD_FRAME(%rbx), %rsp
    cmpl $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
    jne load_whole
    cmpl $CALL_CHANNEL_REPLY, FRAME_RAX(%rsp)
    jbe load_whole

    // Back into the thread that made the call: r12 to r15 are as they were, for but messages no
    // call has results in them (tool/abi).
    mov FRAME_RDX(%rsp), %rdx
    mov FRAME_RDI(%rsp), %rdi
    mov FRAME_RSI(%rsp), %rsi
    mov FRAME_R10(%rsp), %r10
    mov FRAME_RBX(%rsp), %rbx
    mov FRAME_RBP(%rsp), %rbp
    LEAVE_CALL

load_whole:
    mov %rsp, %rdi
    mov %gs:CPU_KERNEL_STACK, %rsp
    jmp load

// Out of the kernel: whatever runs next. The stack is this CPU's kernel stack, empty.
resume:
    call schedule_exit
resumed:
    test %rax, %rax
    jz idle
    mov %rax, %rdi

load: // the frame at rdi
    cmpq $0, %gs:CPU_ARCH_PENDING
    jne handle_pending
    mov FRAME_THREAD_POINTER(%rdi), %rax
    cmp %rax, %gs:CPU_ARCH_POINTER
    jne load_thread_pointer
thread_pointer_loaded:
    mov %rdi, %rsp
    mov FRAME_RDX(%rsp), %rdx
    LOAD_MESSAGE %rsp
    cmpl $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
    jne return_by_iret
    // The address is canonical: it follows or is a `syscall` instruction, and the last user page is
    // never mapped. Whoever sets another one also changes `vector`.
    LEAVE_CALL
return_by_iret:
    movl $ENTRY_SYSCALL, FRAME_VECTOR(%rsp)
    mov FRAME_R8(%rsp), %r8
    mov FRAME_R9(%rsp), %r9
    mov FRAME_RAX(%rsp), %rax
    mov FRAME_RCX(%rsp), %rcx
    mov FRAME_R11(%rsp), %r11
    add $FRAME_RIP, %rsp
    swapgs
    iretq

// A signal, a wait or a yield: nothing is saved yet but what the ordinary way needs if it comes to
// that. C keeps the rest but r8 to r10, which are lost in such a call.
event:
    test $4, %al
    jz call_slowly // a message after all
    mov %rdx, FRAME_RDX(%rsp)
    mov %rdi, FRAME_RDI(%rsp)
    mov %rsi, FRAME_RSI(%rsp)
    mov %rax, FRAME_RAX(%rsp)
    mov %gs:CPU_KERNEL_STACK, %rsp
    mov %rsi, %rcx
    mov %rdi, %rsi
    mov %rdx, %rdi
    mov %rcx, %rdx
    cmp $CALL_EVENT_WAIT, %eax
    je 1f
    ja 2f
    call fast_event_signal
    cmp $FAST_DONE, %eax
    jne event_otherwise
event_done: // rdx is the result
    mov %gs:CPU_OWN_FRAME, %rax
    mov %rdx, %rdi
    xor %edx, %edx
    xor %esi, %esi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    mov FRAME_RIP(%rax), %rcx
    mov FRAME_RFLAGS(%rax), %r11
    mov FRAME_RSP(%rax), %rsp
    xor %eax, %eax
    swapgs
    sysretq
1:  call fast_event_wait
    cmp $FAST_DONE, %eax
    je event_done
    jmp event_otherwise
2:  call fast_thread_yield
    cmp $FAST_DONE, %eax
    je event_done
event_otherwise:
    mov %gs:CPU_OWN_FRAME, %rcx
    cmp $FAST_NOT, %eax
    je event_slowly
    SAVE_KEPT %rcx
    xor %ebp, %ebp
    mov %rax, %rdi
    mov %rdx, %rsi
    call schedule_exit_by
    jmp resumed
event_slowly: // nothing has changed
    mov %rcx, %rsp
    mov FRAME_RDX(%rsp), %rdx
    mov FRAME_RDI(%rsp), %rdi
    mov FRAME_RSI(%rsp), %rsi
    mov FRAME_RAX(%rsp), %rax
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    jmp call_slowly

load_thread_pointer:
    mov %rax, %gs:CPU_ARCH_POINTER
    mov %rax, %rdx
    shr $32, %rdx
    WRITE_FS_BASE
    jmp thread_pointer_loaded

handle_pending: // an interrupt that arch_interrupt_pending let in, perhaps in schedule_exit itself
    mov %gs:CPU_KERNEL_STACK, %rsp
    mov %gs:CPU_ARCH_PENDING, %rdi
    movq $0, %gs:CPU_ARCH_PENDING
    call trap_external
    jmp resume

// Nothing to run: wait for an interrupt. It comes back through trap_kernel, which goes to
// arch_leave.
    .globl idle_begin, idle_end
idle:
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    cmpq $0, %gs:CPU_ARCH_PENDING
    jne handle_pending
idle_begin:
    sti
    hlt
idle_end:
    jmp idle_begin

// [[noreturn]] void arch_leave(void): forget the stack, go on with what the scheduler says.
    .globl arch_leave
arch_leave:
    mov %gs:CPU_KERNEL_STACK, %rsp
    xor %ebp, %ebp
    jmp resume

// Registers below the vector number, in the order of struct frame.
.macro PUSH_REGISTERS
    push %r11
    push %rcx
    push %rax
    push %r9
    push %r8
    push %rbp
    push %rbx
    push %r15
    push %r14
    push %r13
    push %r12
    push %r10
    push %rsi
    push %rdi
    push %rdx
.endm
.macro POP_REGISTERS
    pop %rdx
    pop %rdi
    pop %rsi
    pop %r10
    pop %r12
    pop %r13
    pop %r14
    pop %r15
    pop %rbx
    pop %rbp
    pop %r8
    pop %r9
    pop %rax
    pop %rcx
    pop %r11
    add $16, %rsp
.endm

// Exceptions and interrupts. The processor has begun to push on the kernel stack; from the kernel
// the structure is made there, from user mode it is the thread's.
    .p2align 6
interrupt_common:
    cld
    CLOSE
    testb $3, (FRAME_CS - FRAME_VECTOR)(%rsp)
    jz interrupt_in_kernel
    swapgs
    push %rdi
    mov %gs:CPU_OWN_FRAME, %rdi
    mov %rdx, FRAME_RDX(%rdi)
    mov %rsi, FRAME_RSI(%rdi)
    mov %r10, FRAME_R10(%rdi)
    mov %r12, FRAME_R12(%rdi)
    mov %r13, FRAME_R13(%rdi)
    mov %r14, FRAME_R14(%rdi)
    mov %r15, FRAME_R15(%rdi)
    mov %rbx, FRAME_RBX(%rdi)
    mov %rbp, FRAME_RBP(%rdi)
    mov %r8, FRAME_R8(%rdi)
    mov %r9, FRAME_R9(%rdi)
    mov %rax, FRAME_RAX(%rdi)
    mov %rcx, FRAME_RCX(%rdi)
    mov %r11, FRAME_R11(%rdi)
    pop FRAME_RDI(%rdi)
    pop FRAME_VECTOR(%rdi)
    pop FRAME_ERROR(%rdi)
    pop FRAME_RIP(%rdi)
    pop FRAME_CS(%rdi)
    pop FRAME_RFLAGS(%rdi)
    pop FRAME_RSP(%rdi)
    pop FRAME_SS(%rdi)
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
// so the sign of GS base tells whether it is still the user's. It is for sure in user mode, where
// FSGSBASE lets it be anything.
interrupt_special:
    cld
    CLOSE
    PUSH_REGISTERS
    mov %rsp, %rbp
    xor %ebx, %ebx
    testb $3, FRAME_CS(%rsp)
    jnz 2f
    mov $ENTRY_MSR_GS_BASE, %ecx
    rdmsr
    mov %edx, %ebx
    test %edx, %edx
    js 1f
2:  swapgs
1:  mov %rbp, %rdi
    and $-16, %rsp
    call trap_special
    test %ebx, %ebx
    js 1f
    swapgs
1:  mov %rbp, %rsp
    POP_REGISTERS
    iretq

#define SPECIAL interrupt_special
#include "arch/x86/kernel/stub.inc"

// SPDX-License-Identifier: MIT
// Messages from their structure (abi/message.h) into registers, and back: the label and the words,
// the deadline or token in rsi, the transfer in rdx. Declared in message.h.

#define BADGE 72
#define TOKEN 80
#define TRANSFER 88

// edi: handle, rsi: message, rdx: what goes in rsi, rcx: the call's number. Behind it the status is
// edi, and the message rcx.
.macro ENTER
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    push %rsi
    mov %rsi, %rax
    mov %rdx, %rsi
    mov TRANSFER(%rax), %rdx
    mov 0(%rax), %r8
    mov 8(%rax), %r9
    mov 16(%rax), %r10
    mov 24(%rax), %r12
    mov 32(%rax), %r13
    mov 40(%rax), %r14
    mov 48(%rax), %r15
    mov 56(%rax), %rbx
    mov 64(%rax), %rbp
    mov %rcx, %rax
    syscall
    pop %rcx
.endm

.macro STORE
    mov %r8, 0(%rcx)
    mov %r9, 8(%rcx)
    mov %r10, 16(%rcx)
    mov %r12, 24(%rcx)
    mov %r13, 32(%rcx)
    mov %r14, 40(%rcx)
    mov %r15, 48(%rcx)
    mov %rbx, 56(%rcx)
    mov %rbp, 64(%rcx)
.endm

.macro LEAVE
1:  mov %edi, %eax
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
.endm

// Nothing comes back.
    .section .text.fe_message_send, "ax", @progbits
    .globl fe_message_send
    .hidden fe_message_send
    .type fe_message_send, @function
fe_message_send:
    ENTER
    LEAVE
    .size fe_message_send, . - fe_message_send

// Label and words come back.
    .section .text.fe_message_call, "ax", @progbits
    .globl fe_message_call
    .hidden fe_message_call
    .type fe_message_call, @function
fe_message_call:
    ENTER
    test %edi, %edi
    jnz 1f
    STORE
    LEAVE
    .size fe_message_call, . - fe_message_call

// Badge and token as well.
    .section .text.fe_message_receive, "ax", @progbits
    .globl fe_message_receive
    .hidden fe_message_receive
    .type fe_message_receive, @function
fe_message_receive:
    ENTER
    test %edi, %edi
    jnz 1f
    STORE
    mov %rsi, BADGE(%rcx)
    mov %rdx, TOKEN(%rcx)
    LEAVE
    .size fe_message_receive, . - fe_message_receive

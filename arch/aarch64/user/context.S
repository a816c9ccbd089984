// SPDX-License-Identifier: MIT
// What lib/posix cannot say in C: where a thread begins, where an upcall enters, how a handler gets
// another stack, and vfork.
    .arch_extension fp // the upcall saves what C may not use here
    .arch_extension simd

    // The folder is compiled without vector registers; this file saves them.
    .arch   armv8-a

    // A thread of the C library: x0 and x2, its id, are what posix_thread_begin wants, the stack is
    // 16-aligned.
    .arch armv8-a+fp+simd // saved here, whatever the rest of the library keeps out of
    .section .text.posix_thread_entry, "ax"
    .globl posix_thread_entry
    .hidden posix_thread_entry
    .type posix_thread_entry, %function
posix_thread_entry:
    mov     x29, xzr
    mov     x30, xzr
    mov     x1, x2
    bl      posix_thread_begin
    brk     #0
    .size posix_thread_entry, . - posix_thread_entry

    // An upcall: x0 is the saved frame. The kernel has the general registers; the vector ones still
    // belong to what was interrupted.
    .section .text.posix_upcall_entry, "ax"
    .globl posix_upcall_entry
    .hidden posix_upcall_entry
    .type posix_upcall_entry, %function
posix_upcall_entry:
    sub     sp, sp, #544
    stp     q0, q1, [sp, #0]
    stp     q2, q3, [sp, #32]
    stp     q4, q5, [sp, #64]
    stp     q6, q7, [sp, #96]
    stp     q8, q9, [sp, #128]
    stp     q10, q11, [sp, #160]
    stp     q12, q13, [sp, #192]
    stp     q14, q15, [sp, #224]
    stp     q16, q17, [sp, #256]
    stp     q18, q19, [sp, #288]
    stp     q20, q21, [sp, #320]
    stp     q22, q23, [sp, #352]
    stp     q24, q25, [sp, #384]
    stp     q26, q27, [sp, #416]
    stp     q28, q29, [sp, #448]
    stp     q30, q31, [sp, #480]
    mrs     x1, fpsr
    mrs     x2, fpcr
    str     w1, [sp, #512]
    str     w2, [sp, #516]
    str     x0, [sp, #528]
    mov     x29, xzr
    mov     x30, xzr
    bl      posix_upcall
    mov     w1, w0
    ldr     w2, [sp, #512]
    ldr     w3, [sp, #516]
    msr     fpsr, x2
    msr     fpcr, x3
    ldr     x0, [sp, #528]
    ldp     q0, q1, [sp, #0]
    ldp     q2, q3, [sp, #32]
    ldp     q4, q5, [sp, #64]
    ldp     q6, q7, [sp, #96]
    ldp     q8, q9, [sp, #128]
    ldp     q10, q11, [sp, #160]
    ldp     q12, q13, [sp, #192]
    ldp     q14, q15, [sp, #224]
    ldp     q16, q17, [sp, #256]
    ldp     q18, q19, [sp, #288]
    ldp     q20, q21, [sp, #320]
    ldp     q22, q23, [sp, #352]
    ldp     q24, q25, [sp, #384]
    ldp     q26, q27, [sp, #416]
    ldp     q28, q29, [sp, #448]
    ldp     q30, q31, [sp, #480]
    mov     x8, #64             // thread_upcall_return; lib/posix asserts the number
    svc     #0
    brk     #0
    .size posix_upcall_entry, . - posix_upcall_entry

    // void posix_run_on(void (*function)(void *), void *argument, uintptr_t top): a call with
    // another stack, which begins below `top`, 16-aligned.
    .section .text.posix_run_on, "ax"
    .globl posix_run_on
    .hidden posix_run_on
    .type posix_run_on, %function
posix_run_on:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    mov     sp, x2
    mov     x9, x0
    mov     x0, x1
    blr     x9
    mov     sp, x29
    ldp     x29, x30, [sp], #16
    ret
    .size posix_run_on, . - posix_run_on

    // pid_t vfork(void): setjmp in the caller's name, with the buffer that the C half gives.
    .section .text.vfork, "ax"
    .globl vfork
    .type vfork, %function
vfork:
    stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    bl      posix_vfork_prepare
    ldp     x29, x30, [sp], #16
    cbz     x0, 1f
    b       setjmp
1:  mov     w0, #-1
    ret
    .size vfork, . - vfork

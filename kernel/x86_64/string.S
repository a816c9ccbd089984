// SPDX-License-Identifier: MIT
// kernel/string.h for x86_64: the processor's own string instructions, which move lines of the
// cache where memory allows that. The direction flag is clear in the kernel.

    .macro function name
    .section .text.\name, "ax", @progbits
    .globl \name
    .balign 16
\name:
    .endm

function memcpy
    mov %rdi, %rax
    mov %rdx, %rcx
    shr $3, %rcx
    rep movsq
    and $7, %edx
    jnz 1f
    ret
1:  mov %edx, %ecx
    rep movsb
    ret

function memmove
    mov %rdi, %rax
    sub %rsi, %rax
    cmp %rdx, %rax
    jae memcpy
    mov %rdi, %rax // the destination begins within the source: from the end
1:  sub $8, %rdx
    jb 2f
    mov (%rsi, %rdx), %rcx
    mov %rcx, (%rdi, %rdx)
    jmp 1b
2:  add $8, %rdx
    jz 4f
3:  movzbl -1(%rsi, %rdx), %ecx
    mov %cl, -1(%rdi, %rdx)
    dec %rdx
    jnz 3b
4:  ret

function memset
    mov %rdi, %r8
    movzbl %sil, %eax
    mov $0x0101010101010101, %rcx
    imul %rcx, %rax
    mov %rdx, %rcx
    shr $3, %rcx
    rep stosq
    and $7, %edx
    jnz 1f
    mov %r8, %rax
    ret
1:  mov %edx, %ecx
    rep stosb
    mov %r8, %rax
    ret

function memcmp
    xor %ecx, %ecx
1:  lea 8(%rcx), %r8
    cmp %rdx, %r8
    ja 2f
    mov (%rdi, %rcx), %rax
    mov (%rsi, %rcx), %r9
    cmp %r9, %rax
    jne 4f
    mov %r8, %rcx
    jmp 1b
2:  cmp %rdx, %rcx
    jae 3f
    movzbl (%rdi, %rcx), %eax
    movzbl (%rsi, %rcx), %r9d
    inc %rcx
    sub %r9d, %eax
    jz 2b
    ret
3:  xor %eax, %eax
    ret
4:  bswap %rax // the first byte decides
    bswap %r9
    cmp %r9, %rax
    sbb %eax, %eax
    or $1, %eax
    ret

function strlen
    mov $-1, %rax
1:  inc %rax
    cmpb $0, (%rdi, %rax)
    jne 1b
    ret

function strcmp
    mov $-1, %rdx
    jmp strncmp

function strncmp
    xor %ecx, %ecx
1:  cmp %rdx, %rcx
    je 2f
    movzbl (%rdi, %rcx), %eax
    movzbl (%rsi, %rcx), %r9d
    inc %rcx
    mov %eax, %r8d
    sub %r9d, %eax
    jnz 3f
    test %r8d, %r8d
    jnz 1b
2:  xor %eax, %eax
3:  ret

// SPDX-License-Identifier: MIT
// kernel/string.h for i386: the processor's own string instructions, which move lines of the cache
// where memory allows that. DF is clear in the kernel; esi and edi are the caller's.

    .macro function name
    .section .text.\name, "ax", @progbits
    .globl \name
    .balign 16
\name:
    .endm

// Three arguments, where esi and edi are on the stack.
#define FIRST 12(%esp)
#define SECOND 16(%esp)
#define THIRD 20(%esp)

function memcpy
    push %esi
    push %edi
    mov FIRST, %edi
    mov SECOND, %esi
    mov THIRD, %edx
    mov %edi, %eax
    mov %edx, %ecx
    shr $2, %ecx
    rep movsl
    and $3, %edx
    jz 1f
    mov %edx, %ecx
    rep movsb
1:  pop %edi
    pop %esi
    ret

function memmove
    mov 4(%esp), %eax
    sub 8(%esp), %eax
    cmp 12(%esp), %eax
    jae memcpy
    push %esi // the destination begins within the source: from the end
    push %edi
    mov FIRST, %edi
    mov SECOND, %esi
    mov THIRD, %edx
    mov %edi, %eax
1:  sub $4, %edx
    jb 2f
    mov (%esi, %edx), %ecx
    mov %ecx, (%edi, %edx)
    jmp 1b
2:  add $4, %edx
    jz 4f
3:  mov -1(%esi, %edx), %cl
    mov %cl, -1(%edi, %edx)
    dec %edx
    jnz 3b
4:  pop %edi
    pop %esi
    ret

function memset
    push %edi
    mov 8(%esp), %edi
    movzbl 12(%esp), %eax
    mov 16(%esp), %edx
    imul $0x01010101, %eax
    mov %edx, %ecx
    shr $2, %ecx
    rep stosl
    and $3, %edx
    jz 1f
    mov %edx, %ecx
    rep stosb
1:  mov 8(%esp), %eax
    pop %edi
    ret

function memcmp
    push %esi
    push %edi
    mov FIRST, %edi
    mov SECOND, %esi
    mov THIRD, %edx
1:  sub $4, %edx
    jb 2f
    mov (%edi), %eax
    mov (%esi), %ecx
    add $4, %edi
    add $4, %esi
    cmp %ecx, %eax
    je 1b
    bswap %eax // the first byte decides
    bswap %ecx
    cmp %ecx, %eax
    sbb %eax, %eax
    or $1, %eax
    jmp 4f
2:  add $4, %edx
    jz 3f
    movzbl (%edi), %eax
    movzbl (%esi), %ecx
    inc %edi
    inc %esi
    sub $5, %edx
    sub %ecx, %eax
    jnz 4f
    jmp 2b
3:  xor %eax, %eax
4:  pop %edi
    pop %esi
    ret

function strlen
    mov 4(%esp), %edx
    mov $-1, %eax
1:  inc %eax
    cmpb $0, (%edx, %eax)
    jne 1b
    ret

function strcmp
    mov $-1, %edx
    mov 4(%esp), %eax
    mov 8(%esp), %ecx
    jmp compare

function strncmp
    mov 4(%esp), %eax
    mov 8(%esp), %ecx
    mov 12(%esp), %edx
compare: // the texts at eax and ecx, edx bytes at the most
    push %esi
    push %edi
    mov %eax, %edi
    mov %ecx, %esi
1:  test %edx, %edx
    jz 2f
    movzbl (%edi), %eax
    movzbl (%esi), %ecx
    inc %edi
    inc %esi
    dec %edx
    sub %ecx, %eax
    jnz 3f
    test %ecx, %ecx
    jnz 1b
2:  xor %eax, %eax
3:  pop %edi
    pop %esi
    ret

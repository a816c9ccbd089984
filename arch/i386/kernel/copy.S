// SPDX-License-Identifier: MIT
// Copies between kernel and user memory, the only instructions that may touch user addresses. Each
// that can fault has an entry in the exception table: the trap code asks the memory manager for
// the page and runs the instruction again, or goes on at `failed`. stac and clac start as no-
// operations; start.c puts the instructions in where the processor has SMAP.
#include "offset.h"
#include "arch/x86/kernel/smap.inc"

    .text
// bool arch_user_read(void *to, uintptr_t from, size_t size)
// bool arch_user_write(uintptr_t to, const void *from, size_t size)
    .globl arch_user_read, arch_user_write
arch_user_read:
arch_user_write:
    push %esi
    push %edi
    mov 12(%esp), %edi
    mov 16(%esp), %esi
    mov 20(%esp), %ecx
    mov %ecx, %edx
    shr $2, %ecx
    OPEN
    MAY_FAULT
    rep movsl
    mov %edx, %ecx
    and $3, %ecx
    MAY_FAULT
    rep movsb
    CLOSE
    mov $1, %eax
    pop %edi
    pop %esi
    ret
failed:
    CLOSE
    xor %eax, %eax
    pop %edi
    pop %esi
    ret

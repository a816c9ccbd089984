// SPDX-License-Identifier: MIT
// What the kernel cannot do without in a processor, looked at before anything that some have not:
// 32-bit protected mode, paging off, any instruction of an 80386. What is lacking is said by name
// on the first serial port; then it stops. Each port lists its demands in <arch/kernel/demand.inc>,
// by numbers of bits in edx: of CPUID's leaf 1, or EXTENDED and a bit of leaf 0x80000001.
// (Intel SDM volume 2, CPUID; PC16550D data sheet.)
#include <arch/kernel/offset.h>

#define PHYSICAL(symbol) ((symbol) - KERNEL_LINK_BASE)
#define EXTENDED 32
#define ALL 64
#define FLAG_ID 0x200000
#define PORT_DATA 0x3f8
#define PORT_STATUS 0x3fd
#define STATUS_EMPTY 0x20

.macro DEMAND bit, name
    .long \bit, PHYSICAL(771f)
    .pushsection .rodata.boot.name, "a"
771:
    .asciz "\name"
    .popsection
.endm

    .section .text.boot, "ax"
    .code32
    .globl demand
demand: // keeps all registers
    pusha
    mov $PHYSICAL(no_cpuid), %ebx
    pushf
    pop %eax
    mov %eax, %ecx
    xor $FLAG_ID, %eax
    push %eax
    popf
    pushf
    pop %eax
    xor %ecx, %eax
    test $FLAG_ID, %eax
    jz lacks

    xor %edi, %edi
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb 1f
    mov $0x80000001, %eax
    cpuid
    mov %edx, %edi
1:  mov $1, %eax
    cpuid
    mov $PHYSICAL(demands), %esi
next:
    mov (%esi), %eax
    mov 4(%esi), %ebx
    add $8, %esi
    cmp $ALL, %eax
    je has_all
    cmp $EXTENDED, %eax
    jae 1f
    bt %eax, %edx
    jmp 2f
1:  sub $EXTENDED, %eax
    bt %eax, %edi
2:  jc next

lacks: // what is called at ebx
    mov $PHYSICAL(line_setup), %esi
1:  movzwl (%esi), %edx
    mov 2(%esi), %al
    out %al, %dx
    add $3, %esi
    cmp $PHYSICAL(line_setup_end), %esi
    jb 1b
    mov $PHYSICAL(refusal), %esi
    call print
    mov %ebx, %esi
    call print
    mov $PHYSICAL(line_end), %esi
    call print
1:  cli
    hlt
    jmp 1b

has_all:
    popa
    ret

print: // the text at esi
    mov $PORT_STATUS, %edx
1:  in %dx, %al
    test $STATUS_EMPTY, %al
    jz 1b
    lodsb
    test %al, %al
    jz 2f
    mov $PORT_DATA, %edx
    out %al, %dx
    jmp print
2:  ret

    .section .rodata.boot, "a"
demands:
#include <arch/kernel/demand.inc>
    .long ALL, 0
line_setup: // no interrupts; 115,200 bits per second; 8 bits, no parity, 1 stop bit; FIFO; DTR, RTS
    .irp pair, 0x03f900, 0x03fb83, 0x03f801, 0x03f900, 0x03fb03, 0x03fa07, 0x03fc03
    .word \pair >> 8
    .byte \pair & 0xff
    .endr
line_setup_end:
no_cpuid:
    .asciz "CPUID"
refusal:
    .asciz "cannot start: this processor lacks "
line_end:
    .asciz "\r\n"

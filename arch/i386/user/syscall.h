// SPDX-License-Identifier: MIT
// The system-call instruction of i386, for the stubs that tool/abi makes. There are not registers
// enough: eax has the number, ebx the address of reg[], ecx how many of it the call has. Status and
// three results come back in registers, those of messages in reg[] itself.
#pragma once

#include <stdint.h>

// Whether data lies at any distance from text: where addresses are not translated.
constexpr bool DATA_IS_APART = false;

void fe_syscall_registers(uint32_t number, uint64_t *reg, uint32_t count);
void fe_syscall_message(uint32_t number, uint64_t reg[static 12]);

static inline uint32_t fe_call_number(uint64_t number)
{
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX; // which no call has
}

static inline void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    uint64_t all[4] = {reg[0], reg[1]}; // as many as come back
    fe_syscall_registers(fe_call_number(number), all, 2);
    reg[0] = all[0];
    reg[1] = all[1];
}

static inline void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    fe_syscall_registers(fe_call_number(number), reg, 4);
}

static inline void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    fe_syscall_registers(fe_call_number(number), reg, 8);
}

static inline void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    fe_syscall_message(fe_call_number(number), reg);
}

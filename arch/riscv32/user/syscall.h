// SPDX-License-Identifier: MIT
// The system-call instruction of RISC-V, 32 bits, for the stubs that tool/abi makes: number in t6,
// reg[i] in pairs of registers both ways: a0 to a7, t0 to t5, s2 to s11. One function for each
// number of them, so that a call touches no more than it has; syscall.S.
#pragma once

#include <stdint.h>

// Whether data lies at any distance from text: where addresses are not translated.
constexpr bool DATA_IS_APART = true;

void fe_syscall2(uint64_t number, uint64_t reg[static 2]);
void fe_syscall4(uint64_t number, uint64_t reg[static 4]);
void fe_syscall8(uint64_t number, uint64_t reg[static 8]);
void fe_syscall12(uint64_t number, uint64_t reg[static 12]);

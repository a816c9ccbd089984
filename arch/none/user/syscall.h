// SPDX-License-Identifier: MIT
// System calls of the empty port: functions that a unit test supplies to stand in for the kernel.
#pragma once

#include <stdint.h>

// Whether data lies at any distance from text: where addresses are not translated.
constexpr bool DATA_IS_APART = false;

void fe_syscall2(uint64_t number, uint64_t reg[static 2]);
void fe_syscall4(uint64_t number, uint64_t reg[static 4]);
void fe_syscall8(uint64_t number, uint64_t reg[static 8]);
void fe_syscall12(uint64_t number, uint64_t reg[static 12]);

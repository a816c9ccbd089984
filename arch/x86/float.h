// SPDX-License-Identifier: MIT
// This CPU's floating-point and SIMD unit made ready; the rest of arch/x86/kernel/float.c is the
// contract's.
#pragma once

void float_init_cpu(void);

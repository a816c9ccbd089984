// SPDX-License-Identifier: MIT
// The floating-point and SIMD unit: made ready on this CPU, saved and loaded by the best
// instruction that it has. The rest of the contract is in arch/x86/kernel/float.c.
#pragma once

struct float_state;

void float_init_cpu(void);
extern bool float_has_xsave, float_has_xsaveopt;

static inline void arch_float_save(struct float_state *state, bool)
{
    if (float_has_xsaveopt) {
        __asm__ volatile("xsaveopt (%0)" ::"r"(state), "a"(-1), "d"(-1) : "memory");
    } else if (float_has_xsave) {
        __asm__ volatile("xsave (%0)" ::"r"(state), "a"(-1), "d"(-1) : "memory");
    } else {
        __asm__ volatile("fxsave (%0)" ::"r"(state) : "memory");
    }
}

static inline void arch_float_restore(const struct float_state *state)
{
    if (float_has_xsave) {
        __asm__ volatile("xrstor (%0)" ::"r"(state), "a"(-1), "d"(-1) : "memory");
    } else {
        __asm__ volatile("fxrstor (%0)" ::"r"(state) : "memory");
    }
}

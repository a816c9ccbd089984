// SPDX-License-Identifier: MIT
// What AArch64 processors may have or lack: numbers for cpu_feature_use(), in the order of the
// names that feature.c gives them.
#pragma once

#include <stdint.h>

struct cpu;

enum feature : uint32_t {
    FEATURE_PAN,
    FEATURE_BTI,
    FEATURE_PAUTH,
    FEATURE_ASID16,
    FEATURE_E0PD,
    FEATURE_LSE,
    FEATURE_RNG,
    FEATURE_FP16,
    FEATURE_DOTPROD,
    FEATURE_AES,
    FEATURE_SHA1,
    FEATURE_SHA256,
    FEATURE_SHA512,
    FEATURE_CRC32,
    FEATURE_SVE,
    FEATURE_COUNT
};

// Whether this processor signs addresses. Needs neither the MMU nor anything else.
bool feature_has_signing(void);

// Finds what `cpu`, the one that runs, has, and what it is; switches on what needs no more than
// that.
void feature_init(struct cpu *cpu);

// SPDX-License-Identifier: MIT
// What x86 processors may have or lack: numbers for cpu_feature_use(), in the order of the names
// that arch/x86/kernel/feature.c gives them.
#pragma once

#include <stdint.h>

struct cpu;

enum feature : uint32_t {
    FEATURE_NX,
    FEATURE_MCE,
    FEATURE_PCID,
    FEATURE_PAGE_1G,
    FEATURE_SMEP,
    FEATURE_SMAP,
    FEATURE_UMIP,
    FEATURE_FSGSBASE,
    FEATURE_X2APIC,
    FEATURE_TSC_DEADLINE,
    FEATURE_INVARIANT_TSC,
    FEATURE_XSAVE,
    FEATURE_XSAVEOPT,
    FEATURE_AVX,
    FEATURE_AVX512F,
    FEATURE_RDRAND,
    FEATURE_RDSEED,
    FEATURE_COUNT
};

// Finds what `cpu`, the one that runs, has, and what it is.
void feature_find(struct cpu *cpu);

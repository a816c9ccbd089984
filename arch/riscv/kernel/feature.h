// SPDX-License-Identifier: MIT
// What RISC-V harts may have or lack: numbers for cpu_feature_use(), in the order of the
// extensions' names that feature.c gives them.
#pragma once

#include <stdint.h>

struct dtb;

enum feature : uint32_t {
    FEATURE_D,
    FEATURE_V,
    FEATURE_H,
    FEATURE_SSTC,
    FEATURE_SSAIA,
    FEATURE_SV48,
    FEATURE_SV57,
    FEATURE_SVPBMT,
    FEATURE_SVNAPOT,
    FEATURE_ZBA,
    FEATURE_ZBB,
    FEATURE_ZBS,
    FEATURE_ZICBOZ,
    FEATURE_ZKR,
    FEATURE_COUNT
};

// Finds what the hart that runs has, and what it is.
void feature_find(const struct dtb *tree);

// SPDX-License-Identifier: MIT
// The trust roots, built into the kernel from the keys that the build was given.
#pragma once

#include <abi/manifest.h>

extern const struct trust_root trust_roots[];
extern const uint32_t trust_root_count;
extern const bool trust_is_development; // some root's secret is a development key

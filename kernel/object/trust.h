// SPDX-License-Identifier: MIT
// The trust roots, built into the kernel from the keys that the build was given, and whether the
// build is for use.
#pragma once

#include <abi/manifest.h>

extern const struct trust_root trust_roots[];
extern const uint32_t trust_root_count;
extern const bool trust_is_development; // some root's secret is a development key
extern const bool trust_is_release;     // built for use: nothing listens to what tests want
extern const char trust_version[];      // of a release; otherwise "development"

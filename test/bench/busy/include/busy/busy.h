// SPDX-License-Identifier: MIT
// Work, as the counting clock of the emulator sees it. Whoever asks has `resource/system`.
#pragma once

#include <stdint.h>

// Instructions that were not spent waiting, since some time. False: it cannot be known.
bool busy_now(uint64_t *busy);

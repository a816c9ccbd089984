// SPDX-License-Identifier: MIT
// What init keeps of a unit: the channel that the service serves (start handle "channel"), and, of
// one with `state kept`, whatever handles it puts there by number (start handle "keeper": a session
// for these requests alone). The next service of the unit gets the same. It is init's own thread
// that answers, and it asks nobody: a service that init waits for may ask it.
#pragma once

#include <stdint.h>

enum fe_keep : uint64_t { // labels; the answer's label is 0 or an errno
    KEEP_PUT = 1,         // handle: kept; word 0 of the answer: its number, never 0
    KEEP_TAKE,   // word 0: number; handle of the answer: a copy. Number 1 is what was put first
    KEEP_DROP,   // word 0: number
    KEEP_FINISH, // drops what was neither put nor taken since the service was started
};

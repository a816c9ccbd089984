// SPDX-License-Identifier: MIT
// What forwards ports has in common: how many channels there may be, and how much each keeps of
// what its end does not take. Both together are in the memory of the process.
#pragma once

enum : unsigned { FORWARD_WINDOW = 64 * 1024 /* bytes */, FORWARDS_MOST = 40 };

// How many there are.
unsigned forward_count(void);

// SPDX-License-Identifier: MIT
// What can be expected of memory here: see guest.h. Replaced per instruction set.
#include <guest/guest.h>

const bool guest_translates = true;

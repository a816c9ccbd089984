// SPDX-License-Identifier: MIT
// There is no MMU.
#include <guest/guest.h>

const bool guest_translates = false;

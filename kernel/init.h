// SPDX-License-Identifier: MIT
// The first process.
#pragma once

#include <abi/bootinfo.h>

// Makes init from the initrd's service/init, with all root resources, and starts it. Panics when it
// cannot.
void init_start(const struct bootinfo *info);

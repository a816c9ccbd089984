// SPDX-License-Identifier: MIT
// The kernel's own start.
#pragma once

#include <abi/bootinfo.h>

// Where boot/<protocol>/ enters the portable kernel, on the boot CPU's kernel stack, interrupts
// masked.
[[noreturn]] void kernel_main(const struct bootinfo *info);

// Brings up everything but init: memory, objects, devices, clock.
void kernel_start(const struct bootinfo *info);

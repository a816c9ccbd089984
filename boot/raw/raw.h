// SPDX-License-Identifier: MIT
// From entry code to the translator of protocol raw.
#pragma once

#include <abi/bootinfo.h>

// Reads the DTB, or what stands for it (boot/boot.h), at a physical address which is mapped with
// the kernel's RAM map. Refuses what is neither.
struct bootinfo *raw_bootinfo(uint64_t dtb_address, uint64_t kernel_base, uint64_t kernel_size,
                              uint64_t boot_cpu);

// SPDX-License-Identifier: MIT
// From entry code to the translator of protocol raw.
#pragma once

#include <abi/bootinfo.h>

// The page behind a kernel that is executed in flash, before the initrd: tool/flash makes it.
enum : uint32_t { RAW_FLASH_SIZE = 4096 };
#define RAW_FLASH_MAGIC "FEFLASH" // 8 bytes, with its NUL
struct raw_flash {
    char magic[8];
    uint32_t initrd_size;            // bytes
    char words[RAW_FLASH_SIZE - 12]; // the command line; NULs behind it
};
static_assert(sizeof(struct raw_flash) == RAW_FLASH_SIZE);

// Where that is; nullptr: the kernel is in RAM. boot/raw/<isa>/flash.c, where it can be in flash.
const struct raw_flash *raw_flash(void);

// Reads the DTB, or what stands for it (boot/boot.h), at a physical address which is mapped with
// the kernel's RAM map. Refuses what is neither.
struct bootinfo *raw_bootinfo(uint64_t dtb_address, uint64_t kernel_base, uint64_t kernel_size,
                              uint64_t boot_cpu);

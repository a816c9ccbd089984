// SPDX-License-Identifier: MIT
// The kernel's half of the address space where the kernel makes it itself, before translation is
// on. A port's <arch/kernel/map.h> adds to what arch/paged/kernel/table.h lists:
//
//     entry_kernel_flags(protection)
//     half_show()           makes new entries seen by this CPU
//     half_room()           how much RAM the map of all RAM has room for
//     HALF_TOPS_ARE_COPIED  every process's top table has a copy of the kernel's entries
//
// and its inline.h ARCH_KERNEL, ARCH_DEVICES and ARCH_DEVICES_SIZE.
#pragma once

#include "arch/paged/kernel/level.h"
#include <abi/bootinfo.h>

#define EARLY [[gnu::section(".early")]] // kept with caches off, at a physical address

extern uint64_t map_root[TABLE_ENTRIES]; // the top table

// With translation off, so that nothing they use may hold an absolute address: an empty top table,
// and what must be there when translation goes on: the image by its protections, text with its own
// flags, and as much of the DTB as there is.
void half_begin(void);
void half_map_image(uint64_t text, uint64_t dtb);

// With translation on: all RAM.
void half_map_ram(struct bootinfo *info);

// Maps over whatever is there, in the largest blocks. False when tables run out.
bool half_map(uint64_t *root, uintptr_t address, uint64_t physical, uint64_t size, uint64_t flags);

// The top of a new kernel stack, over as much that is not mapped; 0 when there is no memory.
uintptr_t half_stack(void);

// Where the image is in physical memory, and where the top table is.
uint64_t half_physical(void);
uint64_t half_root(void);
